"""Cancelling a run whose model call is under way: at once, for the person, the provider and the
books."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from autonomy import services
from autonomy.core.llm import Gateway, Portfolio
from autonomy.core.llm.portfolio import Access
from autonomy.core.ports import Deps
from autonomy.core.types import RunStatus
from autonomy.models import BudgetEntry, Episode
from autonomy.runtime.budgets_ledger import RunLedger
from autonomy.runtime.context import Segment
from autonomy.runtime.effects import RunEffects
from autonomy.runtime.engine import Engine
from autonomy.runtime.runner import Runner
from tests.autonomy.runtime.conftest import _no_broker, threads
from tests.autonomy.services.ride import Ride, gapless
from tests.patience import patience
from tests.providers.fixtures import openai_server
from tests.providers.openai_server import Behaviour, OpenAIServer

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["_no_broker", "openai_server", "threads"]
pytestmark = pytest.mark.usefixtures("threads")


@pytest.fixture
def ride(alice: User, openai_server: OpenAIServer) -> Iterator[Ride]:
    """A run that an engine of this process drives, with a model that never answers."""
    ride = Ride(alice)
    openai_server.behaviour = Behaviour(delay=120.0)
    base = ride.deps

    def deps(segment: Segment) -> Deps:
        made = base(segment)
        ledger = RunLedger(segment.claim.fence)
        effects = RunEffects(segment.claim.fence)
        portfolio = Portfolio(
            models=dict.fromkeys(("planner", "writer", "critic"), ("openai:simulated",)),
            access={"openai": Access("openai", None, openai_server.base_url)},
        )
        models = Gateway(
            portfolio=portfolio,
            ledger=ledger,
            effects=effects,
            on_event=made.events.emit,
            seconds_left=ledger.seconds_left,
        )
        return dataclasses.replace(made, models=models, effects=effects, budget=ledger)

    engine = Engine(Runner(deps=deps))
    engine.start()
    yield ride
    engine.stop(seconds=5)


def test_a_cancel_closes_the_provider_s_socket_and_the_books_within_a_second(
    ride: Ride, openai_server: OpenAIServer
) -> None:
    assert openai_server.arrived.wait(30), "the planner has asked its model"
    began = time.monotonic()
    services.cancel(ride.run)
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.CANCELLED
    assert openai_server.hung_up.wait(20), "the provider is still being waited for"
    took = time.monotonic() - began
    assert took < patience(1.0), f"{took:.2f} s"

    ride.run.refresh_from_db()
    assert (ride.run.tokens_reserved, ride.run.usd_reserved) == (0, 0)
    assert not BudgetEntry.objects.filter(run=ride.run, settled_at__isnull=True).exists()
    assert ride.run.tokens_spent > 0, "what the provider may charge is booked"
    gapless(ride.run)


def test_nothing_is_logged_after_the_end_and_a_second_cancel_says_nothing(
    ride: Ride, openai_server: OpenAIServer
) -> None:
    assert openai_server.arrived.wait(30)
    services.cancel(ride.run)
    assert openai_server.hung_up.wait(20)
    services.cancel(ride.run)
    with pytest.raises(services.Conflict):
        services.tell(ride.run, "wait, one more thing")
    newest = Episode.objects.filter(run=ride.run).order_by("seq").last()
    assert newest is not None
    assert newest.type == "run.finished"
    gapless(ride.run)
