"""A run's events: as a stream, or what there is now; and the schema of the envelope."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from ninja import Router
from pydantic import Field
from pydantic.json_schema import models_json_schema

from autonomy.api import stream as pace
from autonomy.api.auth import ApiRequest
from autonomy.api.feed import RunsFeed
from autonomy.api.hints import listen
from autonomy.api.ownership import owned
from autonomy.api.stream import Frame, Position, follow, parse_cursor, sse
from autonomy.core import types
from autonomy.models import Run

router = Router(tags=["runs"])
schema_router = Router(tags=["schema"])

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
        }
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
    feed = RunsFeed(lambda: Run.objects.filter(pk=run.pk))
    return await stream_response(
        feed,
        f"run.{run.pk}",
        Position({str(run.pk): seen}),
        live=follow,
        until_finished=True,
        cursor=lambda frame: str(frame.event.seq) if frame.event and frame.cursor else None,
    )


def _last_seq(request: HttpRequest, after: int) -> int:
    """The sequence number to go on from; a run's own cursor is the bare number, but one of a
    conversation's stream is understood too."""
    last = request.headers.get("Last-Event-ID", "").strip()
    if last.isdecimal() and len(last) <= 18:
        return int(last)
    return max(parse_cursor(last).values(), default=after) if last else after


async def stream_response(
    feed: RunsFeed,
    group: str,
    position: Position,
    *,
    live: bool,
    until_finished: bool = False,
    cursor: Any = None,
) -> StreamingHttpResponse:
    """Server-sent events of `feed`; a client that leaves cancels the generator, which lets go of
    its subscription."""

    async def body() -> AsyncIterator[bytes]:
        # A first byte at once: proxies and clients learn that the stream is open.
        yield b": open\n\n"
        async with listen(group) as hints:
            async for frame in follow(
                feed,
                hints,
                position,
                live=live,
                until_finished=until_finished,
                poll_seconds=pace.POLL_SECONDS,
                heartbeat_seconds=pace.HEARTBEAT_SECONDS,
            ):
                yield sse(frame if cursor is None else Frame(frame.event, cursor(frame)))

    # Authentication opened a connection on this request's own thread; a stream lasts for hours
    # and must not hold it.
    await sync_to_async(connections.close_all)()
    return StreamingHttpResponse(
        body(),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


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
