"""A checker's way through the API, and what each person is shown on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from autonomy.models import Check, Resume
from autonomy.services import checks
from tests.autonomy.check_desk import Desk, make_checker, make_desk, run_out
from tests.conftest import _client
from tests.files import marked

pytestmark = pytest.mark.django_db

SENTENCE = "They wait for hours without moving a feather."


@pytest.fixture
def carol(make_user: Callable[..., User]) -> User:
    return make_checker(make_user, "carol")


@pytest.fixture
def carols(carol: User) -> Client:
    return _client(carol)


@pytest.fixture
def desk(alice: User, carol: User) -> Desk:
    return make_desk(alice)


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(
        method,
        f"/api/v2/{path}",
        "" if body is None else client._encode_json(body, "application/json"),  # type: ignore[attr-defined]
        content_type="application/json",
    )


def attach(client: Client, desk: Desk, what: str, field: str, name: str, data: bytes) -> Any:
    path = f"/api/v2/checks/{desk.check().pk}/{what}"
    return client.post(path, {field: SimpleUploadedFile(name, data)})


def test_a_checker_works_a_document_off(desk: Desk, carols: Client) -> None:
    [queued] = send(carols, "GET", "checks").json()["items"]
    path = f"checks/{queued['id']}"
    assert (queued["title"], queued["words"], queued["target_similarity"]) == ("On herons", 24, 15)
    before = send(carols, "GET", path).json()
    assert (before["readable"], before["history"], before["cycles"]) == (False, [], [])
    assert send(carols, "GET", f"{path}/document").json()["code"] == "not_claimed"

    claimed = send(carols, "POST", f"{path}/claim").json()
    assert (claimed["mine"], claimed["readable"], claimed["max_cycles"]) == (True, True, 3)
    assert 1_700 < claimed["lease_seconds"] <= 1_800
    assert send(carols, "GET", "checks?which=mine").json()["items"][0]["id"] == queued["id"]
    read = send(carols, "GET", f"{path}/document").json()
    assert "wait for hours" in read["html"]
    assert read["claims"] == [
        {
            "marker": 1,
            "claim": "Every token is weighed against the others.",
            "work": "Lee (2020)",
            "page": 2,
            "verdict": "close",
        }
    ]
    file = carols.get(f"/api/v2/{path}/download")
    assert file["Content-Disposition"] == 'attachment; filename="on-herons.docx"'

    attached = attach(carols, desk, "report", "report", "r.pdf", b"%PDF").json()
    assert (attached["observed_similarity"], attached["report_passages"]) == (None, [])
    assert attached["reading"]["unreadable"].endswith(".")
    data = marked.mark(file.content, SENTENCE)
    shown = attach(carols, desk, "marked", "document", "m.docx", data).json()
    assert (shown["report_file_name"], shown["marked_file_name"]) == ("r.pdf", "m.docx")
    assert shown["marked"] == [
        {
            "text": SENTENCE,
            "heading": "Herons",
            "found": True,
            "group": "not_cited_or_quoted",
            "note": "",
            "colour": "yellow",
        }
    ]
    done = send(
        carols, "POST", f"{path}/reject", {"note": "Quote it.", "observed_similarity": 38}
    ).json()
    again = send(carols, "POST", f"{path}/reject", {"note": "Otherwise.", "observed_similarity": 1})
    assert again.json() == done
    assert (done["outcome"], done["readable"], done["note"]) == ("rejected", False, "Quote it.")
    assert [one["deed"] for one in done["history"]] == [
        "asked",
        "claimed",
        "report",
        "marked",
        "rejected",
    ]
    assert done["history"][0]["who"] == "The owner"
    assert done["cycles"][0] | {"reported_at": None} == {
        "number": 1,
        "status": "report_ready",
        "target_similarity": 15.0,
        "observed_similarity": 38.0,
        "observed_below": False,
        "verdict": "rejected",
        "checker": "carol",
        "note": "Quote it.",
        "reported_at": None,
    }
    assert send(carols, "GET", f"{path}/document").json()["code"] == "check_over"
    assert Resume.objects.filter(run=desk.run).count() == 1
    assert send(carols, "GET", "checks?which=done").json()["items"][0]["id"] == queued["id"]


def test_an_answer_to_a_checker_holds_nothing_of_the_owner(
    desk: Desk, carols: Client, alice: User
) -> None:
    path = f"checks/{desk.check().pk}"
    answers = [send(carols, "GET", "checks"), send(carols, "POST", f"{path}/claim")]
    answers += [send(carols, "GET", path), send(carols, "GET", f"{path}/document")]
    told = "".join(answer.content.decode() for answer in answers)
    hidden = {alice.username, alice.email, desk.world.passage.text, str(desk.run.pk)}
    hidden |= {str(desk.world.conversation.pk), str(desk.world.file.pk)}
    assert not [one for one in hidden if one in told]
    for other in (f"runs/{desk.run.pk}", f"sources/{desk.world.file.pk}"):
        assert send(carols, "GET", other).status_code == 404
    assert send(carols, "GET", f"turnitin/{desk.run.pk}/status").status_code == 404


def test_a_lease_that_ran_out_is_said_in_a_sentence(desk: Desk, carols: Client) -> None:
    path = f"checks/{desk.check().pk}"
    send(carols, "POST", f"{path}/claim")
    run_out(desk.check())
    for method, what in (("POST", "renew"), ("GET", "document"), ("POST", "accept")):
        answer = send(carols, method, f"{path}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (409, "lease_expired")
    shown = send(carols, "GET", path).json()
    assert (shown["status"], shown["mine"], shown["lease_seconds"]) == ("open", False, None)
    assert send(carols, "POST", f"{path}/renew").json()["detail"].startswith("Your time with")
    assert send(carols, "POST", f"{path}/claim").json()["mine"] is True


def test_a_release_is_answered_without_content(desk: Desk, carols: Client) -> None:
    path = f"checks/{desk.check().pk}"
    send(carols, "POST", f"{path}/claim")
    for _ in range(2):
        assert send(carols, "POST", f"{path}/release").status_code == 204
    assert desk.check().status == "open"


def test_a_missing_file_and_a_wrong_number_name_their_field(desk: Desk, carols: Client) -> None:
    path = f"checks/{desk.check().pk}"
    send(carols, "POST", f"{path}/claim")
    assert send(carols, "POST", f"{path}/report").json()["errors"][0]["field"] == "report"
    assert send(carols, "POST", f"{path}/marked").json()["errors"][0]["field"] == "document"
    wrong = send(carols, "PATCH", path, {"observed_similarity": 120})
    assert wrong.json()["errors"][0]["field"] == "observed_similarity"
    kept = send(carols, "PATCH", path, {"observed_similarity": 12.5, "note": "So far."}).json()
    assert (kept["observed_similarity"], kept["note"]) == (12.5, "So far.")
    assert send(carols, "PATCH", path, {"observed_similarity": None}).json()["note"] == "So far."


def test_staff_assign_to_a_checker(
    desk: Desk, carol: User, carols: Client, staff_client: Client, bob: User
) -> None:
    path = f"checks/{desk.check().pk}"
    send(carols, "POST", f"{path}/claim")
    assert send(staff_client, "GET", "checks/checkers").json() == [
        {"id": carol.pk, "name": "carol", "email": carol.email, "holding": 1}
    ]
    assert send(carols, "GET", "checks/checkers").json() == []
    shown = send(staff_client, "POST", f"{path}/assign", {"checker_id": carol.pk}).json()
    assert (shown["assigned_to"], shown["holder"]) == ("carol", "carol")
    assert (
        send(carols, "POST", f"{path}/assign", {"checker_id": None}).json()["code"] == "not_staff"
    )
    for who in (bob.pk, 987_654):
        answer = send(staff_client, "POST", f"{path}/assign", {"checker_id": who})
        assert answer.status_code == 422


def test_an_owner_asks_sees_and_takes_back(
    alice: User, alice_client: Client, carol: User, staff: User
) -> None:
    desk = make_desk(alice, asked=False)
    path = f"turnitin/{desk.run.pk}/checker"
    assert send(alice_client, "GET", path).json() == {
        "offered": True,
        "always": False,
        "check": None,
        "decided": None,
    }
    for _ in range(2):
        asked = send(alice_client, "POST", path).json()["check"]
    assert (asked["status"], asked["checker"]) == ("open", "")
    checks.claim_check(carol, Check.objects.get().pk)
    assert send(alice_client, "GET", path).json()["check"]["status"] == "claimed"
    back = send(alice_client, "DELETE", path).json()
    assert (back["check"]["outcome"], back["offered"], back["decided"]) == ("withdrawn", True, None)


def test_without_checkers_the_owner_is_offered_nothing(alice: User, alice_client: Client) -> None:
    desk = make_desk(alice, asked=False)
    path = f"turnitin/{desk.run.pk}/checker"
    assert send(alice_client, "GET", path).json()["offered"] is False
    assert send(alice_client, "POST", path).json()["code"] == "no_checkers"
    assert send(alice_client, "DELETE", path).json()["code"] == "not_asked"
