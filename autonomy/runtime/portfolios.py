"""Whose models a run works with: stored connections and choices over those of the environment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import Q

from autonomy.core.llm.portfolio import (
    Access,
    OfferedModel,
    Portfolio,
    Scope,
    chain,
    name_of,
    provider_of,
)
from autonomy.models import ModelConnection, ModelPreference
from autonomy.runtime.credentials import unseal
from handywriterz.env import env


def portfolio_for(
    owner_id: int, overrides: Mapping[str, str], *, offers: bool = False
) -> Portfolio:
    """The portfolio of a run of this person, as things stand now: each segment asks anew.

    Args:
        overrides: the run's own choice, role (or `default`) to a list of model strings.
        offers: keep all that each connection was found to offer, for people to choose from, and
            not only what is known of the models that are chosen.
    """
    mine = Q(owner_id=owner_id) | Q(owner_id=None)
    stored = list(ModelConnection.objects.filter(mine))
    preferences = {
        row.owner_id: row.roles for row in ModelPreference.objects.filter(mine) if row.roles
    }
    choices = [overrides, preferences.get(owner_id, {}), preferences.get(None, {})]
    named: set[str] | None = None
    if not offers:
        named = {name for choice in choices for text in choice.values() for name in chain(text)}
    private = bool(stored) and may_use_private(owner_id)
    return Portfolio.assemble(
        env(),
        connections=[access_of(row, private=private, named=named) for row in stored],
        choices=choices,
    )


def may_use_private(owner_id: int) -> bool:
    """Whether this person's own connections may lead to this machine and to private networks."""
    match env().model_private_addresses:
        case "everyone":
            return True
        case "nobody":
            return False
        case _:
            return User.objects.filter(pk=owner_id, is_staff=True, is_active=True).exists()


def access_of(
    row: ModelConnection, *, private: bool, named: Collection[str] | None = None
) -> Access:
    """A stored connection as the gateway takes it.

    One whose key cannot be opened any more is kept, with nothing to reach it by: its models are
    then reported as unavailable, and do not silently become those of another with the same slug.

    Args:
        private: whether its owner may use private addresses; the deployment's always may.
        named: model strings to keep the facts of; None keeps all.
    """
    key = unseal(row.secret, row.pk)
    locked = bool(row.secret) and key is None
    scope: Scope = "deployment" if row.owner_id is None else "user"
    return Access(
        provider=row.provider,
        api_key=key,
        base_url=None if locked else row.base_url or None,
        slug=row.slug,
        scope=scope,
        simulated=row.simulated,
        offered=tuple(
            model
            for model in offered(row.offered)
            if named is None or any(_means(text, row.slug, model.id) for text in named)
        ),
        private_addresses=scope == "deployment" or private,
    )


def _means(text: str, slug: str, name: str) -> bool:
    return provider_of(text) == slug and name_of(text) == name


_FIELDS = frozenset(field.name for field in fields(OfferedModel))


def offered(stored: Any) -> tuple[OfferedModel, ...]:
    """What the column `offered` holds, as it is used; unknown keys of a later version are left."""
    rows = stored if isinstance(stored, list) else []
    return tuple(
        OfferedModel(**cast(dict[str, Any], {k: v for k, v in row.items() if k in _FIELDS}))
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("id"), str)
    )
