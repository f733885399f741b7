"""Which models do which work, as a person chose for themselves or staff for everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from autonomy.core.llm.catalogue import DEFAULT, DIALECTS, EMBEDDER, NONE, PROVIDERS, ROLES
from autonomy.core.llm.embeddings import SPEAKERS
from autonomy.core.llm.portfolio import Portfolio, chain, provider_of
from autonomy.models import ModelConnection, ModelPreference
from autonomy.runtime import reembedding
from autonomy.runtime.contention import transacted
from autonomy.runtime.couriers import ring_embedding
from autonomy.runtime.embedders import BUILT_IN
from autonomy.runtime.portfolios import portfolio_for
from autonomy.services.connections import BadField, OwnScope
from autonomy.services.errors import NotAllowed

CHAIN_MAX = 10
"""Models one role may fall back through."""
CHOICE_CHARS = 2_000
_MODEL = re.compile(r"[a-z][a-z0-9-]{0,30}:[^\s,]{1,180}")


@transacted
def choose_models(user: User, scope: OwnScope, roles: Mapping[str, str]) -> None:
    """Set the given roles' models, in order; an empty text takes the choice back. Roles that are
    not named stay as they are.

    Raises:
        BadField: an unknown role, or a text that is no list of models that are within reach.
        NotAllowed: only staff choose for everybody.
    """
    if scope == "deployment" and not user.is_staff:
        raise NotAllowed("Only staff choose models for everybody.")
    owner = user if scope == "user" else None
    portfolio = portfolio_for(user.pk, {}, offers=False)
    checked = _checked_all(roles, portfolio, scope, "roles")
    ModelPreference.objects.bulk_create([ModelPreference(owner=owner)], ignore_conflicts=True)
    row = ModelPreference.objects.select_for_update().get(owner=owner)
    row.roles = {role: text for role, text in (row.roles | checked).items() if text}
    row.save(update_fields=["roles", "updated_at"])
    if EMBEDDER in checked:
        reembedding.chosen_again(checked[EMBEDDER])
        transaction.on_commit(ring_embedding)


def check_choice(user: User, models: Mapping[str, str], field: str) -> None:
    """See that a run's own choice means something to its owner.

    Args:
        field: what the refusal calls the choice.

    Raises:
        BadField: as for `choose_models`.
    """
    if models:
        _checked_all(models, portfolio_for(user.pk, {}, offers=False), "user", field)


def without_gone(user: User, models: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """A choice that was made earlier, without the models whose connection is gone; and those."""
    if not models:
        return {}, ()
    portfolio = portfolio_for(user.pk, {}, offers=False)
    gone: dict[str, None] = {}
    kept = {}
    for role, text in models.items():
        names = chain(text)
        lost = [
            name
            for name in names
            if name.casefold() != NONE and not _known(name, portfolio, "user")
        ]
        gone |= dict.fromkeys(lost)
        if left := ", ".join(name for name in names if name not in lost):
            kept[role] = left
    return kept, tuple(gone)


def choices_of(user: User) -> dict[str, dict[str, str]]:
    """What the person and staff have chosen, as stored."""
    rows = {row.owner_id: row.roles for row in ModelPreference.objects.filter(owner=user)}
    everybody = ModelPreference.objects.filter(owner=None).first()
    return {
        "user": rows.get(user.pk, {}),
        "deployment": everybody.roles if everybody is not None else {},
    }


def models_within_reach(user: User) -> tuple[bool, bool]:
    """Whether some role has a model that is set up, and whether there is any connection to choose
    models of. Asks nobody: what is set up may still be down."""
    portfolio = portfolio_for(user.pk, {})
    connected = any(a.api_key or a.base_url for a in portfolio.access.values())
    return bool(portfolio.describe()["configured"]), connected


def _checked_all(
    roles: Mapping[str, str], portfolio: Portfolio, scope: OwnScope, field: str
) -> dict[str, str]:
    return {
        role: _checked(role, text, portfolio, scope, f"{field}.{role[:20]}")
        for role, text in roles.items()
    }


def _checked(role: str, text: str, portfolio: Portfolio, scope: OwnScope, field: str) -> str:
    if role == EMBEDDER:
        return _checked_embedder(text, portfolio, scope, field)
    if role not in (*ROLES, DEFAULT):
        raise BadField(field, f"Choose one of: {', '.join((DEFAULT, *ROLES))}.")
    if len(text) > CHOICE_CHARS:
        raise BadField(field, f"At most {CHOICE_CHARS:,} characters are allowed.")
    models = tuple(dict.fromkeys(chain(text)))
    if models == (NONE,):
        return NONE
    if len(models) > CHAIN_MAX:
        raise BadField(field, f"At most {CHAIN_MAX} models can follow each other.")
    for model in models:
        if not _MODEL.fullmatch(model) or not model.isprintable():
            raise BadField(
                field,
                f"“{model[:60]}” is not a model: write the connection, a colon and the model's "
                "name, such as openai:gpt-5-mini.",
            )
        if not _known(model, portfolio, scope):
            raise BadField(
                field,
                f"There is no connection “{provider_of(model)}”"
                + (" for everybody." if scope == "deployment" else ".")
                + " Add it first.",
            )
    return ", ".join(models)


def _checked_embedder(text: str, portfolio: Portfolio, scope: OwnScope, field: str) -> str:
    """The one model that search by meaning uses for everybody; `built-in` undoes the operator's."""
    model = text.strip()
    if scope != "deployment":
        raise BadField(field, "Passages of all people lie in one space: staff choose it for all.")
    if model in ("", BUILT_IN):
        return model
    if not _MODEL.fullmatch(model) or not model.isprintable():
        raise BadField(
            field,
            "Write the connection, a colon and the model's name, such as "
            f"openai:text-embedding-3-small; or {BUILT_IN}.",
        )
    access = portfolio.access_to(model)
    if access is not None and access.provider not in SPEAKERS:
        raise BadField(field, "This provider has no embeddings; choose an OpenAI-compatible one.")
    if not _known(model, portfolio, scope):
        raise BadField(
            field, f"There is no connection “{provider_of(model)}” for everybody. Add it first."
        )
    return model


def _known(model: str, portfolio: Portfolio, scope: OwnScope) -> bool:
    """Whether the prefix of `model` means something to whom the choice is for."""
    prefix = provider_of(model)
    if prefix in PROVIDERS or prefix in DIALECTS or prefix in portfolio.vouched:
        return True
    if scope == "user":
        return prefix in portfolio.access
    return ModelConnection.objects.filter(owner=None, slug=prefix).exists()
