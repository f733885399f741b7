"""What a person changes about models counts from the run's next segment on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pydantic import SecretStr

from autonomy import services
from autonomy.core.ports import Deps
from autonomy.core.types import RunStatus
from autonomy.models import ModelConnection
from autonomy.runtime import portfolios
from autonomy.runtime.context import Segment, build_deps
from autonomy.services import Wanted
from handywriterz.env import Env
from tests.autonomy.services.ride import Ride
from tests.providers.simulator import Simulator


class ModelRide(Ride):
    """A ride with the models that the person has."""

    def deps(self, segment: Segment) -> Deps:
        return dataclasses.replace(super().deps(segment), models=build_deps(segment).models)


@pytest.fixture
def provider() -> Iterator[Simulator]:
    with Simulator().on_a_thread() as started:
        yield started


def connect(owner: User, slug: str, provider: Simulator) -> ModelConnection:
    wanted = Wanted("compatible", slug=slug, base_url=provider.base_url)
    return services.create_tested(owner, wanted)


def planned(owner: User) -> ModelRide:
    ride = ModelRide(owner, approve_plan=True)
    ride.drive()
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.WAITING_HUMAN
    return ride


def test_a_run_falls_to_its_next_choice_when_a_connection_is_removed(
    threads: None, staff: User, provider: Simulator
) -> None:
    with Simulator().on_a_thread() as other:
        first = connect(staff, "first", provider)
        connect(staff, "second", other)
        services.choose_models(staff, "user", {"default": "first:simulated, second:simulated"})
        ride = planned(staff)
        assert provider.requests
        assert not other.requests
        services.remove_connection(first)
        services.resume(ride.run, by=staff)
        before = len(provider.requests)
        ride.drive()
        ride.run.refresh_from_db()
        assert ride.run.status == RunStatus.SUCCEEDED, ride.run.stop_reason
        assert len(provider.requests) == before
        assert other.requests


def test_a_run_without_any_connection_left_is_finished_by_rules_and_says_why(
    threads: None, staff: User, provider: Simulator
) -> None:
    row = connect(staff, "only", provider)
    services.choose_models(staff, "user", {"default": "only:simulated"})
    ride = planned(staff)
    services.remove_connection(row)
    services.resume(ride.run, by=staff)
    before = len(provider.requests)
    ride.drive()
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.SUCCEEDED, ride.run.stop_reason
    assert len(provider.requests) == before
    assert [event for event in ride.log if "not set up" in event.content]


def test_a_choice_of_rules_counts_from_the_next_segment(
    threads: None, staff: User, provider: Simulator
) -> None:
    connect(staff, "only", provider)
    services.choose_models(staff, "user", {"default": "only:simulated"})
    ride = planned(staff)
    services.choose_models(staff, "user", {"default": "none"})
    services.resume(ride.run, by=staff)
    before = len(provider.requests)
    ride.drive()
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.SUCCEEDED
    assert len(provider.requests) == before


def test_rules_only_calls_nobody_although_the_deployment_has_a_key(
    threads: None, alice: User, provider: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Env().model_copy(
        update={
            "openai_api_key": SecretStr("sk-deployment"),
            "openai_base_url": provider.base_url,
            "handywriterz_model": "openai:simulated",
        }
    )
    monkeypatch.setattr(portfolios, "env", lambda: deployment)
    services.choose_models(alice, "user", {"default": "none"})
    ride = ModelRide(alice)
    ride.drive()
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.SUCCEEDED, ride.run.stop_reason
    assert provider.requests == []
    document = ride.run.artifacts.filter(kind="document").get()
    assert "because Rules only was chosen." in document.body["notice"]


def test_a_run_of_somebody_who_may_not_reach_this_machine_does_not_reach_it(
    threads: None, alice: User, provider: Simulator
) -> None:
    connect(alice, "lab", provider)
    services.choose_models(alice, "user", {"default": "lab:simulated"})
    ride = ModelRide(alice)
    ride.drive()
    ride.run.refresh_from_db()
    assert ride.run.status == RunStatus.SUCCEEDED, ride.run.stop_reason
    assert provider.requests == []
    assert ride.run.tokens_spent == 0
    assert [event for event in ride.log if "may not be called" in event.content]
