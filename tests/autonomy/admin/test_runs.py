from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from autonomy import models, services
from autonomy.admin.run_controls import controls_for
from autonomy.admin.run_page import CHECKPOINTS_PAGE, TIMELINE_PAGE, plan_rows
from autonomy.core.types import RunStatus
from tests.autonomy.admin.conftest import SECRET, World, make_run

RUNS = "/admin/autonomy/run/"
VERBS = ("pause", "resume", "cancel", "requeue")
HOSTILE = '<script>alert("run")</script>'


def page_of(run: models.Run) -> str:
    return reverse("admin:autonomy_run_change", args=[run.pk])


def press(client: Client, run: models.Run, verb: str) -> Any:
    return client.post(reverse("admin:autonomy_run_control", args=[run.pk, verb]), follow=True)


def select(client: Client, runs: list[models.Run], verb: str) -> Any:
    data = {
        "action": f"{verb}_selected",
        "_selected_action": [str(run.pk) for run in runs],
        "confirmed": "yes",
    }
    return client.post(RUNS, data, follow=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, models.Run]]:
    """What was asked of `services`, in order; every request is accepted."""
    calls: list[tuple[str, models.Run]] = []

    def recorder(verb: str) -> Callable[..., None]:
        return lambda run, *, by: calls.append((verb, run))

    for verb in VERBS:
        monkeypatch.setattr(services, verb, recorder(verb))
    return calls


# ------------------------------------------------------------------------------ controls


@pytest.mark.parametrize("verb", VERBS)
def test_a_selected_control_asks_services_for_each_run(
    world: World, staff_client: Client, bob: Any, asked: list[tuple[str, models.Run]], verb: str
) -> None:
    other = make_run(bob)
    text = select(staff_client, [world.run, other], verb).content.decode()
    assert {(name, run.pk) for name, run in asked} == {(verb, world.run.pk), (verb, other.pk)}
    assert "2 runs." in text


@pytest.mark.parametrize("verb", VERBS)
def test_a_pressed_control_asks_services_and_returns_to_the_run(
    world: World, staff_client: Client, asked: list[tuple[str, models.Run]], verb: str
) -> None:
    response = press(staff_client, world.run, verb)
    assert response.redirect_chain[-1][0] == page_of(world.run)
    assert [(name, run.pk) for name, run in asked] == [(verb, world.run.pk)]
    assert "1 run." in response.content.decode()


def test_a_refusal_is_shown_with_its_reason_and_the_others_go_on(
    world: World, staff_client: Client, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_run(bob, title="A finished run")
    paused: list[models.Run] = []

    def pause(run: models.Run, **_: Any) -> None:
        if run.pk == other.pk:
            raise services.Conflict("It has finished, so there is nothing to pause.")
        paused.append(run)

    monkeypatch.setattr(services, "pause", pause)
    text = select(staff_client, [world.run, other], "pause").content.decode()
    assert "A finished run: It has finished, so there is nothing to pause." in text
    assert "Asked to pause: 1 run." in text
    assert [run.pk for run in paused] == [world.run.pk]


def test_too_many_runs_at_once_are_refused_before_any_is_touched(
    world: World,
    staff_client: Client,
    bob: Any,
    asked: list[tuple[str, models.Run]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("autonomy.admin.runs.MAX_SELECTED", 1)
    text = select(staff_client, [world.run, make_run(bob)], "cancel").content.decode()
    assert "2 runs are too many at once. Choose at most 1." in text
    assert asked == []


def test_a_control_leaves_its_author_in_the_history(
    world: World, staff_client: Client, staff: Any, asked: list[tuple[str, models.Run]]
) -> None:
    press(staff_client, world.run, "cancel")
    entry = LogEntry.objects.get(object_id=str(world.run.pk))
    assert entry.user == staff
    assert "cancel" in entry.change_message.lower()


def test_cancel_really_ends_a_queued_run(world: World, staff_client: Client) -> None:
    press(staff_client, world.run, "cancel")
    world.run.refresh_from_db()
    assert world.run.status == RunStatus.CANCELLED


def test_resuming_a_cancelled_run_is_refused_in_words(world: World, staff_client: Client) -> None:
    press(staff_client, world.run, "cancel")
    text = press(staff_client, world.run, "resume").content.decode()
    assert "The run cannot be resumed: it was cancelled." in text
    world.run.refresh_from_db()
    assert world.run.status == RunStatus.CANCELLED


def test_looking_never_controls(
    world: World, staff_client: Client, asked: list[tuple[str, models.Run]]
) -> None:
    address = reverse("admin:autonomy_run_control", args=[world.run.pk, "cancel"])
    assert staff_client.get(address).status_code == 405
    assert asked == []


def test_a_control_needs_the_csrf_token(world: World, staff: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:autonomy_run_control", args=[world.run.pk, "cancel"])
    assert client.post(address).status_code == 403
    world.run.refresh_from_db()
    assert world.run.status == RunStatus.QUEUED


def test_an_unknown_control_or_run_is_not_found(world: World, staff_client: Client) -> None:
    assert press(staff_client, world.run, "delete").status_code == 404
    ghost = models.Run(pk="01890000-0000-7000-8000-000000000000")
    assert press(staff_client, ghost, "cancel").status_code == 404


def test_cancelling_many_is_asked_twice(world: World, staff_client: Client) -> None:
    data = {"action": "cancel_selected", "_selected_action": [str(world.run.pk)]}
    page = staff_client.post(RUNS, data)
    assert "Yes, cancel" in page.content.decode()
    world.run.refresh_from_db()
    assert not world.run.finished
    staff_client.post(RUNS, {**data, "confirmed": "yes"})
    world.run.refresh_from_db()
    assert world.run.status == RunStatus.CANCELLED


def test_staff_tell_fork_and_raise_and_are_named_in_the_events(
    world: World, staff_client: Client, staff: Any
) -> None:
    def ask(verb: str, **fields: str) -> str:
        address = reverse("admin:autonomy_run_control", args=[world.run.pk, verb])
        return str(staff_client.post(address, fields, follow=True).content.decode())

    assert "Told: 1 run." in ask("tell", message="use APA")
    assert "Given another budget: 1 run." in ask("budget", tokens="300,000", usd="7.5")
    assert "must be a number" in ask("budget", tokens="many")
    assert "Say what the run should do" in ask("tell", message=" ")
    assert "no such checkpoint" in ask("fork", checkpoint_id="nowhere")
    events = models.Episode.objects.filter(run=world.run, meta__by=staff.pk).order_by("seq")
    assert [event.type for event in events] == ["note", "budget"]
    world.run.refresh_from_db()
    assert world.run.tokens_limit == 300_000


@pytest.mark.parametrize("verb", ["tell", "budget", "fork"])
def test_only_staff_reach_the_forms(
    world: World, alice_client: Client, anonymous_client: Client, verb: str
) -> None:
    address = reverse("admin:autonomy_run_control", args=[world.run.pk, verb])
    for client in (alice_client, anonymous_client):
        assert client.post(address, {"message": "x"}).status_code in (302, 403, 404)
    assert not models.RunMessage.objects.filter(text="x").exists()


def test_only_controls_that_make_sense_are_offered() -> None:
    def verbs(status: str, requested: str = "") -> set[str]:
        return {verb for verb, _ in controls_for(models.Run(status=status, requested=requested))}

    assert verbs("succeeded") == set()
    assert verbs("cancelled") == verbs("failed") == {"requeue"}
    assert verbs("paused") == {"resume", "cancel"}
    assert verbs("waiting_human") == {"pause", "cancel"}
    assert verbs("queued") == {"requeue", "pause", "cancel"}
    assert verbs("running") == {"pause", "cancel"}
    assert verbs("running", "pause") == {"resume", "cancel"}


# ------------------------------------------------------------------------------ the page


def test_the_page_shows_plan_budget_timeline_and_evidence(
    world: World, staff_client: Client
) -> None:
    text = staff_client.get(page_of(world.run)).content.decode()
    for expected in (
        "Search the library",
        "Found 8 passages.",
        "50,000 of 200,000",
        f"Started: {SECRET}",
        f"{SECRET} are large.",
        "15.0 %",
        f"/admin/autonomy/artifact/{world.artifact.pk}/download/docx/",
    ):
        assert expected in text, expected


def test_a_hostile_title_goal_plan_and_event_are_escaped(staff_client: Client, alice: Any) -> None:
    run = make_run(
        alice,
        title=HOSTILE,
        task={"goal": HOSTILE},
        error=HOSTILE,
        plan={"title": HOSTILE, "steps": [{"id": HOSTILE, "title": HOSTILE, "status": HOSTILE}]},
    )
    models.Episode.objects.create(
        run=run, seq=1, type="note", source=HOSTILE[:40], content=HOSTILE, meta={HOSTILE: HOSTILE}
    )
    models.Artifact.objects.create(
        run=run, kind="document", version=1, title=HOSTILE, sha256="a" * 64, body={"x": HOSTILE}
    )
    for page in (page_of(run), RUNS, "/admin/autonomy/episode/", "/admin/autonomy/artifact/"):
        text = staff_client.get(page).content.decode()
        assert "<script>alert(" not in text, page
        assert "&lt;script&gt;alert(" in text, page


def test_a_refusal_with_markup_is_escaped(
    world: World, staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancel(run: models.Run, **_: Any) -> None:
        raise services.Conflict(HOSTILE)

    monkeypatch.setattr(services, "cancel", cancel)
    text = press(staff_client, world.run, "cancel").content.decode()
    assert "<script>alert(" not in text
    assert "&lt;script&gt;alert(" in text


def episodes(run: models.Run, count: int) -> None:
    models.Episode.objects.bulk_create(
        models.Episode(run=run, seq=seq, type="note", content=f"event number {seq}.")
        for seq in range(2, count + 2)
    )


def test_the_timeline_opens_at_its_end_and_pages_back(world: World, staff_client: Client) -> None:
    total = TIMELINE_PAGE * 2 + 50
    episodes(world.run, total - 1)
    newest = staff_client.get(page_of(world.run))
    timeline = newest.context["timeline"]
    assert (timeline["first"], timeline["end"], timeline["total"]) == (
        total - TIMELINE_PAGE + 1,
        total,
        total,
    )
    assert timeline["later"] is None
    earlier = staff_client.get(page_of(world.run), {"after": timeline["earlier"]})
    assert earlier.context["timeline"]["end"] == total - TIMELINE_PAGE
    first = staff_client.get(page_of(world.run), {"after": 0}).context["timeline"]
    assert (first["first"], first["earlier"], first["later"]) == (1, None, TIMELINE_PAGE)


def test_events_of_an_attempt_that_was_restarted_are_marked(
    world: World, staff_client: Client
) -> None:
    for seq, attempt in ((2, 1), (3, 1), (4, 2)):
        models.Episode.objects.create(
            run=world.run, seq=seq, type="action", content="go", task_id="t1", attempt=attempt
        )
    rows = staff_client.get(page_of(world.run)).context["timeline"]["rows"]
    assert [row.superseded for row in rows] == [False, True, True, False]


@pytest.mark.parametrize("value", ["-1", "x", "9" * 40, "<b>", ""])
def test_a_nonsense_page_number_is_ignored(world: World, staff_client: Client, value: str) -> None:
    response = staff_client.get(page_of(world.run), {"after": value, "before": value})
    assert response.status_code == 200


def test_the_page_costs_the_same_however_long_the_run(world: World, staff_client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff_client.get(page_of(world.run)).status_code == 200
        return len(captured)

    queries()  # fills caches that live as long as the process
    before = queries()
    episodes(world.run, 60)
    for marker in range(2, 30):
        models.Citation.objects.create(
            run=world.run,
            artifact=world.artifact,
            marker=marker,
            claim="claim",
            text="text",
            verdict="close",
            source=models.Source.objects.get(),
        )
    assert queries() == before


def test_a_run_that_is_gone_says_so_instead_of_failing(staff_client: Client) -> None:
    ghost = models.Run(pk="01890000-0000-7000-8000-000000000000")
    assert staff_client.get(page_of(ghost), follow=True).status_code == 200
    assert staff_client.get("/admin/autonomy/run/not-an-id/change/").status_code == 302


@pytest.mark.parametrize("plan", [None, [], {"steps": None}, {"steps": ["x", {}]}, "text"])
def test_a_damaged_plan_is_shown_as_far_as_it_goes(plan: Any) -> None:
    assert len(plan_rows(plan)) == (1 if plan == {"steps": ["x", {}]} else 0)


def test_only_the_newest_checkpoints_are_decoded(world: World, staff_client: Client) -> None:
    for number in range(CHECKPOINTS_PAGE + 3):
        models.Checkpoint.objects.create(
            thread_id=str(world.run.pk),
            checkpoint_id=f"1f0{number:05d}-0000-6000-8000-000000000000",
            checkpoint={},
            metadata={"step": number},
        )
    shown = staff_client.get(page_of(world.run)).context["checkpoints"]
    assert [row.superstep for row in shown["rows"]] == list(range(CHECKPOINTS_PAGE + 2, 2, -1))
    older = staff_client.get(page_of(world.run), {"before": shown["older"]}).context["checkpoints"]
    assert len(older["rows"]) == 4
    assert older["older"] is None
