"""Any two controls at once leave a run in a legal state with a log without gaps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from autonomy import services
from autonomy.core.types import PlanEdit, RunStatus
from autonomy.models import Episode, Job, Resume, Run, RunMessage
from autonomy.runtime import queue, segment_ends
from autonomy.runtime.retention import prune_run
from autonomy.runtime.transitions import LIVE
from tests.autonomy.services.ride import Ride, gapless

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("threads")


def edit_of(run: Run, *, approve: bool = False) -> PlanEdit:
    steps = [
        {"id": s["id"], "title": s["input"]["heading"]}
        for s in (run.plan or {"steps": []})["steps"]
        if s["kind"] == "write"
    ]
    version = (run.plan or {"version": 0})["version"]
    wanted = {"version": version, "steps": steps[1:] or [{"title": "A"}], "approve": approve}
    return PlanEdit.model_validate(wanted)


Control = Callable[[Run], Any]
CONTROLS: dict[str, Control] = {
    "pause": services.pause,
    "resume": services.resume,
    "cancel": services.cancel,
    "requeue": services.requeue,
    "tell": lambda run: services.tell(run, "drop the conclusion"),
    "edit": lambda run: services.edit_plan(run, edit_of(run)),
    "approve": lambda run: services.edit_plan(run, edit_of(run, approve=True)),
    "budget": lambda run: services.set_budget(run, tokens=300_000),
    "fork": services.fork,
}


def at_once(run: Run, *names: str) -> list[object]:
    """Ask all of them in the same moment; what each came to."""
    barrier = threading.Barrier(len(names))

    def ask(name: str) -> object:
        try:
            mine = Run.objects.get(pk=run.pk)
            barrier.wait(timeout=10)
            CONTROLS[name](mine)
        except services.ServiceError as refusal:
            return refusal
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(ask, names))


def legal(run: Run) -> None:
    gapless(run)
    run.refresh_from_db()
    assert Job.objects.filter(run=run).exists() == (run.status == RunStatus.QUEUED)
    assert (run.finished_at is None) == (run.status in LIVE)
    finished = Episode.objects.filter(run=run, type="run.finished").count()
    resumed = Episode.objects.filter(run=run, type="run.resumed").count()
    assert finished <= 1 + resumed
    told = list(RunMessage.objects.filter(run=run).order_by("number"))
    assert [m.number for m in told] == list(range(1, len(told) + 1))


PAIRS = list(combinations_with_replacement(CONTROLS, 2))


def test_every_pair_on_a_queued_run(alice: User) -> None:
    for pair in PAIRS:
        ride = Ride(alice)
        outcomes = at_once(ride.run, *pair)
        assert not [
            o for o in outcomes if o is not None and not isinstance(o, services.ServiceError)
        ]
        legal(ride.run)
        ride.run.refresh_from_db()
        if ride.run.status in LIVE:
            services.cancel(ride.run)
        legal(ride.run)


def test_every_pair_on_a_running_run(alice: User) -> None:
    for pair in PAIRS:
        ride = Ride(alice)
        Job.objects.exclude(run=ride.run).delete()
        taken = queue.claim(1)
        assert taken is not None
        assert taken.fence.run_id == str(ride.run.pk)
        at_once(ride.run, *pair)
        legal(ride.run)
        ride.run.refresh_from_db()
        if "cancel" in pair and "requeue" not in pair:
            assert ride.run.status == RunStatus.CANCELLED
        if ride.run.status in LIVE:
            services.cancel(ride.run)
        for fork in ride.run.forks.all():
            services.cancel(fork)


def test_every_pair_on_a_run_that_asks_about_its_plan(alice: User) -> None:
    first = Ride(alice, approve_plan=True).drive()
    for pair in PAIRS:
        ride = first.of(services.fork(first.run))
        ride.drive()
        assert ride.run.status == RunStatus.WAITING_HUMAN
        at_once(ride.run, *pair)
        legal(ride.run)
        assert Resume.objects.filter(run=ride.run).count() <= 1
        ride.run.refresh_from_db()
        if ride.run.status in LIVE:
            services.cancel(ride.run)
        for fork in ride.run.forks.all():
            services.cancel(fork)


@pytest.mark.parametrize("pair", [("edit", "approve"), ("approve", "resume"), ("edit", "tell")])
def test_of_two_answers_to_a_plan_one_holds_and_the_run_can_be_finished(
    alice: User, pair: tuple[str, str]
) -> None:
    ride = Ride(alice, approve_plan=True).drive()
    at_once(ride.run, *pair)
    for _ in range(4):
        ride.drive()
        if ride.run.status != RunStatus.WAITING_HUMAN:
            break
        services.resume(ride.run)
    assert ride.run.status == RunStatus.SUCCEEDED, ride.run.error
    assert Episode.objects.filter(run=ride.run, type="plan.updated").exists()
    legal(ride.run)


def test_many_cancels_are_one_ending(alice: User) -> None:
    ride = Ride(alice)
    outcomes = at_once(ride.run, *["cancel"] * 8)
    assert outcomes == [None] * 8
    assert Episode.objects.filter(run=ride.run, type="run.finished").count() == 1
    legal(ride.run)


def test_a_report_and_a_fork_at_once_leave_both_runs_whole(alice: User) -> None:
    ride = Ride(alice, target_similarity=15.0).drive()
    cycle = ride.run.turnitin_cycles.get()
    barrier = threading.Barrier(2)

    def answer() -> None:
        barrier.wait(timeout=10)
        services.submit_report(ride.run, cycle_id=cycle.pk, observed_similarity=4.0)
        connection.close()

    def branch() -> Run:
        barrier.wait(timeout=10)
        made = services.fork(ride.run)
        connection.close()
        return made

    with ThreadPoolExecutor(2) as pool:
        answered, made = pool.submit(answer), pool.submit(branch)
        answered.result()
        fork = ride.of(made.result())
    Job.objects.filter(run=fork.run).delete()
    Run.objects.filter(pk=fork.run.pk).update(status=RunStatus.PAUSED)
    ride.drive()
    assert ride.run.status == RunStatus.SUCCEEDED
    services.resume(fork.run)
    fork.drive()
    assert fork.run.status == RunStatus.WAITING_HUMAN
    legal(fork.run)


def test_many_forks_of_one_run_succeed_while_workers_claim(alice: User) -> None:
    ride = Ride(alice).drive()
    enough = threading.Event()
    barrier = threading.Barrier(10)

    def branch(_: int) -> list[Run]:
        try:
            barrier.wait(timeout=10)
            return [services.fork(ride.run) for _ in range(3)]
        finally:
            connection.close()

    def take(_: int) -> list[str]:
        taken = []
        try:
            barrier.wait(timeout=10)
            while not enough.is_set():
                for found in queue.claim_many(1, 2):
                    taken.append(found.fence.run_id)
                    segment_ends.release(found.fence, "slice")
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        claims = [pool.submit(take, number) for number in range(2)]
        forks = [pool.submit(branch, number) for number in range(8)]
        try:
            made = [run for each in forks for run in each.result()]
        finally:
            enough.set()
        taken = [run_id for each in claims for run_id in each.result()]
    assert len({run.pk for run in made}) == 24
    assert taken
    for run in made:
        legal(run)


def test_a_run_that_is_forked_is_not_cut_meanwhile(alice: User) -> None:
    ride = Ride(alice).drive()
    barrier = threading.Barrier(2)

    def branch() -> Run:
        try:
            barrier.wait(timeout=10)
            return services.fork(ride.run)
        finally:
            connection.close()

    def cut() -> None:
        try:
            barrier.wait(timeout=10)
            prune_run(ride.run.pk)
        finally:
            connection.close()

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            made, cutting = pool.submit(branch), pool.submit(cut)
            cutting.result()
            fork = ride.of(made.result()).drive()
        assert fork.run.status == RunStatus.SUCCEEDED, fork.run.error
        legal(fork.run)
