"""What models there are for a person, which do what, and why something cannot be used just now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Literal
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q

from autonomy.core.llm.addresses import place
from autonomy.core.llm.catalogue import DIALECTS, EMBEDDER, EMBEDDER_ROLE, NONE, PROVIDERS, ROLES
from autonomy.core.llm.endpoint import HealthState
from autonomy.core.llm.facts import ModelFacts, facts
from autonomy.core.llm.portfolio import (
    Access,
    OfferedModel,
    Portfolio,
    chain,
    name_of,
    provider_of,
)
from autonomy.core.llm.trial import sentence
from autonomy.core.outbound import is_public
from autonomy.memory.spaces import BUILT_IN_MODEL
from autonomy.models import EmbeddingSpace, ModelConnection, SpaceState
from autonomy.runtime.embedders import BUILT_IN, deployment_access, wanted_embedder
from autonomy.runtime.health_reading import read_health
from autonomy.runtime.portfolios import offered, portfolio_for
from autonomy.services.connections import locked
from autonomy.services.model_choices import choices_of
from handywriterz.env import env

EMBEDDER_WHY = (
    "The same for everybody: vectors of two models cannot be compared. When staff choose another, "
    "what there is is embedded anew in the background and search stays as it is until then."
)


@dataclass(frozen=True, slots=True)
class ModelState:
    """One model of one role."""

    model: str
    connection: str
    available: bool
    why: str
    """Why it cannot be used, or what to know before it is; empty when there is nothing to say."""
    facts: ModelFacts
    health: HealthState


@dataclass(frozen=True, slots=True)
class EmbeddingProgress:
    """How far an embedder is that is being made ready, in passages; `error` is of its last try."""

    filled: int
    wanted: int
    error: str


@dataclass(frozen=True, slots=True)
class RoleState:
    title: str
    purpose: str
    chosen_by: str
    choice: str
    available: bool
    why: str
    models: tuple[ModelState, ...]
    progress: EmbeddingProgress | None = None


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """A connection as people see it: all but the key."""

    id: UUID | None
    slug: str
    provider: str
    label: str
    base_url: str
    has_key: bool
    scope: str
    server: str = ""
    simulated: bool = False
    tested_at: datetime | None = None
    test_ok: bool | None = None
    test_sentence: str = ""
    test_seconds: float | None = None
    needs_key_again: bool = False
    models: tuple[OfferedModel, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderState:
    id: str
    title: str
    needs_key: bool
    needs_url: bool
    key_help: str
    example_model: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the page about models shows."""

    mode: Literal["models", "rules"]
    simulated: bool
    roles: Mapping[str, RoleState]
    choices: Mapping[str, Mapping[str, str]]
    connections: tuple[ConnectionState, ...]
    providers: tuple[ProviderState, ...]
    unknown_usd_per_mtok: float
    may_change_deployment: bool


def model_overview(user: User) -> Overview:
    """How things stand for this person now."""
    portfolio = portfolio_for(user.pk, {}, offers=True)
    rows = list(
        ModelConnection.objects.filter(Q(owner=user) | Q(owner=None)).order_by("created_at")
    )
    named = {model for role in ROLES for model in portfolio.chain_for(role)}
    endpoints = sorted({portfolio.endpoint_of(model) for model in named})
    seen = _Seen(portfolio, rows, read_health(endpoints) if endpoints else {})
    roles = {role: seen.role(role) for role in ROLES} | {EMBEDDER: _embedder()}
    working = [roles[role] for role in ROLES if role != "small" and roles[role].available]
    return Overview(
        mode="models" if working else "rules",
        simulated=any(
            model.facts.simulated for role in working for model in role.models if model.available
        ),
        roles=roles,
        choices=choices_of(user) | {"environment": _environment_choices()},
        connections=(
            *(connection_state(row, user) for row in rows),
            *_of_environment(portfolio, named),
        ),
        providers=tuple(
            ProviderState(
                id=name,
                title=provider.title,
                needs_key=provider.needs_key,
                needs_url=provider.needs_address,
                key_help=provider.key_help,
                example_model=provider.example_model,
            )
            for name, provider in PROVIDERS.items()
        ),
        unknown_usd_per_mtok=portfolio.limits.unknown_usd_per_mtok,
        may_change_deployment=user.is_staff,
    )


def connection_state(row: ModelConnection, user: User) -> ConnectionState:
    """A stored connection for this person. Where the deployment's servers stand is for staff."""
    ours = row.owner_id is not None or user.is_staff
    where = place(row.base_url) if row.base_url else PROVIDERS[row.provider].title
    told = "" if row.test_ok is None else "It answered."
    if row.test_ok is False:
        told = sentence(row.test_failure, where if ours else "The server")
    return ConnectionState(
        id=row.pk if ours else None,
        slug=row.slug,
        provider=row.provider,
        label=row.label,
        base_url=row.base_url if ours else "",
        has_key=bool(row.secret),
        scope="deployment" if row.owner_id is None else "user",
        server=row.server,
        simulated=row.simulated,
        tested_at=row.tested_at,
        test_ok=row.test_ok,
        test_sentence=told,
        test_seconds=row.test_seconds,
        needs_key_again=locked(row),
        models=offered(row.offered),
    )


class _Seen:
    """One person's portfolio, with what is stored and known of it."""

    def __init__(
        self,
        portfolio: Portfolio,
        rows: list[ModelConnection],
        health: Mapping[str, HealthState],
    ) -> None:
        self._portfolio = portfolio
        self._health = health
        # A person's own goes before the deployment's of the same slug, as in the portfolio.
        self._rows = {row.slug: row for row in sorted(rows, key=lambda row: bool(row.owner_id))}

    def role(self, role: str) -> RoleState:
        names = self._portfolio.chain_for(role)
        models = tuple(self._model(name) for name in names)
        chosen_by = self._portfolio.chosen_by(role)
        available = any(model.available for model in models)
        if available:
            why = ""
        elif models:
            why = " ".join(dict.fromkeys(model.why for model in models if model.why))
        elif self._portfolio.ruled(role):
            why = "Rules only was chosen."
        else:
            why = "No model is chosen for this, so rules do it. Connect a model and choose it."
        return RoleState(
            title=ROLES[role].title,
            purpose=ROLES[role].purpose,
            chosen_by=chosen_by,
            choice=", ".join(names) or (NONE if chosen_by else ""),
            available=available,
            why=why,
            models=models,
        )

    def _model(self, model: str) -> ModelState:
        access = self._portfolio.access_to(model)
        health = self._health.get(self._portfolio.endpoint_of(model), HealthState())
        reason = self._unusable(model, access)
        away = not reason and health.circuit == "open"
        if away:
            reason = (
                f"{name_of(model)} is left alone for {max(1, round(health.retry_in))} s after "
                "repeated failures; what is next in line works meanwhile."
            )
        return ModelState(
            model=model,
            connection=provider_of(model),
            available=not reason,
            why=reason or self._remark(model, access),
            facts=facts(model, access),
            health=health,
        )

    def _unusable(self, model: str, access: Access | None) -> str:
        """Why the gateway would not call this model; empty when it would."""
        prefix = provider_of(model)
        row = self._row(prefix)
        title = PROVIDERS[prefix].title if prefix in PROVIDERS else prefix
        if row is not None and locked(row):
            return (
                f"The key of “{row.label or row.slug}” can no longer be opened, because the "
                "server's secret has changed. Give the key again."
            )
        if not self._portfolio.configured(model):
            if access is None and prefix not in PROVIDERS:
                return f"There is no connection “{prefix}”. Add it, or choose another model."
            return f"{title} is not set up. Add a connection to it, or choose another model."
        if access is not None and _plainly_private(access):
            return (
                f"“{prefix}” leads to this machine or a private network, which your connections "
                "may not. Ask staff to add it for everybody."
            )
        return ""

    def _remark(self, model: str, access: Access | None) -> str:
        """What to know of a model that may be called."""
        row = self._row(provider_of(model))
        if row is not None and row.test_ok is False:
            where = row.label or row.slug
            return f"The last test of “{where}” failed. " + sentence(row.test_failure, where)
        listed = access.offered if access else ()
        if listed and access is not None and access.offers(name_of(model)) is None:
            return f"“{provider_of(model)}” did not list it when it was tested; it may be gone."
        return ""

    def _row(self, prefix: str) -> ModelConnection | None:
        return self._rows.get(prefix) or self._rows.get(DIALECTS.get(prefix, prefix))


def _plainly_private(access: Access) -> bool:
    """Whether the address says by itself that it may not be called: a name may turn out so too."""
    if access.private_addresses or not access.base_url:
        return False
    host = place(access.base_url).rsplit("@", 1)[-1]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)


def _embedder() -> RoleState:
    built_in = ModelState(
        model=BUILT_IN_MODEL,
        connection="built-in",
        available=True,
        why="",
        facts=ModelFacts(
            context_tokens=256,
            usd_per_mtok_input=0.0,
            usd_per_mtok_output=0.0,
            price_known=True,
        ),
        health=HealthState(),
    )
    wanted, chosen_by = wanted_embedder()
    # Newest last, so that of several attempts with one model the last one counts.
    rows = {row.model: row for row in EmbeddingSpace.objects.order_by("created_at")}
    row = rows.get(wanted)
    others = () if wanted == BUILT_IN else (_other_embedder(wanted, row),)
    return RoleState(
        title=EMBEDDER_ROLE.title,
        purpose=EMBEDDER_ROLE.purpose,
        chosen_by=chosen_by or "environment",
        choice=built_in.model if wanted == BUILT_IN else wanted,
        available=True,
        why=" ".join((*(other.why for other in others), EMBEDDER_WHY)).strip(),
        models=(*others, built_in),
        progress=None if wanted == BUILT_IN else _embedding_progress(row),
    )


def _embedding_progress(row: EmbeddingSpace | None) -> EmbeddingProgress | None:
    if row is None or row.state == SpaceState.RETIRED:  # chosen a moment ago
        return EmbeddingProgress(0, 0, "")
    if row.state != SpaceState.BUILDING:
        return None
    return EmbeddingProgress(row.filled, row.wanted, row.error)


def _other_embedder(model: str, row: EmbeddingSpace | None) -> ModelState:
    access = deployment_access(model)
    active = row is not None and row.state == SpaceState.ACTIVE
    return ModelState(
        model=model,
        connection=provider_of(model),
        available=active,
        why=_progress_of(row),
        facts=facts(model, access),
        health=HealthState(),
    )


def _progress_of(row: EmbeddingSpace | None) -> str:
    """How far another embedder is, in words; empty when it is at work and well."""
    if row is None or row.state == SpaceState.RETIRED:
        return "It will be made ready in the background; the built-in one works meanwhile."
    if row.state == SpaceState.ACTIVE:
        return f"The last texts could not be embedded: {row.error}" if row.error else ""
    if row.state == SpaceState.FAILED:
        return f"It was given up: {row.error} The built-in one works. Choose it again to try again."
    told = f"{row.filled:,} of {row.wanted:,} passages; search goes on with the built-in one."
    return f"{told} It is tried again soon: {row.error}" if row.error else told


def _environment_choices() -> dict[str, str]:
    chosen = {
        "default": env().handywriterz_model,
        "planner": env().handywriterz_planner_model,
        "writer": env().handywriterz_writer_model,
        "critic": env().handywriterz_critic_model,
        "debugger": env().handywriterz_debugger_model,
    }
    return {role: ", ".join(chain(text)) for role, text in chosen.items() if text}


def _of_environment(portfolio: Portfolio, named: Collection[str]) -> tuple[ConnectionState, ...]:
    """What the operator set up by variables, where no stored connection stands before it."""
    found = []
    for slug, access in portfolio.access.items():
        if access.scope != "environment" or not access.reachable:
            continue
        names = sorted({name_of(m) for m in named if portfolio.access_to(m) is access})
        known = [(name, facts(f"{slug}:{name}", access)) for name in names]
        found.append(
            ConnectionState(
                id=None,
                slug=slug,
                provider=access.provider,
                label=PROVIDERS[access.provider].title,
                base_url="",
                has_key=access.api_key is not None,
                scope="environment",
                simulated=access.simulated,
                models=tuple(
                    OfferedModel(
                        name,
                        context_tokens=fact.context_tokens,
                        structured=fact.structured,
                        tools=fact.tools,
                    )
                    for name, fact in known
                ),
            )
        )
    return tuple(found)
