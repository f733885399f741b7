"""Models: what there is, how it is reached, who does what with which."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpResponse
from ninja import Router
from ninja.responses import Status
from ninja.throttling import AuthRateThrottle, BaseThrottle

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import once
from autonomy.api.requests import refuse
from autonomy.api.schemas import models as schemas
from autonomy.core.llm.portfolio import OfferedModel
from autonomy.core.llm.trial import Trial
from autonomy.services import BadField, ConnectionState, ModelState, Overview, Wanted
from handywriterz.env import env

router = Router(tags=["models"])


class TrialThrottle(AuthRateThrottle):
    """A test calls somebody's server and costs money: a few a minute, over both routes."""

    scope = "model_tests"


_TRIALS: list[BaseThrottle] = [TrialThrottle(f"{env().model_tests_per_minute}/m")]


@router.get("", response=schemas.ModelsOut, url_name="models")
def list_models(request: ApiRequest) -> schemas.ModelsOut:
    """Which models do which work for you, what each can do and costs, and why one is not
    available."""
    return _overview(services.model_overview(request.auth))


@router.put("/roles", response=schemas.ModelsOut)
def choose_models(request: ApiRequest, body: schemas.RolesIn) -> schemas.ModelsOut:
    """Choose models for roles, for yourself or (staff) for everybody. Runs that are under way take
    the change at their next segment."""
    _named(lambda: services.choose_models(request.auth, body.scope, body.roles))
    return _overview(services.model_overview(request.auth))


@router.post(
    "/connections",
    response={201: schemas.ConnectionOut},
    openapi_extra=IDEMPOTENT,
    url_name="model_connections",
)
def create_connection(request: ApiRequest, body: schemas.ConnectionIn) -> HttpResponse:
    """Add a connection. What your last test of the very same found is kept with it."""

    def make() -> tuple[int, schemas.ConnectionOut]:
        row = _named(lambda: services.create_tested(request.auth, _wanted(body)))
        return 201, _connection(services.connection_state(row, request.auth))

    return once(request, make)


@router.patch("/connections/{uuid:connection_id}", response=schemas.ConnectionOut)
def change_connection(
    request: ApiRequest, connection_id: UUID, body: schemas.ConnectionChange
) -> schemas.ConnectionOut:
    """Change a connection. With an address elsewhere its key has to be given again."""
    row = services.connection_of(request.auth, connection_id)
    changed = _named(lambda: services.change_connection(row, **dict(body)))
    return _connection(services.connection_state(changed, request.auth))


@router.delete("/connections/{uuid:connection_id}", response={204: None})
def remove_connection(request: ApiRequest, connection_id: UUID) -> Status[None]:
    """Forget a connection and its key."""
    services.remove_connection(services.connection_of(request.auth, connection_id))
    return Status(204, None)


@router.post("/connections/{uuid:connection_id}/test", response=schemas.TrialOut, throttle=_TRIALS)
def try_connection(
    request: ApiRequest, connection_id: UUID, body: schemas.StoredTrialIn | None = None
) -> schemas.TrialOut:
    """Call a model of the connection once, for real, and keep what was found."""
    row = services.connection_of(request.auth, connection_id)
    model = body.model if body else ""
    return _trial(_named(lambda: services.try_stored(request.auth, row, model)))


@router.post("/test", response=schemas.TrialOut, throttle=_TRIALS)
def try_draft(request: ApiRequest, body: schemas.TrialIn) -> schemas.TrialOut:
    """Call a model once, for real, by an access that is not stored."""
    return _trial(_named(lambda: services.try_draft(request.auth, _wanted(body), body.model)))


# --------------------------------------------------------------------------- translation


T = TypeVar("T")


def _named(act: Callable[[], T]) -> T:
    """What `act` returns; a refusal of a field becomes a 422 that names it."""
    try:
        return act()
    except BadField as error:
        raise refuse(error.field, error.detail) from error


def _wanted(body: schemas.ConnectionIn) -> Wanted:
    return Wanted(
        provider=body.provider,
        label=body.label,
        slug=body.slug,
        base_url=body.base_url,
        api_key=body.api_key,
        scope=body.scope,
    )


def _offered(models: Iterable[OfferedModel]) -> list[schemas.OfferedOut]:
    return [
        schemas.OfferedOut(
            id=model.id,
            context_tokens=model.context_tokens,
            structured=model.structured,
            tools=model.tools,
        )
        for model in models
    ]


def _connection(state: ConnectionState) -> schemas.ConnectionOut:
    return schemas.ConnectionOut(**_plain(state) | {"models": _offered(state.models)})


def _trial(trial: Trial) -> schemas.TrialOut:
    return schemas.TrialOut(
        ok=trial.ok,
        sentence=trial.sentence,
        code=trial.code,
        seconds=round(trial.seconds, 3),
        server=trial.found.server,
        base_url=trial.found.base_url,
        simulated=trial.found.simulated,
        model=trial.model,
        said=trial.said,
        input_tokens=trial.input_tokens,
        output_tokens=trial.output_tokens,
        structured=trial.structured,
        models=_offered(trial.found.models),
    )


def _model(state: ModelState) -> schemas.ModelOut:
    known = state.facts
    return schemas.ModelOut(
        model=state.model,
        connection=state.connection,
        available=state.available,
        why=state.why,
        simulated=known.simulated,
        context_tokens=known.context_tokens,
        structured=known.structured,
        tools=known.tools,
        usd_per_mtok_input=known.usd_per_mtok_input,
        usd_per_mtok_output=known.usd_per_mtok_output,
        price_known=known.price_known,
        health=state.health.circuit,
        retry_in=round(state.health.retry_in, 1),
    )


def _overview(overview: Overview) -> schemas.ModelsOut:
    return schemas.ModelsOut(
        mode=overview.mode,
        simulated=overview.simulated,
        roles={
            role: schemas.RoleOut(
                **_plain(state)
                | {
                    "models": [_model(model) for model in state.models],
                    "progress": None if state.progress is None else _plain(state.progress),
                }
            )
            for role, state in overview.roles.items()
        },
        choices=schemas.ChoicesOut.model_validate(overview.choices),
        connections=[_connection(state) for state in overview.connections],
        providers=[schemas.ProviderOut(**_plain(state)) for state in overview.providers],
        unknown_usd_per_mtok=overview.unknown_usd_per_mtok,
        may_change_deployment=overview.may_change_deployment,
    )


def _plain(state: Any) -> dict[str, Any]:
    """The fields of a dataclass, as they are."""
    return {field.name: getattr(state, field.name) for field in fields(state)}
