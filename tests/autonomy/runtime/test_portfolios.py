"""Whose models a run works with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from pydantic import SecretStr

from autonomy.core.llm.facts import facts
from autonomy.models import ModelConnection, ModelPreference
from autonomy.models.fields import new_id
from autonomy.runtime import portfolios
from autonomy.runtime.credentials import seal
from autonomy.runtime.portfolios import portfolio_for
from handywriterz.env import Env

pytestmark = pytest.mark.django_db


def connect(owner: User | None, slug: str, key: str = "sk-x", **fields: Any) -> ModelConnection:
    row = ModelConnection(id=new_id(), owner=owner, slug=slug, provider="compatible", **fields)
    row.base_url = row.base_url or f"https://{slug}.example/v1"
    row.secret = seal(SecretStr(key), row.pk)
    row.save()
    return row


@pytest.fixture
def private_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def set_to(whose: str) -> None:
        made = Env().model_copy(update={"model_private_addresses": whose})
        monkeypatch.setattr(portfolios, "env", lambda: made)

    return set_to


def test_a_person_comes_before_the_deployment_and_nobody_else_counts(
    alice: User, bob: User
) -> None:
    connect(None, "lab", "sk-deployment")
    connect(bob, "lab", "sk-bob")
    connect(bob, "bobs", "sk-bob")
    portfolio = portfolio_for(alice.pk, {"default": "lab:m"})
    assert "bobs" not in portfolio.access
    access = portfolio.access_to("lab:m")
    assert access is not None
    assert access.api_key is not None
    assert access.api_key.get_secret_value() == "sk-deployment"
    connect(alice, "lab", "sk-alice")
    access = portfolio_for(alice.pk, {}).access_to("lab:m")
    assert access is not None
    assert access.api_key is not None
    assert access.api_key.get_secret_value() == "sk-alice"


def test_choices_of_the_run_the_person_and_the_deployment_in_this_order(alice: User) -> None:
    ModelPreference.objects.create(owner=None, roles={"default": "lab:d", "critic": "lab:dc"})
    ModelPreference.objects.create(owner=alice, roles={"writer": "lab:a"})
    portfolio = portfolio_for(alice.pk, {"planner": "lab:r"})
    assert portfolio.chain_for("planner") == ("lab:r",)
    assert portfolio.chain_for("writer") == ("lab:a",)
    assert portfolio.chain_for("critic") == ("lab:dc",)
    assert portfolio.chain_for("debugger") == ("lab:d",)
    assert [portfolio.chosen_by(role) for role in ("planner", "writer", "critic")] == [
        "run",
        "user",
        "deployment",
    ]


def test_a_locked_connection_does_not_turn_into_another_of_its_name(alice: User) -> None:
    connect(None, "lab")
    locked = connect(alice, "lab")
    ModelConnection.objects.filter(pk=locked.pk).update(secret=b"sealed elsewhere")
    portfolio = portfolio_for(alice.pk, {"default": "lab:m"})
    assert not portfolio.configured("lab:m")


def test_ciphertexts_swapped_in_the_database_open_for_nobody(alice: User, bob: User) -> None:
    hers, his = connect(alice, "lab", "sk-alice"), connect(bob, "lab", "sk-bob")
    ModelConnection.objects.filter(pk=his.pk).update(secret=hers.secret)
    access = portfolio_for(bob.pk, {}).access_to("lab:m")
    assert access is not None
    assert access.api_key is None
    assert not access.reachable


@pytest.mark.parametrize(
    ("whose", "person", "staff_person"),
    [("everyone", True, True), ("staff", False, True), ("nobody", False, False)],
)
def test_private_addresses_are_for_whom_the_setting_says(
    whose: str,
    person: bool,
    staff_person: bool,
    private_for: Callable[[str], None],
    alice: User,
    staff: User,
) -> None:
    private_for(whose)
    for owner, expected in ((alice, person), (staff, staff_person)):
        connect(owner, "lab")
        access = portfolio_for(owner.pk, {}).access_to("lab:m")
        assert access is not None
        assert access.private_addresses is expected


def test_the_deployments_connections_may_always_use_them(
    private_for: Callable[[str], None], alice: User
) -> None:
    private_for("nobody")
    connect(None, "lab")
    access = portfolio_for(alice.pk, {}).access_to("lab:m")
    assert access is not None
    assert access.private_addresses


def test_a_run_carries_what_is_known_of_its_own_models_only(alice: User) -> None:
    offered = [{"id": "m", "context_tokens": 8_192, "of_a_later_version": 1}, {"id": "other"}, "?"]
    connect(alice, "lab", offered=offered)
    access = portfolio_for(alice.pk, {"writer": "lab:m"}).access_to("lab:m")
    assert access is not None
    assert [(m.id, m.context_tokens) for m in access.offered] == [("m", 8_192)]
    everything = portfolio_for(alice.pk, {}, offers=True).access_to("lab:m")
    assert everything is not None
    assert [m.id for m in everything.offered] == ["m", "other"]


@pytest.mark.parametrize("prefix", ["openai", "openai-chat", "openai-responses"])
@pytest.mark.parametrize("chosen_in_the_environment", [True, False])
def test_what_is_known_of_a_model_stays_however_it_was_chosen(
    prefix: str,
    chosen_in_the_environment: bool,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect(alice, "openai", offered=[{"id": "m", "context_tokens": 8_192}, {"id": "other"}])
    model = f"{prefix}:m"
    made = Env().model_copy(
        update={"handywriterz_model": model if chosen_in_the_environment else None}
    )
    monkeypatch.setattr(portfolios, "env", lambda: made)
    overrides = {} if chosen_in_the_environment else {"default": model}

    access = portfolio_for(alice.pk, overrides).access_to(model)

    assert facts(model, access).context_tokens == 8_192
    assert access is not None
    assert [offered.id for offered in access.offered] == ["m"]


def test_nothing_of_a_portfolio_shows_a_key(alice: User) -> None:
    connect(alice, "lab", "sk-marker")
    portfolio = portfolio_for(alice.pk, {"default": "lab:m"})
    assert "sk-marker" not in f"{portfolio!r} {portfolio.describe()} {portfolio.access['lab']}"
