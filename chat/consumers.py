"""The socket of one conversation: check who it is, forward events, hand commands to services."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.utils import await_many_dispatch
from django.conf import settings
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError

from autonomy.api import stream as pace
from autonomy.api.events import TOO_MANY
from autonomy.api.hub import hub
from autonomy.api.stream import LogAway, Position, follow
from autonomy.core.types import Event
from autonomy.runtime.contention import collided
from autonomy.runtime.db import run_db
from chat.commands import Command, Refused, may_open, parse, perform
from chat.sse import conversation_feed

logger = logging.getLogger(__name__)

CLOSE_UNAUTHORIZED = 4401
CLOSE_NOT_FOUND = 4404
# 1009 and 1011 would be the standard's, but a server may only send 1000 and 3000 to 4999.
CLOSE_TOO_BIG = 4413
CLOSE_TOO_FAST = 4429
CLOSE_INTERNAL = 4500
CLOSE_UNAVAILABLE = 4503
"""The database has been away for too long; a client comes back with its positions."""

FRAME_MAX_CHARS = 256 * 1024
FRAMES_PER_WINDOW = 60
WINDOW_SECONDS = 10.0

AWAY = (OperationalError, InterfaceError)
UNAVAILABLE = "The database is away for a moment; nothing was done. Try again."
BUSY = "Too many changes came at the same moment; this one was not made. Try again."
INTERNAL = (
    "Something went wrong on our side and was logged. Nothing that was saved before is lost; try "
    "again, and name the trace id {trace_id} if it happens twice."
)


class ConversationConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels is untyped
    """Authenticate, check, forward; what a command does is decided in `chat.commands`."""

    check_seconds = 20.0
    """How often an idle socket's session is looked at; every command looks too."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        # The base class opens a channel-layer channel first and fails without Redis. Hints come
        # through `listen`, which can do without.
        self.scope = scope
        self.channel_layer = None
        self.base_send = send
        self.user: User | None = None
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.frames: deque[float] = deque(maxlen=FRAMES_PER_WINDOW)
        self.seat = ExitStack()
        with self.seat:
            try:
                with contextlib.suppress(StopConsumer):
                    await await_many_dispatch([receive], self.dispatch)
            finally:
                await self._stop(*self.tasks)

    async def connect(self) -> None:
        # Accepted before it is refused: a browser only learns the code of an open socket.
        await self.accept()
        self.conversation_id: UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        try:
            self.user = await run_db(self.scope["credentials"].verify)
            allowed = self.user is not None and await run_db(
                may_open, self.user, self.conversation_id
            )
        except AWAY:
            await self.close(CLOSE_UNAVAILABLE)
            return
        if self.user is None:
            await self.close(CLOSE_UNAUTHORIZED)
        elif not allowed:
            await self.close(CLOSE_NOT_FOUND)
        elif hub().full(self.user.pk, settings.ENV.streams_per_user):
            await self._refuse(Refused("too_many_streams", TOO_MANY))
            await self.close(CLOSE_TOO_FAST)
        else:
            self.seat.enter_context(hub().seat(self.user.pk))
            self._start("session", self._watch_session())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._too_fast():
            await self._refuse(Refused("too_many_frames", "Too many frames at once."))
            await self.close(CLOSE_TOO_FAST)
            return
        if len(text_data or bytes_data or "") > FRAME_MAX_CHARS:
            await self._refuse(Refused("too_large", "A frame may have at most 256 KB."))
            await self.close(CLOSE_TOO_BIG)
            return
        try:
            command = parse(text_data)
        except Refused as refused:
            await self._refuse(refused)
            return
        reply: dict[str, Any] = {}
        try:
            self.user = await run_db(self.scope["credentials"].verify)
            if self.user is not None and command.type != "subscribe":
                reply = await run_db(perform, self.user, self.conversation_id, command)
        except Refused as refused:
            await self._refuse(refused, command)
        except AWAY as error:
            why = Refused("busy", BUSY) if collided(error) else Refused("unavailable", UNAVAILABLE)
            await self._refuse(why, command)
        except Exception as error:  # noqa: BLE001 - logged; the events that follow do not end with it
            await self._unexpected(error, command)
        else:
            if self.user is None:
                await self.close(CLOSE_UNAUTHORIZED)
            elif command.type == "subscribe":
                await self._subscribe(command.after)
            else:
                ack = {"type": "ack", "request_id": command.request_id, **reply}
                await self._send(json.dumps(ack, ensure_ascii=False))

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        await self._stop("events")  # nothing may be sent after the socket was closed
        await super().close(code, reason)

    async def disconnect(self, code: int) -> None:
        await self._stop(*self.tasks)

    # ---------------------------------------------------------------- events

    async def _subscribe(self, after: Mapping[str, int]) -> None:
        await self._stop("events")
        self._start("events", self._forward(Position(dict(after))))

    async def _forward(self, position: Position) -> None:
        """Replay, then live, until the socket goes. Sending waits until the client has taken what
        was sent before, so a slow client holds one page in memory."""
        feed = conversation_feed(self.conversation_id)
        try:
            async with hub().watch(feed) as channel:
                async for frame in follow(
                    feed, position, channel, heartbeat_seconds=pace.HEARTBEAT_SECONDS
                ):
                    if frame.item is None:
                        await self._send(frame_of(Event(type="heartbeat", seq=0, ts=now())))
                    else:
                        await self._send(frame.item.text)
        except LogAway:
            await self.close(CLOSE_UNAVAILABLE)
        else:
            # A conversation has no end; without a code the client would wait at an open socket.
            await self.close(CLOSE_INTERNAL)

    async def _watch_session(self) -> None:
        away_since: float | None = None
        while True:
            await asyncio.sleep(self.check_seconds)
            try:
                user = await run_db(self.scope["credentials"].verify)
            except AWAY:
                # Nobody can tell whose session this is, but there is nothing to be read either.
                away_since = time.monotonic() if away_since is None else away_since
                if time.monotonic() - away_since > pace.OUTAGE_SECONDS:
                    await self.close(CLOSE_UNAVAILABLE)
                    return
                continue
            away_since = None
            if user is None:
                await self.close(CLOSE_UNAUTHORIZED)
                return

    # ---------------------------------------------------------------- plumbing

    def _start(self, name: str, work: Any) -> None:
        task = asyncio.create_task(work, name=f"socket {name}")
        self.tasks[name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, OSError):
            return  # the client is gone while something was sent to it
        logger.error("%s failed", task.get_name(), exc_info=error)
        # The client reconnects with its positions and misses nothing.
        self.tasks["closing"] = asyncio.create_task(self.close(CLOSE_INTERNAL))

    async def _stop(self, *names: str) -> None:
        mine = asyncio.current_task()
        for name in names:
            task = self.tasks.pop(name, None)
            if task is None or task is mine:
                continue
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task

    def _too_fast(self) -> bool:
        at = time.monotonic()
        full = len(self.frames) == FRAMES_PER_WINDOW and at - self.frames[0] < WINDOW_SECONDS
        self.frames.append(at)
        return full

    async def _unexpected(self, error: Exception, command: Command) -> None:
        """As `autonomy.api.problems.unexpected`: the log entry carries the trace id that is told."""
        trace_id = uuid4().hex
        logger.error("Unexpected error %s at %s", trace_id, command.type, exc_info=error)
        why = Refused("internal", INTERNAL.format(trace_id=trace_id))
        await self._refuse(why, command, trace_id=trace_id)

    async def _refuse(self, refused: Refused, command: Command | None = None, **more: str) -> None:
        meta: dict[str, Any] = {"code": refused.code, **more}
        if refused.errors:
            meta["errors"] = [error.model_dump() for error in refused.errors]
        if command is not None and command.request_id:
            meta["request_id"] = command.request_id
        event = Event(
            type="error",
            seq=0,
            ts=now(),
            conversation_id=str(self.conversation_id),
            run_id=command.run_id if command else None,
            content=refused.detail,
            source="socket",
            meta=meta,
        )
        await self._send(frame_of(event))

    async def _send(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})


def frame_of(event: Event) -> str:
    return event.model_dump_json(exclude_none=True)


def now() -> str:
    return datetime.now(UTC).isoformat()
