"""A run's events: as a stream, or what there is now; and the schema of the envelope."""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from ninja import Router
from pydantic import Field
from pydantic.json_schema import models_json_schema

from autonomy.api import stream as pace
from autonomy.api.auth import ApiRequest
from autonomy.api.credentials import Credentials
from autonomy.api.feed import RunsFeed, Target
from autonomy.api.hub import hub
from autonomy.api.ownership import owned
from autonomy.api.problems import problem
from autonomy.api.stream import Item, LogAway, Position, follow, parse_cursor
from autonomy.core import types
from autonomy.models import Run
from autonomy.runtime.db import run_db

router = Router(tags=["runs"])
schema_router = Router(tags=["schema"])

RETRY_MILLISECONDS = 1_000
"""How soon a browser's EventSource comes back after a stream ended."""
CHECK_SECONDS = 10.0
"""A stream's session or key is looked at before it sends anything after this long; a silent one
sends a sign of life every 20 s."""
TOO_MANY = "You have too many live views open. Close some of them, in other tabs or programs, and try again."

STREAM_OPENAPI: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Last-Event-ID",
            "required": False,
            "schema": {"type": "string"},
            "description": "The `id:` of the last event received; what follows it is sent.",
        }
    ],
    "responses": {
        200: {
            "description": "Server-sent events: `data:` is one event envelope, `id:` its cursor; "
            "a comment every 20 s keeps the connection open.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
}


@router.get("/{uuid:run_id}/events", openapi_extra=STREAM_OPENAPI, url_name="run_events")
async def run_events(
    request: ApiRequest,
    run_id: UUID,
    after: Annotated[int, Field(ge=0)] = 0,
    follow: bool = True,
) -> HttpResponseBase:
    """Events after `after` (or `Last-Event-ID`), then live until the run has finished.
    `follow=false` ends with what there is now."""
    run = await sync_to_async(owned)(Run.objects.only("id"), request.auth, run_id)
    seen = _last_seq(request, after)
    return await stream_response(
        request,
        RunsFeed(Target("run", run.pk)),
        Position({str(run.pk): seen}),
        live=follow,
        until_finished=True,
        cursor=lambda item, _: str(item.event.seq),
    )


def _last_seq(request: HttpRequest, after: int) -> int:
    """The sequence number to go on from; a run's own cursor is the bare number, but one of a
    conversation's stream is understood too."""
    last = request.headers.get("Last-Event-ID", "").strip()
    if last.isdecimal() and len(last) <= 18:
        return int(last)
    return max(parse_cursor(last).values(), default=after) if last else after


def _conversation_cursor(item: Item, position: Position) -> str:
    return position.cursor(item.scope)


async def stream_response(
    request: ApiRequest,
    feed: RunsFeed,
    position: Position,
    *,
    live: bool,
    until_finished: bool = False,
    cursor: Callable[[Item, Position], str] = _conversation_cursor,
) -> HttpResponseBase:
    """Server-sent events of `feed`; a client that leaves cancels the generator, which lets go of
    its seat and its channel."""

    credentials = Credentials.of(
        request.headers.get("Authorization", ""), request.headers.get("Cookie", "")
    )

    async def body() -> AsyncIterator[bytes]:
        with seat:
            # A first byte at once: proxies and clients learn that the stream is open.
            yield f"retry: {RETRY_MILLISECONDS}\n: open\n\n".encode()
            checked_at = time.monotonic()
            try:
                async for chunk in _chunks(
                    feed, position, live=live, until_finished=until_finished, cursor=cursor
                ):
                    if time.monotonic() - checked_at >= CHECK_SECONDS:
                        checked_at = time.monotonic()
                        if not await _still_allowed(credentials):
                            return
                    yield chunk
            except LogAway:
                # The client comes back with its cursor, and is told what is wrong if it still is.
                yield b": the database is away\n\n"

    if hub().full(request.auth.pk, settings.ENV.streams_per_user):
        return problem(request, 429, "too_many_streams", TOO_MANY)
    # Taken in the same breath as the look: of many who come at once each sees those before.
    seat = contextlib.ExitStack()
    seat.enter_context(hub().seat(request.auth.pk))
    try:
        # Authentication opened a connection on this request's own thread; a stream lasts for hours
        # and must not hold it.
        await sync_to_async(connections.close_all)()
    except BaseException:
        seat.close()
        raise
    response = StreamingHttpResponse(
        body(),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )
    weakref.finalize(response, seat.close).atexit = False  # for a body that never began
    return response


async def _still_allowed(credentials: Credentials) -> bool:
    """False once signed out, expired, revoked or disabled. While the database is away nobody can
    tell, and there is nothing to be read from it either."""
    try:
        return await run_db(credentials.verify) is not None
    except (OperationalError, InterfaceError):
        return True


async def _chunks(
    feed: RunsFeed,
    position: Position,
    *,
    live: bool,
    until_finished: bool,
    cursor: Callable[[Item, Position], str],
) -> AsyncIterator[bytes]:
    if not live:
        async for frame in follow(feed, position, None):
            if frame.item is not None:
                yield sse(frame.item, cursor(frame.item, position))
        return
    async with hub().watch(feed) as channel:
        async for frame in follow(
            feed,
            position,
            channel,
            until_finished=until_finished,
            heartbeat_seconds=pace.HEARTBEAT_SECONDS,
        ):
            item = frame.item
            if item is None:
                yield b": heartbeat\n\n"
            else:
                yield sse(item, cursor(item, position) if item.event.seq else None)


def sse(item: Item, cursor: str | None) -> bytes:
    """One event in the text/event-stream format; without a cursor it moves none."""
    head = f"id: {cursor}\n" if cursor is not None else ""
    return f"{head}data: {item.text}\n\n".encode()


@schema_router.get("/events", auth=None, response=dict[str, Any])
def event_schema(request: HttpRequest) -> JsonResponse:
    """JSON Schema of the event envelope and of the values in its `meta`."""
    shown = (types.Event, types.Plan, types.Step, types.Observation, types.Verdict, types.Source)
    _, schema = models_json_schema([(model, "serialization") for model in shown])
    return JsonResponse(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "#/$defs/Event",
            "$defs": schema["$defs"],
        }
    )
