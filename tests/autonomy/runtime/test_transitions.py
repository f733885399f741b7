"""Every arrow between the states of a run, and that there are no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from autonomy import services
from autonomy.core.types import LIMIT_REASONS, TERMINAL_STATUSES, RunStatus, StopReason
from autonomy.models import Episode, Job, Resume, Run
from autonomy.runtime import answers, controls, segment_ends
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.queue import Claim
from tests.locks import Aside

QUEUED, RUNNING = RunStatus.QUEUED, RunStatus.RUNNING
WAITING, PAUSED = RunStatus.WAITING_HUMAN, RunStatus.PAUSED
SUCCEEDED, FAILED, CANCELLED = RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED
EVERY = (QUEUED, RUNNING, WAITING, PAUSED, SUCCEEDED, FAILED, CANCELLED)
ASKED = [("i1", {"kind": "question"})]

At = Callable[[RunStatus], Run]
Segment = Callable[[], tuple[Run, Fence]]


@pytest.fixture
def segment(start: Callable[..., Run], claim: Callable[[], Claim]) -> Segment:
    """A run that is being driven, and the fence of whoever drives it."""

    def make() -> tuple[Run, Fence]:
        run = start()
        return run, claim().fence

    return make


@pytest.fixture
def at(start: Callable[..., Run], segment: Segment) -> At:
    """A run that came to a status by the usual way; it ended by a limit, where it did."""

    def make(status: RunStatus) -> Run:
        if status in (QUEUED, PAUSED, CANCELLED):
            run = start()
            if status is not QUEUED:
                (controls.pause if status is PAUSED else controls.cancel)(run.pk)
        else:
            run, fence = segment()
            if status is WAITING:
                segment_ends.wait_for_human(fence, ASKED)
            elif status is not RUNNING:
                segment_ends.finish(fence, status, StopReason.BUDGET_TOKENS, error="used up")
        assert now(run) is status
        return run

    return make


def now(run: Run) -> RunStatus:
    """The run's status, with which everything else about it must agree."""
    run.refresh_from_db()
    status = RunStatus(run.status)
    assert Job.objects.filter(run=run).exists() == (status is QUEUED)
    assert (run.owner_lock is not None) == (status is RUNNING)
    assert (run.finished_at is not None) == (status in TERMINAL_STATUSES)
    told = Episode.objects.filter(run=run).order_by("seq")
    assert [event.seq for event in told] == list(range(1, run.last_seq + 1))
    assert [event.meta["status"] for event in told if "status" in event.meta][-1] == status
    return status


@transaction.atomic
def wake(run_id: object) -> bool:
    return answers.wake(run_id)


def take_up(run_id: object) -> bool:
    return controls.take_up(run_id, {"tokens_limit": 9_000_000}, {})


BY_PEOPLE: dict[Callable[[object], bool], dict[RunStatus, RunStatus]] = {
    controls.pause: {QUEUED: PAUSED, WAITING: PAUSED},
    controls.resume: {PAUSED: QUEUED},
    controls.cancel: dict.fromkeys((QUEUED, RUNNING, WAITING, PAUSED), CANCELLED),
    controls.requeue: dict.fromkeys((FAILED, CANCELLED), QUEUED),
    take_up: dict.fromkeys((SUCCEEDED, FAILED), QUEUED),
    wake: {WAITING: QUEUED},
}
"""What each control makes of each status; whatever is not named stays as it is."""


@pytest.mark.parametrize("control", BY_PEOPLE, ids=lambda control: control.__name__)
@pytest.mark.parametrize("status", EVERY)
def test_a_control_does_what_the_table_says_and_nothing_else(
    at: At, control: Callable[[object], bool], status: RunStatus
) -> None:
    run, to = at(status), BY_PEOPLE[control].get(status)
    done = control(run.pk)
    assert now(run) is (to or status)
    if to is not None:
        assert done
        assert not control(run.pk) or now(run) is to, "the second time it changes nothing"


# ------------------------------------------------------------------------------ by the segment


def finish(fence: Fence) -> None:
    segment_ends.finish(fence, SUCCEEDED, StopReason.COMPLETED)


def fail(fence: Fence) -> None:
    segment_ends.finish(fence, FAILED, StopReason.POISONED, error="no use")


def give_back(fence: Fence) -> None:
    segment_ends.release(fence, "slice")


def ask(fence: Fence) -> None:
    segment_ends.wait_for_human(fence, ASKED)


def reclaim(fence: Fence) -> None:
    segment_ends.reclaim(fence.run_id, fence.number)


def retry(fence: Fence) -> None:
    segment_ends.retry(fence, "again")


BY_SEGMENT: dict[Callable[[Fence], Any], RunStatus] = {
    finish: SUCCEEDED,
    fail: FAILED,
    give_back: QUEUED,
    ask: WAITING,
    retry: QUEUED,
    reclaim: QUEUED,
    segment_ends.pause_at_boundary: RUNNING,  # nobody asked for it
}


@pytest.mark.parametrize("act", BY_SEGMENT, ids=lambda act: act.__name__)
def test_whoever_drives_a_run_moves_it_once(segment: Segment, act: Callable[[Fence], Any]) -> None:
    run, fence = segment()
    act(fence)
    assert now(run) is BY_SEGMENT[act]
    seq = run.last_seq
    if act is segment_ends.pause_at_boundary:
        return
    if act in (retry, reclaim):
        act(fence)
    else:
        with pytest.raises(FencedOut):
            act(fence)
    assert now(run) is BY_SEGMENT[act]
    assert run.last_seq == seq


@pytest.mark.parametrize("act", BY_SEGMENT, ids=lambda act: act.__name__)
def test_whoever_lost_a_run_to_another_moves_nothing(
    segment: Segment, claim: Callable[[], Claim], act: Callable[[Fence], Any]
) -> None:
    run, stale = segment()
    segment_ends.reclaim(run.pk, stale.number)
    claim()
    controls.pause(run.pk)
    assert now(run) is RUNNING
    seq = run.last_seq
    if act in (finish, fail, give_back, ask):
        with pytest.raises(FencedOut):
            act(stale)
    else:
        act(stale)
    assert now(run) is RUNNING
    assert run.last_seq == seq


@pytest.mark.parametrize(
    "given_back",
    [
        lambda fence: segment_ends.release(fence, "drain"),
        lambda fence: segment_ends.retry(fence, "The disk was full."),
        lambda fence: segment_ends.wait_for_human(fence, ASKED),
    ],
    ids=["released", "tried again", "waits for somebody"],
)
def test_a_pause_that_comes_while_a_worker_gives_the_run_back_is_taken(
    segment: Segment, given_back: Callable[[Fence], object]
) -> None:
    run, fence = segment()
    with transaction.atomic():
        given_back(fence)
        pause = Aside(lambda: services.pause(run))
        assert pause.waits()
    pause.end()
    assert now(run) is PAUSED


def test_a_pause_that_was_asked_for_happens_at_the_boundary_once(segment: Segment) -> None:
    run, fence = segment()
    assert controls.pause(run.pk)
    assert now(run) is RUNNING
    assert segment_ends.pause_at_boundary(fence)
    assert now(run) is PAUSED
    assert run.requested == ""
    assert not segment_ends.pause_at_boundary(fence)


def test_a_pause_that_was_taken_back_does_not_happen(segment: Segment) -> None:
    run, fence = segment()
    controls.pause(run.pk)
    assert controls.resume(run.pk)
    assert not segment_ends.pause_at_boundary(fence)
    assert now(run) is RUNNING


def test_a_run_paused_while_it_waited_for_somebody_waits_again(at: At) -> None:
    run = at(WAITING)
    controls.pause(run.pk)
    assert now(run) is PAUSED
    assert controls.resume(run.pk)
    assert now(run) is WAITING


def test_a_run_whose_question_was_answered_while_it_was_paused_goes_on(at: At) -> None:
    run = at(WAITING)
    controls.pause(run.pk)
    assert answers.store_answer(run, "i1", "yes")
    assert controls.resume(run.pk)
    assert now(run) is QUEUED


def test_the_first_answer_stays(at: At) -> None:
    run = at(WAITING)
    assert answers.store_answer(run, "i1", "yes")
    assert not answers.store_answer(run, "i1", "no")
    assert Resume.objects.get().value == "yes"


def test_a_question_that_was_answered_before_it_was_asked_is_not_waited_for(
    segment: Segment,
) -> None:
    run, fence = segment()
    answers.store_answer(run, "i1", "yes")
    segment_ends.wait_for_human(fence, ASKED)
    assert now(run) is QUEUED


def test_what_was_said_at_the_last_moment_is_heard_before_the_end(segment: Segment) -> None:
    run, fence = segment()
    services.tell(run, "Shorter, please")
    finish(fence)
    assert now(run) is QUEUED
    assert Job.objects.get().reason == "told"


def test_a_checkpoint_that_fails_again_and_again_by_its_own_fault_ends_the_run(
    segment: Segment, claim: Callable[[], Claim]
) -> None:
    run, fence = segment()
    for _ in range(segment_ends.MAX_FAULTS - 1):
        assert segment_ends.retry(fence, "no use")
        assert now(run) is QUEUED
        Job.objects.update(available_at=run.created_at)
        fence = claim().fence
    assert not segment_ends.retry(fence, "no use")
    assert now(run) is FAILED
    assert (run.stop_reason, run.error) == (StopReason.POISONED, "no use")


def test_a_run_is_not_blamed_for_deaths_that_others_may_have_caused(
    segment: Segment, claim: Callable[[], Claim]
) -> None:
    run, fence = segment()
    for _ in range(segment_ends.MAX_CLAIMS - 1):
        assert segment_ends.reclaim(run.pk, fence.number)
        assert now(run) is QUEUED
        fence = claim().fence
    assert not segment_ends.reclaim(run.pk, fence.number), "not for ever, though"
    assert now(run) is FAILED


@pytest.mark.parametrize("reason", sorted(LIMIT_REASONS))
def test_a_draft_cut_off_by_a_limit_is_not_called_ready(
    start: Callable[..., Run], claim: Callable[[], Claim], reason: StopReason
) -> None:
    run = start()
    segment_ends.finish(claim().fence, RunStatus.SUCCEEDED, reason, note="Its time was used up.")
    told = Episode.objects.get(run=run, type="run.finished")
    assert told.content == "The draft is kept, unfinished. Its time was used up."


def test_the_log_says_that_a_worker_stopped(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    assert segment_ends.reclaim(run.pk, claim().fence.number)
    told = Episode.objects.get(run=run, type="retry")
    assert told.content == "A worker stopped; another goes on from the last saved step."
