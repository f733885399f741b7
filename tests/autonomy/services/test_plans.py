"""The plan that a run shows can be edited, in words or as a form, until it is agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from autonomy import services
from autonomy.core.types import PlanEdit, RunStatus
from autonomy.models import Resume
from tests.autonomy.services.ride import GOAL, Ride, gapless

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("threads")


def asked(ride: Ride) -> dict[str, Any]:
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.WAITING_HUMAN, (ride.run.status, ride.run.error)
    return dict(ride.run.waiting_for or {})


def parts(ride: Ride) -> list[dict[str, Any]]:
    return [
        {"id": s["id"], "title": s["input"]["heading"]}
        for s in ride.run.plan["steps"]
        if s["kind"] == "write"
    ]


def edit(ride: Ride, steps: list[dict[str, Any]], **more: Any) -> PlanEdit:
    version = ride.run.plan["version"]
    return PlanEdit.model_validate({"version": version, "steps": steps, **more})


@pytest.fixture
def ride(alice: User) -> Ride:
    made = Ride(alice, approve_plan=True).drive()
    asked(made)
    return made


def test_an_edited_plan_is_shown_again_and_written_once_it_is_agreed_to(ride: Ride) -> None:
    first = asked(ride)
    kept = [p for p in parts(ride) if p["title"] not in ("Approaches", "Conclusion")]
    steps = [*kept, {"title": "Seaweed", "words": 80, "focus": "grazing"}]
    services.edit_plan(ride.run, edit(ride, steps, title="Fish"))
    ride.drive()

    second = asked(ride)
    assert second["plan_version"] == first["plan_version"] + 1
    assert second["interrupt_id"] != first["interrupt_id"]
    assert ride.run.plan["author"] == "human"
    services.resume(ride.run)
    ride.drive()
    assert ride.run.status == RunStatus.SUCCEEDED
    assert "Seaweed" in ride.headings()
    assert not {"Approaches", "Conclusion"} & set(ride.headings())
    gapless(ride.run)


def test_an_edit_can_be_approved_at_once_and_sent_twice(ride: Ride) -> None:
    wanted = edit(ride, list(reversed(parts(ride))), approve=True)
    services.edit_plan(ride.run, wanted)
    services.edit_plan(ride.run, wanted)
    ride.drive()

    assert ride.run.status == RunStatus.SUCCEEDED
    assert Resume.objects.filter(run=ride.run).count() == 1
    assert len(ride.notes("plan_edited")) == 1
    assert ride.headings()[1] == "Limits and open questions"


def test_an_edit_of_an_older_version_is_told_the_newer_plan(ride: Ride) -> None:
    stale = edit(ride, parts(ride)[:-1])
    services.edit_plan(ride.run, edit(ride, parts(ride)[1:]))
    ride.drive()
    asked(ride)
    with pytest.raises(services.PlanConflict) as refused:
        services.edit_plan(ride.run, stale)
    assert refused.value.code == "plan_changed"
    assert refused.value.plan == ride.run.plan


def test_an_edit_that_makes_no_plan_leaves_the_question_open(ride: Ride) -> None:
    for steps in ([{"id": "write-77", "title": "X"}], [{"title": "X", "words": 1_000_000}]):
        with pytest.raises(services.Invalid):
            services.edit_plan(ride.run, edit(ride, steps))
    with pytest.raises(services.Invalid):
        services.edit_plan(ride.run, edit(ride, [{"title": f"S{n}"} for n in range(200)]))
    asked(ride)
    assert not Resume.objects.exists()


def test_a_run_that_does_not_ask_about_its_plan_cannot_be_edited(ride: Ride) -> None:
    wanted = edit(ride, parts(ride))
    services.resume(ride.run)
    with pytest.raises(services.PlanConflict) as refused:
        services.edit_plan(ride.run, wanted)
    assert refused.value.code == "not_waiting"


def test_saying_what_to_change_changes_the_plan_and_asks_again(ride: Ride) -> None:
    first = asked(ride)
    services.tell(ride.run, "drop the conclusion and make it 300 words")
    ride.drive()

    second = asked(ride)
    assert second["plan_version"] == first["plan_version"] + 1
    titles = [p["title"] for p in parts(ride)]
    assert "Conclusion" not in titles
    total = sum(s["input"]["words"] for s in ride.run.plan["steps"] if s["kind"] == "write")
    assert 290 <= total <= 310
    assert len(ride.notes("message_taken")) == 1
    services.resume(ride.run)
    ride.drive()
    assert ride.run.status == RunStatus.SUCCEEDED


def test_a_message_that_changes_nothing_leaves_the_question_as_it_is(ride: Ride) -> None:
    version = asked(ride)["plan_version"]
    services.tell(ride.run, "Make it sing.")
    ride.drive()
    assert asked(ride)["plan_version"] == version


def test_a_run_can_be_paused_while_it_asks_and_asks_again_afterwards(ride: Ride) -> None:
    before = asked(ride)
    services.pause(ride.run)
    services.pause(ride.run)
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.PAUSED
    with pytest.raises(services.PlanConflict):
        services.edit_plan(ride.run, edit(ride, parts(ride)))
    services.resume(ride.run)
    assert asked(ride)["interrupt_id"] == before["interrupt_id"]
    assert [e.type for e in ride.log][-2:] == ["run.paused", "interrupt"]
    services.resume(ride.run)
    ride.drive()
    assert ride.run.status == RunStatus.SUCCEEDED
    gapless(ride.run)


def test_a_plan_that_the_request_asks_to_see_is_shown_unless_the_settings_say_otherwise(
    alice: User,
) -> None:
    goal = f"{GOAL}. Show me the plan first."
    assert asked(Ride(alice, goal=goal).drive())["kind"] == "plan_approval"

    straight = Ride(alice, goal=goal, approve_plan=False).drive()
    straight.run.refresh_from_db()
    assert straight.run.status == RunStatus.SUCCEEDED
    assert not straight.run.task["settings"]["approve_plan"]
