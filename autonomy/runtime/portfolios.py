"""Whose models a run works with: stored connections and choices over those of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import Q

from autonomy.core.llm.portfolio import Access, OfferedModel, Portfolio, Scope, name_of
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
    private = bool(stored) and may_use_private(owner_id)
    portfolio = Portfolio.assemble(
        env(), connections=[access_of(row, private=private) for row in stored], choices=choices
    )
    return portfolio if offers else _of_those_chosen(portfolio)


def _of_those_chosen(portfolio: Portfolio) -> Portfolio:
    """`portfolio` with what is known of the models that it calls, however they came to be chosen:
    a server may offer thousands."""
    wanted: dict[Access, set[str]] = {}
    for model in {model for models in portfolio.models.values() for model in models}:
        if (access := portfolio.access_to(model)) is not None:
            wanted.setdefault(access, set()).add(name_of(model))
    return replace(
        portfolio,
        access={
            prefix: replace(
                access,
                offered=tuple(o for o in access.offered if o.id in wanted.get(access, ())),
            )
            for prefix, access in portfolio.access.items()
        },
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


def access_of(row: ModelConnection, *, private: bool) -> Access:
    """A stored connection as the gateway takes it.

    One whose key cannot be opened any more is kept, with nothing to reach it by: its models are
    then reported as unavailable, and do not silently become those of another with the same slug.

    Args:
        private: whether its owner may use private addresses; the deployment's always may.
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
        offered=offered(row.offered),
        private_addresses=scope == "deployment" or private,
    )


_FIELDS = frozenset(field.name for field in fields(OfferedModel))


def offered(stored: Any) -> tuple[OfferedModel, ...]:
    """What the column `offered` holds, as it is used; unknown keys of a later version are left."""
    rows = stored if isinstance(stored, list) else []
    return tuple(
        OfferedModel(**cast(dict[str, Any], {k: v for k, v in row.items() if k in _FIELDS}))
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("id"), str)
    )
