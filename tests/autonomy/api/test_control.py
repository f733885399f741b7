"""The controls of a run over HTTP: what they answer, once and again, at a good moment and a bad."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from autonomy import services
from autonomy.core.types import RunStatus, StopReason
from autonomy.models import Episode, Job, Quota, Run, RunMessage, UsageDay
from tests.autonomy.runtime.conftest import _no_broker, threads
from tests.autonomy.services.ride import Ride, gapless

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["_no_broker", "threads"]
pytestmark = pytest.mark.usefixtures("threads")


def call(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return client.generic(
        method,
        f"/api/v2/runs/{path}",
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers=headers or None,
    )


def test_a_message_is_accepted_listed_and_taken(alice: User, alice_client: Client) -> None:
    ride = Ride(alice)
    answer = call(alice_client, "POST", f"{ride.run.pk}/messages", {"message": "use APA"})
    assert (answer.status_code, answer.json()) == (202, {"number": 1, "taken": False})
    (listed,) = call(alice_client, "GET", f"{ride.run.pk}/messages").json()["items"]
    assert set(listed) == {"number", "text", "created_at", "taken_at"}
    assert (listed["text"], listed["taken_at"]) == ("use APA", None)

    ride.drive()

    (listed,) = call(alice_client, "GET", f"{ride.run.pk}/messages").json()["items"]
    assert listed["taken_at"]
    refused = call(alice_client, "POST", f"{ride.run.pk}/messages", {"message": "more"})
    assert (refused.status_code, refused.json()["code"]) == (409, "run_succeeded")
    assert "new message" in refused.json()["detail"]


def test_twenty_times_the_same_message_with_one_key_is_one_message(
    alice: User, alice_client: Client
) -> None:
    ride = Ride(alice)

    def send(_: int) -> Any:
        try:
            client = Client()
            client.cookies = alice_client.cookies
            path = f"{ride.run.pk}/messages"
            key = {"Idempotency-Key": "k"}
            return call(client, "POST", path, {"message": "use APA"}, **key)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(20)))
    assert {a.status_code for a in answers} == {202}
    assert {a.json()["number"] for a in answers} == {1}
    assert RunMessage.objects.count() == 1
    assert Episode.objects.filter(run=ride.run, meta__kind="message").count() == 1


@pytest.mark.parametrize("body", [{}, {"message": ""}, {"message": "?"}, {"message": "x" * 20_001}])
def test_what_is_no_message_is_a_422(alice: User, alice_client: Client, body: Any) -> None:
    ride = Ride(alice)
    answer = call(alice_client, "POST", f"{ride.run.pk}/messages", body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"


def test_a_plan_is_edited_over_http_and_a_stale_edit_is_shown_the_plan(
    alice: User, alice_client: Client
) -> None:
    ride = Ride(alice, approve_plan=True).drive()
    shown = call(alice_client, "GET", str(ride.run.pk)).json()
    version = shown["plan"]["version"]
    steps = [
        {"id": s["id"], "title": s["input"]["heading"], "words": 70, "focus": ""}
        for s in shown["plan"]["steps"]
        if s["kind"] == "write"
    ]
    body = {"version": version, "steps": steps}
    first = call(alice_client, "PUT", f"{ride.run.pk}/plan", body)
    assert first.status_code == 202, first.content
    ride.drive()

    stale = call(alice_client, "PUT", f"{ride.run.pk}/plan", body)
    assert stale.status_code == 409
    problem = stale.json()
    assert (problem["code"], problem["plan"]["version"]) == ("plan_changed", version + 1)

    body = {"version": version + 1, "steps": steps[:3], "approve": True, "title": "Shorter"}
    assert call(alice_client, "PUT", f"{ride.run.pk}/plan", body).status_code == 202
    ride.drive()
    assert ride.run.status == RunStatus.SUCCEEDED
    assert len(ride.headings()) == 3


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"title": ""}],
        [{"title": "…"}],
        [{"title": "A", "words": 0}],
        [{"title": "A", "words": 99_999_999}],
        [{"title": "A", "colour": "red"}],
        [{"id": "write-99", "title": "A"}],
        [{"title": f"S{n}"} for n in range(41)],
    ],
)
def test_a_plan_that_cannot_be_is_a_422(alice: User, alice_client: Client, steps: Any) -> None:
    ride = Ride(alice, approve_plan=True).drive()
    body = {"version": ride.run.plan["version"], "steps": steps}
    assert call(alice_client, "PUT", f"{ride.run.pk}/plan", body).status_code == 422
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.WAITING_HUMAN


def test_a_pause_is_told_at_once_once_and_can_be_taken_back(
    alice: User, alice_client: Client
) -> None:
    ride = Ride(alice)
    seen: list[Any] = []

    def press() -> None:
        client = Client()
        client.cookies = alice_client.cookies
        for verb in ("pause", "pause", "resume", "resume"):
            seen.append(call(client, "POST", f"{ride.run.pk}/{verb}").json())

    ride.hooks[3] = press
    ride.drive()

    assert [s["requested"] for s in seen] == ["pause", "pause", "", ""]
    said = [e for e in ride.log if e.type in ("run.paused", "run.resumed")]
    assert [(e.type, e.meta["status"]) for e in said] == [
        ("run.paused", "running"),
        ("run.resumed", "running"),
    ]
    assert said[0].content == "Pausing after this step."
    gapless(ride.run)


def test_an_ended_run_is_continued_with_more_budget(alice: User, alice_client: Client) -> None:
    ride = Ride(alice)
    ride.hooks[2] = lambda: Run.objects.filter(pk=ride.run.pk).update(tokens_spent=200_000)
    ride.drive()
    path = f"{ride.run.pk}/budget"
    assert call(alice_client, "PATCH", path, {"tokens": 200_000}).json()["code"] == (
        "budget_not_raised"
    )
    answer = call(alice_client, "PATCH", path, {"tokens": 500_000})
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    ride.drive()
    assert ride.run.status == RunStatus.SUCCEEDED


def test_a_fork_with_a_message_goes_another_way(alice: User, alice_client: Client) -> None:
    ride = Ride(alice).drive()
    body = {"message": "drop the conclusion"}
    answer = call(alice_client, "POST", f"{ride.run.pk}/fork", body, **{"Idempotency-Key": "f"})
    again = call(alice_client, "POST", f"{ride.run.pk}/fork", body, **{"Idempotency-Key": "f"})
    assert answer.status_code == 201
    assert again.json() == answer.json()
    fork = ride.of(Run.objects.get(pk=answer.json()["run_id"])).drive()
    assert "Conclusion" not in fork.headings()
    cited = call(alice_client, "GET", f"{fork.run.pk}/citations").json()["items"]
    assert cited
    shown = call(alice_client, "GET", str(fork.run.pk)).json()
    assert shown["artifact_id"] in {
        a["id"] for a in call(alice_client, "GET", f"{fork.run.pk}/artifacts").json()["items"]
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "messages", {"message": "hello there"}),
        ("GET", "messages", None),
        ("PUT", "plan", {"version": 1, "steps": [{"title": "A"}]}),
        ("PATCH", "budget", {"tokens": 1}),
        ("POST", "fork", {"message": "hello there"}),
        ("POST", "pause", None),
    ],
)
def test_a_stranger_gets_nothing(
    alice: User, bob_client: Client, anonymous_client: Client, method: str, path: str, body: Any
) -> None:
    ride = Ride(alice)
    before = len(ride.log)
    assert call(bob_client, method, f"{ride.run.pk}/{path}", body).status_code == 404
    assert call(anonymous_client, method, f"{ride.run.pk}/{path}", body).status_code in (401, 403)
    assert len(ride.log) == before
    assert services.snapshot(ride.run)["status"] == RunStatus.QUEUED


@pytest.mark.parametrize("field", ["title", "focus"])
def test_a_nul_in_a_plan_is_refused_before_it_is_stored(
    alice: User, alice_client: Client, field: str
) -> None:
    run = Ride(alice, approve_plan=True).drive().run
    step = {"title": "Reefs", "focus": "fish", field: "a\x00b"}
    answer = alice_client.put(
        f"/api/v2/runs/{run.pk}/plan",
        {"version": (run.plan or {})["version"], "steps": [step]},
        content_type="application/json",
    )
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert "NUL" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{"tokens": True}, {"usd": True}, {"seconds": "60"}])
def test_a_limit_is_a_number_and_nothing_else(
    alice: User, alice_client: Client, body: dict[str, Any]
) -> None:
    run = Ride(alice).run
    path = f"/api/v2/runs/{run.pk}/budget"
    answer = alice_client.patch(path, body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(body))


@pytest.mark.parametrize("limits", [{}, {"tokens": 900_000}])
def test_a_run_that_the_day_ended_waits_for_another_day(
    alice: User, alice_client: Client, limits: dict[str, int]
) -> None:
    run = Ride(alice).run
    Job.objects.filter(run=run).delete()
    Run.objects.filter(pk=run.pk).update(
        status=RunStatus.FAILED, stop_reason=StopReason.QUOTA, finished_at=Now()
    )
    quota = Quota.objects.create(user=alice, tokens_per_day=100)
    UsageDay.objects.filter(user=alice).update(tokens_spent=100)
    path = f"/api/v2/runs/{run.pk}/budget"

    refused = alice_client.patch(path, limits, content_type="application/json")

    assert (refused.status_code, refused.json()["code"]) == (409, "quota")
    assert refused.json()["resets_at"].endswith("00:00:00Z")
    run.refresh_from_db()
    assert (run.status, run.tokens_limit) == (RunStatus.FAILED, 200_000)

    quota.tokens_per_day = 500
    quota.save()
    assert alice_client.patch(path, limits, content_type="application/json").status_code == 200
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
