"""A message to a run is taken exactly once, whatever happens meanwhile."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from autonomy import services
from autonomy.core.types import RunStatus, StopReason
from autonomy.models import RunMessage
from tests.autonomy.services.ride import Ride, gapless

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("threads")


def test_a_message_to_a_queued_run_shapes_its_plan(alice: User) -> None:
    ride = Ride(alice)
    told = services.tell(ride.run, "drop the conclusion")
    assert (told.number, told.taken_at) == (1, None)

    ride.drive()

    assert ride.run.status == RunStatus.SUCCEEDED, ride.run.error
    assert "Conclusion" not in ride.headings()
    told.refresh_from_db()
    assert told.taken_at is not None
    (said,), (taken,) = ride.notes("message"), ride.notes("message_taken")
    assert (said.content, said.meta["number"]) == ("drop the conclusion", 1)
    assert taken.meta["number"] == 1
    gapless(ride.run)


def test_a_message_in_the_middle_is_taken_before_the_next_steps(alice: User) -> None:
    ride = Ride(alice)
    ride.hooks[3] = lambda: services.tell(ride.run, "Add a section on seaweed") and None

    ride.drive()

    assert "Seaweed" in ride.headings()
    assert len(ride.notes("message_taken")) == 1


def test_a_message_that_comes_while_the_last_verdict_is_made_keeps_the_run_going(
    alice: User,
) -> None:
    ride = Ride(alice)
    spoken: list[int] = []

    class Late:
        """Speaks up in the middle of the last `reflect`, after it has listened."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        async def bind_citations(self, artifact_id: str, checks: Any) -> None:
            from autonomy.runtime.db import run_db

            await self.inner.bind_citations(artifact_id, checks)
            if not spoken:
                spoken.append(1)
                await run_db(services.tell, ride.run, "drop the conclusion")

    ride.change = lambda deps: dataclasses.replace(deps, artifacts=Late(deps.artifacts))
    ride.drive()

    assert ride.run.status == RunStatus.SUCCEEDED
    assert "Conclusion" not in ride.headings()
    assert len([e for e in ride.log if e.type == "run.finished"]) == 1
    assert len(ride.notes("message_taken")) == 1
    gapless(ride.run)


def test_a_crash_after_a_message_was_read_does_not_lose_or_repeat_it(alice: User) -> None:
    ride = Ride(alice)
    ride.hooks[3] = lambda: services.tell(ride.run, "Use APA style") and None
    crashes: list[int] = []

    class Brittle:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        async def after(self, number: int) -> Any:
            found = await self.inner.after(number)
            if found and len(crashes) < 2:
                crashes.append(1)
                raise RuntimeError("the process dies here")
            return found

    ride.change = lambda deps: dataclasses.replace(deps, messages=Brittle(deps.messages))
    ride.drive()

    assert len(crashes) == 2
    assert ride.run.status == RunStatus.SUCCEEDED
    assert len(ride.notes("message_taken")) == 1
    newest = ride.run.artifacts.filter(kind="document").latest("version")
    assert newest.body["style"] == "apa"


def test_a_paused_run_takes_the_message_before_anything_else(alice: User) -> None:
    ride = Ride(alice, approve_plan=True).drive()
    services.resume(ride.run)  # agreed: the searches are next
    services.pause(ride.run)
    services.tell(ride.run, "drop the conclusion")
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.PAUSED
    services.resume(ride.run)

    ride.drive()

    assert "Conclusion" not in ride.headings()
    assert len(ride.notes("message_taken")) == 1
    gapless(ride.run)


def test_what_no_rule_can_read_is_answered_honestly(alice: User) -> None:
    ride = Ride(alice)
    services.tell(ride.run, "Make it sing.")
    ride.drive()

    (taken,) = ride.notes("message_taken")
    assert "without a language model" in taken.content
    assert ride.run.stop_reason == StopReason.COMPLETED


def test_an_ended_run_says_where_to_turn(alice: User) -> None:
    ride = Ride(alice)
    services.cancel(ride.run)
    with pytest.raises(services.Conflict) as refused:
        services.tell(ride.run, "one more thing")
    assert refused.value.code == "run_cancelled"
    assert "new message" in refused.value.detail
    assert not RunMessage.objects.exists()
    gapless(ride.run)


@pytest.mark.parametrize("text", ["", "  \n", "?!", "x" * 20_001])
def test_what_is_no_message_is_refused(alice: User, text: str) -> None:
    ride = Ride(alice)
    with pytest.raises(services.Invalid):
        services.tell(ride.run, text)
    assert not RunMessage.objects.exists()


def test_messages_that_come_at_once_are_numbered_without_a_gap(alice: User) -> None:
    ride = Ride(alice)

    def say(n: int) -> int:
        try:
            return services.tell(ride.run, f"focus on subject {n}").number
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(say, range(20)))
    assert sorted(numbers) == list(range(1, 21))
    ride.drive()
    assert [e.meta["number"] for e in ride.notes("message_taken")] == list(range(1, 21))
    gapless(ride.run)
