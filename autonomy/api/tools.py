"""Tools: which there are, and learning, trying, switching and putting back learnt ones."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, cast

from django.contrib.auth.models import User
from django.http import HttpResponse
from ninja import Path, Query, Router
from ninja.responses import Status
from ninja.throttling import AuthRateThrottle, BaseThrottle

from autonomy.api.auth import ApiRequest
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import answered, once
from autonomy.api.schemas import tools as schemas
from autonomy.services import learning, tool_repairs, tool_secrets
from autonomy.services import tools as work
from handywriterz.env import env

router = Router(tags=["tools"])


class ToolThrottle(AuthRateThrottle):
    """Previews and tries call somebody's server: a few a minute, over both routes."""

    scope = "tool_tests"


_TRIES: list[BaseThrottle] = [ToolThrottle(f"{env().tool_tests_per_minute}/m")]

Name = Annotated[str, Path(max_length=100)]


@router.get("", response=schemas.ToolsOut, url_name="tools")
def list_tools(request: ApiRequest) -> schemas.ToolsOut:
    """Built-in tools, those for everybody, and your own; and which keys you have given."""
    user = request.auth
    return schemas.ToolsOut(
        items=[_tool(state) for state in learning.states(user, work.tools_of(user))],
        secrets=[
            schemas.SecretOut(
                host=s.host, scheme=s.scheme, for_everybody=s.for_everybody, opens=s.opens
            )
            for s in tool_secrets.secrets_of(user)
        ],
        may_add_for_everybody=user.is_staff,
        servers=learning.servers(user),
    )


@router.post(
    "/ingest",
    response={200: schemas.IngestOut, 201: schemas.IngestOut},
    openapi_extra=IDEMPOTENT,
    throttle=_TRIES,
    url_name="tools_ingest",
)
def ingest(request: ApiRequest, body: schemas.IngestIn) -> HttpResponse:
    """Look at what an OpenAPI document or an MCP server offers, or, with the fingerprint of what
    you saw, let it in."""
    user = request.auth
    wanted = work.Wanted(
        kind=body.kind,
        url=body.url,
        document=body.document,
        file_name=body.file_name,
        server=body.server,
        token=body.token,
        only=tuple(body.only),
        for_everybody=body.for_everybody,
    )

    # Before the key is taken: nothing is locked while somebody's server makes up its mind.
    if (known := answered(request)) is not None:
        return known
    seen = work.preview_tools(user, wanted)

    def act() -> tuple[int, schemas.IngestOut]:
        if not body.fingerprint:
            return 200, _ingest(seen, let_in=False)
        work.let_in(user, wanted, seen, body.fingerprint)
        return 201, _ingest(seen, let_in=True)

    return once(request, act)


@router.put("/secrets", response={204: None})
def put_secret(request: ApiRequest, body: schemas.SecretIn) -> Status[None]:
    """Keep a key for a host. It is encrypted, sent to that host only, and never shown again."""
    tool_secrets.put_secret(
        request.auth, body.host, body.scheme, body.value, for_everybody=body.for_everybody
    )
    return Status(204, None)


@router.delete("/secrets", response={204: None})
def remove_secret(
    request: ApiRequest, query: Annotated[schemas.SecretName, Query()]
) -> Status[None]:
    """Forget a key."""
    tool_secrets.remove_secret(
        request.auth, query.host, query.scheme, for_everybody=query.for_everybody
    )
    return Status(204, None)


@router.get("/{name}", response=schemas.ToolDetailOut)
def get_tool(request: ApiRequest, name: Name) -> schemas.ToolDetailOut:
    """One tool with its contract and its history."""
    return _detail(request.auth, name)


@router.patch("/{name}", response=schemas.ToolDetailOut)
def change_tool(request: ApiRequest, name: Name, body: schemas.ToolChange) -> schemas.ToolDetailOut:
    """Say whether runs call a learnt tool by themselves, ask you first, or never do; and whether
    its repairs are used at once, after your yes, or none is made."""
    work.set_policy(work.learnt(request.auth, name), policy=body.policy, repairs=body.repairs)
    return _detail(request.auth, name)


@router.delete("/{name}", response={204: None})
def remove_tool(request: ApiRequest, name: Name) -> Status[None]:
    """Forget a learnt tool with its history."""
    work.remove_tool(work.learnt(request.auth, name))
    return Status(204, None)


@router.post("/{name}/test", response=schemas.TriedOut, throttle=_TRIES)
def try_tool(request: ApiRequest, name: Name, body: schemas.TryIn) -> schemas.TriedOut:
    """Call a learnt tool once, for real, as a run would."""
    tried = work.try_tool(request.auth, learning.tryable(request.auth, name), body.arguments)
    return schemas.TriedOut(
        ok=tried.ok,
        result=tried.result,
        code=tried.code,
        message=tried.message,
        detail=tried.detail,
        status=tried.status,
    )


@router.post("/{name}/enable", response=schemas.ToolDetailOut)
def enable_tool(request: ApiRequest, name: Name) -> schemas.ToolDetailOut:
    """Let runs use the tool."""
    work.switch_tool(work.changeable(request.auth, name), enabled=True)
    return _detail(request.auth, name)


@router.post("/{name}/disable", response=schemas.ToolDetailOut)
def disable_tool(request: ApiRequest, name: Name) -> schemas.ToolDetailOut:
    """Let no run use the tool. A call that is under way ends as it does."""
    work.switch_tool(work.changeable(request.auth, name), enabled=False)
    return _detail(request.auth, name)


@router.post("/{name}/revert", response=schemas.ToolDetailOut)
def revert_tool(request: ApiRequest, name: Name, body: schemas.RevertIn) -> schemas.ToolDetailOut:
    """Call the tool as it was at an earlier version again, as a new version."""
    work.revert_tool(work.learnt(request.auth, name), body.version, request.auth)
    return _detail(request.auth, name)


Number = Annotated[int, Path(ge=1, le=1_000_000)]


@router.post("/{name}/repairs/{number}/agree", response=schemas.ToolDetailOut)
def agree_to_repair(request: ApiRequest, name: Name, number: Number) -> schemas.ToolDetailOut:
    """Use a repair that waits, from now on."""
    row = work.learnt(request.auth, name)
    tool_repairs.agree_to_repair(request.auth, tool_repairs.repair_of(row, number))
    return _detail(request.auth, name)


@router.post("/{name}/repairs/{number}/dismiss", response=schemas.ToolDetailOut)
def dismiss_repair(request: ApiRequest, name: Name, number: Number) -> schemas.ToolDetailOut:
    """Never use a repair that waits; the same is not proposed again."""
    row = work.learnt(request.auth, name)
    tool_repairs.dismiss_repair(request.auth, tool_repairs.repair_of(row, number))
    return _detail(request.auth, name)


@router.post("/{name}/repairs/{number}/undo", response=schemas.ToolDetailOut)
def undo_repair(request: ApiRequest, name: Name, number: Number) -> schemas.ToolDetailOut:
    """Call the tool as before a repair that is in use, as a new version."""
    row = work.learnt(request.auth, name)
    tool_repairs.undo_repair(request.auth, tool_repairs.repair_of(row, number))
    return _detail(request.auth, name)


# --------------------------------------------------------------------------- translation


def _tool(state: learning.ToolState) -> schemas.ToolOut:
    return schemas.ToolOut(**_fields(state))


def _fields(state: learning.ToolState) -> dict[str, Any]:
    row = state.row
    return {
        "name": row.name,
        "description": row.description,
        "origin": row.origin,
        "bundle": row.bundle,
        "learnt_from": row.learnt_from,
        "own": row.owner_id is not None,
        "may_change": state.may_change,
        "beside_own": state.beside_own,
        "enabled": row.enabled,
        "stopped": row.killed,
        "policy": row.policy,
        "repairs": row.repairs,
        "repair": state.repair and schemas.RepairOut.model_validate(asdict(state.repair)),
        "read_only": row.read_only,
        "usd_per_call": float(row.usd_per_call),
        "version": row.current_version,
        "calls": row.calls,
        "failures": row.failures,
        "success_share": row.success_share,
        "last_failure": row.last_failure,
        "last_failure_at": row.last_failure_at,
        "latency_seconds": row.latency_seconds,
        "host": state.host,
        "method": state.method,
        "secrets": state.secrets,
        "secrets_missing": state.missing,
    }


def _detail(user: User, name: str) -> schemas.ToolDetailOut:
    row = work.tool_of(user, name)
    state = learning.states(user, [row])[0]
    versions = learning.history(row)
    current = next((v.row for v in versions if v.row.number == row.current_version), None)
    return schemas.ToolDetailOut(
        **_fields(state),
        input_schema=current.input_schema if current else {},
        output_schema=current.output_schema if current else {},
        versions=[
            schemas.ToolVersionOut(
                number=v.row.number,
                author=cast(schemas.Author, v.row.author),
                created_at=v.row.created_at,
                wrapper=v.row.wrapper,
                patch=v.row.patch,
                evidence=v.row.evidence,
                contract_changed=v.contract_changed,
                calls=len(v.row.outcomes),
                went_well=v.row.outcomes.count("1"),
            )
            for v in versions
        ],
    )


def _ingest(seen: work.Preview, *, let_in: bool) -> schemas.IngestOut:
    return schemas.IngestOut(
        let_in=let_in,
        title=seen.bundle.title,
        fingerprint=seen.fingerprint,
        hosts=seen.hosts,
        operations=[
            schemas.OfferedOperation(**learning.offered(operation))
            for operation in seen.bundle.operations
        ],
        refused=[schemas.RefusedOperation(id=i, reason=why) for i, why in seen.bundle.refused],
        secrets=[
            schemas.SecretWantedOut(host=s.host, scheme=s.scheme, kind=s.kind)  # type: ignore[arg-type]
            for s in seen.secrets
        ],
        replaces=seen.replaces,
    )
