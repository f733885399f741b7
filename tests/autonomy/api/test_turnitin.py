from __future__ import annotations

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from autonomy.models import Resume, Run, TurnitinCycle
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World

pytestmark = pytest.mark.django_db


def address(world: World, what: str) -> str:
    return f"/api/v2/turnitin/{world.run.pk}/{what}"


@pytest.fixture(autouse=True)
def _waiting(world: World) -> None:
    Run.objects.filter(pk=world.run.pk).update(status="waiting_human")


def test_the_waiting_cycle_is_shown(api: KeyClient, world: World) -> None:
    body = api.get(address(world, "status")).json()
    assert body["run_status"] == "waiting_human"
    assert body["current"]["cycle_id"] == str(world.cycle.pk)
    assert body["current"]["status"] == "awaiting_report"
    assert len(body["cycles"]) == 1


def test_a_report_is_taken_once(api: KeyClient, world: World) -> None:
    report = {"cycle_id": str(world.cycle.pk), "observed_similarity": 12.5}
    first = api.send("POST", address(world, "report"), report)
    assert first.status_code == 200
    assert (first.json()["status"], first.json()["observed_similarity"]) == ("report_ready", 12.5)
    again = api.send("POST", address(world, "report"), report)
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize(
    "where",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://reports.example.org/1",
        "http://127.0.0.1/report",
        "http://[::1]/report",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.7/report",
        "https://localhost/report",
        "https://reports.internal/1",
        "https://someone:secret@reports.example.org/1",
        "https://reports.example.org:8443/1",
        "https://",
        "no address",
    ],
)
def test_an_address_of_a_report_that_leads_nowhere_or_inside_is_refused_and_nothing_is_lost(
    api: KeyClient, world: World, where: str
) -> None:
    report = {"cycle_id": str(world.cycle.pk), "observed_similarity": 12.5}
    refused = api.send("POST", address(world, "report"), report | {"report_url": where})
    assert (refused.status_code, refused.json()["code"]) == (422, "report_address")
    assert "The address of the report is not taken." in refused.json()["detail"]
    assert TurnitinCycle.objects.get(pk=world.cycle.pk).status == "awaiting_report"
    good = report | {"report_url": "https://reports.example.org/1?id=7"}
    taken = api.send("POST", address(world, "report"), good)
    assert (taken.status_code, taken.json()["report_url"]) == (200, good["report_url"])


@pytest.mark.parametrize(
    ("filters", "counts"), [([], True), (["bibliography"], True), (["quotes"], False)]
)
def test_what_the_person_says_of_their_quotations_wakes_the_run_with_the_report(
    api: KeyClient, world: World, filters: list[str], counts: bool
) -> None:
    TurnitinCycle.objects.update(interrupt_id="i1")
    said = json.dumps({"similarity": 38, "excluded": filters}).encode()
    form = {
        "cycle_id": str(world.cycle.pk),
        "quotations": "leave_out",
        "report": SimpleUploadedFile("report.json", said),
    }
    assert api.post(address(world, "report"), form).json()["quotations"] == "leave_out"
    value = Resume.objects.get(run=world.run).value
    assert value["quotations"] == "leave_out"
    assert value["without_quotations"] is not counts


def test_no_other_choice_about_quotations_is_taken(api: KeyClient, world: World) -> None:
    report = {"cycle_id": str(world.cycle.pk), "quotations": "hide"}
    response = api.send("POST", address(world, "report"), report)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "quotations")
    assert TurnitinCycle.objects.get(pk=world.cycle.pk).quotations == ""


def test_another_report_for_the_same_cycle_is_told_that_the_first_one_counts(
    api: KeyClient, world: World
) -> None:
    report = {"cycle_id": str(world.cycle.pk), "observed_similarity": 12.5}
    api.send("POST", address(world, "report"), report)
    other = api.send("POST", address(world, "report"), report | {"observed_similarity": 99})
    assert (other.status_code, other.json()["code"]) == (409, "already_reported")
    shown = api.get(address(world, "status")).json()["current"]
    assert shown["observed_similarity"] == 12.5


def test_a_report_may_come_with_its_file(api: KeyClient, world: World) -> None:
    file = SimpleUploadedFile("report.pdf", b"%PDF-1.4 report", content_type="application/pdf")
    form = {"cycle_id": str(world.cycle.pk), "observed_similarity": "8", "report": file}
    response = api.post(address(world, "report"), form)
    assert response.status_code == 200, response.content
    assert response.json()["report_file_name"] == "report.pdf"


def test_what_was_read_of_the_file_is_shown_and_called_what_it_is(
    api: KeyClient, world: World
) -> None:
    content = (
        b'{"similarity": "<1%", "sources": [{"title": "T", "kind": "internet", "percent": 1}]}'
    )
    file = SimpleUploadedFile("report.json", content, content_type="application/json")
    response = api.post(address(world, "report"), {"cycle_id": str(world.cycle.pk), "report": file})
    assert response.status_code == 200, response.content
    shown = api.get(address(world, "status")).json()["current"]
    assert shown == response.json()
    assert (shown["observed_similarity"], shown["observed_below"]) == (1, True)
    assert shown["reading"]["provenance"] == "user-provided, not verified"
    assert shown["reading"]["report"]["sources"][0]["title"] == "T"
    assert shown["reading"]["report"]["unread"]["word_count"]


def test_a_file_that_says_something_else_is_refused_with_both_figures(
    api: KeyClient, world: World
) -> None:
    file = SimpleUploadedFile("report.json", b'{"similarity": 38}')
    form = {"cycle_id": str(world.cycle.pk), "observed_similarity": "9", "report": file}
    response = api.post(address(world, "report"), form)
    assert (response.status_code, response.json()["code"]) == (422, "figures_differ")
    assert "9 %" in response.json()["detail"]
    assert "38 %" in response.json()["detail"]
    assert api.get(address(world, "status")).json()["current"]["status"] == "awaiting_report"


@pytest.mark.parametrize(
    ("report", "field"),
    [
        ({}, "cycle_id"),
        ({"cycle_id": "x"}, "cycle_id"),
        ({"cycle_id": str(uuid.uuid4()), "observed_similarity": 120}, "observed_similarity"),
    ],
)
def test_a_wrong_report_is_refused(
    api: KeyClient, world: World, report: dict[str, object], field: str
) -> None:
    response = api.send("POST", address(world, "report"), report)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_a_cycle_of_another_run_is_not_found(api: KeyClient, world: World) -> None:
    response = api.send("POST", address(world, "report"), {"cycle_id": str(uuid.uuid4())})
    assert (response.status_code, response.json()["code"]) == (404, "cycle_not_found")
