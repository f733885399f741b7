"""A fork stands on its own: its documents, its originality cycle, its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from autonomy import services
from autonomy.core.types import CycleStatus, RunStatus
from autonomy.models import Artifact, Checkpoint, Citation, Run
from tests.autonomy.services.ride import Ride, gapless

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("threads")


def points(run: Run) -> list[str]:
    rows = Checkpoint.objects.filter(thread_id=str(run.pk), checkpoint_ns="")
    return list(rows.order_by("checkpoint_id").values_list("checkpoint_id", flat=True))


def stands_alone(run: Run) -> None:
    """Nothing that the fork has refers to its parent's rows."""
    newest = Artifact.objects.filter(run=run, kind="document").order_by("-version").first()
    assert newest is not None
    cited = Citation.objects.filter(run=run, artifact=newest).count()
    assert cited > 0
    finished = [e for e in services.events_after(run.pk, 0) if e.type == "run.finished"]
    if finished:
        assert (finished[-1].meta or {})["artifact_id"] == str(newest.pk)
    for cycle in run.turnitin_cycles.all():
        assert cycle.artifact.run_id == run.pk


def test_a_fork_from_any_step_ends_with_documents_of_its_own(alice: User) -> None:
    ride = Ride(alice).drive()
    kept = {a.pk for a in Artifact.objects.filter(run=ride.run)}
    for point in points(ride.run):
        fork = ride.of(services.fork(ride.run, point)).drive()
        assert fork.run.status == RunStatus.SUCCEEDED, (point, fork.run.error)
        stands_alone(fork.run)
        gapless(fork.run)
    assert {a.pk for a in Artifact.objects.filter(run=ride.run)} == kept
    gapless(ride.run)


def test_a_fork_outlives_its_parent(alice: User) -> None:
    ride = Ride(alice).drive()
    fork = ride.of(services.fork(ride.run, points(ride.run)[-3]))
    Artifact.objects.filter(run=ride.run).delete()
    ride.run.delete()
    fork.drive()
    assert fork.run.status == RunStatus.SUCCEEDED, fork.run.error


@pytest.mark.parametrize("back", [1, 2, 3])
def test_a_fork_of_a_run_that_waits_for_a_report_waits_for_one_of_its_own(
    alice: User, back: int
) -> None:
    ride = Ride(alice, target_similarity=15.0).drive()
    assert ride.run.status == RunStatus.WAITING_HUMAN
    cycle = ride.run.turnitin_cycles.get()

    fork = ride.of(services.fork(ride.run, points(ride.run)[-back])).drive()

    assert fork.run.status == RunStatus.WAITING_HUMAN, fork.run.error
    own = fork.run.turnitin_cycles.get()
    assert own.pk != cycle.pk
    assert (own.status, own.artifact.run_id) == (CycleStatus.AWAITING_REPORT, fork.run.pk)
    asked = [e for e in fork.log if e.type == "turnitin.awaiting_report"]
    assert [e.meta["cycle_id"] for e in asked] == [str(own.pk)]
    services.submit_report(fork.run, cycle_id=own.pk, observed_similarity=5.0)
    fork.drive()
    assert fork.run.status == RunStatus.SUCCEEDED
    cycle.refresh_from_db()
    ride.run.refresh_from_db()
    assert (cycle.status, ride.run.status) == ("awaiting_report", "waiting_human")
    stands_alone(fork.run)


def test_a_message_with_the_fork_is_taken_before_anything_else(alice: User) -> None:
    ride = Ride(alice).drive()
    for point in points(ride.run)[2:]:
        fork = ride.of(services.fork(ride.run, point, message="drop the conclusion")).drive()
        assert fork.run.status == RunStatus.SUCCEEDED, (point, fork.run.error)
        assert "Conclusion" not in fork.headings(), point
        assert len(fork.notes("message_taken")) == 1
        acted = [e.seq for e in fork.log if e.type == "step.started"]
        (taken,) = fork.notes("message_taken")
        assert not [seq for seq in acted if seq < taken.seq], point
        gapless(fork.run)


def test_a_fork_hears_its_own_messages_although_its_parent_heard_some(alice: User) -> None:
    ride = Ride(alice)
    services.tell(ride.run, "use APA")
    services.tell(ride.run, "drop the introduction")
    ride.drive()
    fork = ride.of(services.fork(ride.run, message="drop the conclusion")).drive()
    assert not {"Introduction", "Conclusion"} & set(fork.headings())
    assert [e.meta["number"] for e in fork.notes("message_taken")] == [1]


def test_a_fork_at_a_plan_that_waits_asks_for_itself(alice: User) -> None:
    ride = Ride(alice, approve_plan=True).drive()
    fork = ride.of(services.fork(ride.run)).drive()
    assert fork.run.status == RunStatus.WAITING_HUMAN
    services.resume(fork.run)
    fork.drive()
    ride.run.refresh_from_db()
    assert (fork.run.status, ride.run.status) == ("succeeded", "waiting_human")
