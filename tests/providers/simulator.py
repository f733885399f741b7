"""A provider that speaks three protocols and answers by rules, well enough to run the product on.

By default it answers our own prompts sensibly (see `tests.providers.answers`), streamed or not,
with usage. What goes wrong is scripted (`script`, one per request), drawn (`faults`), or the same
for every request (`behaviour`).
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from tests.providers import embeddings
from tests.providers.answers import answer
from tests.providers.behaviours import Behaviour
from tests.providers.counting import Count, Counted
from tests.providers.damage import damaged
from tests.providers.dialects import Reply, dialect_of
from tests.providers.dialects.exchange import tokens_in
from tests.providers.faults import FAULTS, Draw, Faults
from tests.providers.listening import Listening
from tests.providers.pages import INNER, Pages
from tests.providers.received import Received
from tests.providers.troubles import TROUBLES, Trouble, beyond_window
from tests.providers.wire import HttpRequest, Wire

MODELS: Final = ("simulated", "simulated-small")

_KEPT_REQUESTS = 20_000


class Simulator(Listening):
    """The provider; start and stop it on one event loop, script and inspect it from any thread.

    Args:
        api_key: requests with any other key are refused; None takes every key.
        default: what the model says.
        window: tokens that prompt and answer may have together; None for no bound.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        default: Callable[[Received], str] | None = None,
        faults: Faults | None = None,
        window: int | None = None,
        models: Sequence[str] = MODELS,
    ) -> None:
        super().__init__()
        self.api_key = api_key
        self.default = default or answered
        self.window = window
        self.models = tuple(models)
        self.refused_keys: set[str] = set()
        self.spent_keys: set[str] = set()
        """Keys whose accounts have no credit."""
        self.behaviour = Behaviour()
        """Of every request for which none is queued."""
        self.script: deque[Behaviour] = deque()
        self.state = ""
        """A fault that every request meets; empty when the provider is well."""
        self.requests: list[Received] = []
        self.embedding_dimensions = embeddings.DIMENSIONS
        self.embedding_chars = 100_000
        """Longest text that is embedded."""
        self.embedded: list[str] = []
        """Texts that were embedded."""
        self.count = Count()
        self.hung_up = threading.Event()
        """Set when a client closes its connection before it was answered."""
        self.arrived = threading.Event()
        """Set when a request has come in."""
        self._faults = faults or Faults()
        self._drawn = 0
        self._pages = Pages(self)

    @property
    def faults(self) -> Faults:
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        """Counts the requests that follow from 0 again."""
        self._faults, self._drawn = faults, 0

    def reset(self) -> None:
        """Forget what was asked and scripted, and begin with the faults anew."""
        self.count.reset()
        self.requests.clear()
        self.embedded.clear()
        self.script.clear()
        self._drawn = 0

    def follow(self, schedule: Iterable[tuple[float, str]]) -> None:
        """Go through `schedule`, in the background: (seconds, state), where a state is `up`, `down`
        (connections are refused) or a fault that every request meets. The last state stays."""
        stages = list(schedule)
        for _, state in stages:
            if state not in ("up", "down", *FAULTS):
                raise ValueError(f"“{state}” is neither up, down nor a fault.")

        async def begin() -> None:
            self.begin(stages)

        self._elsewhere(begin())

    def begin(self, stages: Sequence[tuple[float, str]]) -> None:
        """`follow`, for callers on the server's own loop."""

        async def go() -> None:
            for seconds, state in stages:
                await self._enter(state)
                await asyncio.sleep(seconds)

        task = asyncio.create_task(go())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _enter(self, state: str) -> None:
        self.state = "" if state in ("up", "down") else state
        await (self.go_down() if state == "down" else self.come_up())

    # ------------------------------------------------------------------ one request

    async def _handle(self, wire: Wire, request: HttpRequest) -> bool:
        if request.path.startswith(INNER):
            return await self._pages.inner(wire, request)
        if request.method == "GET":
            return await self._pages.ours(wire, request)
        if request.path.rstrip("/").endswith("/embeddings"):
            return await self._embed(wire, request)
        if dialect_of(request.path) is None:
            await wire.json(404, {"error": {"message": f"No route {request.path}"}})
            return True
        try:
            body = json.loads(request.raw or b"{}")
        except ValueError:
            await wire.json(400, {"error": {"message": "The body is not JSON."}})
            return True
        received = Received(request.path, request.headers, body)
        counted = self.count.begin(received)
        trouble = self.account_trouble(received.key)
        if trouble:
            return await self._refuse(wire, received, counted, TROUBLES[trouble])
        self.requests.append(received)
        if len(self.requests) > _KEPT_REQUESTS:
            del self.requests[: _KEPT_REQUESTS // 10]
        behaviour = self._next_behaviour(received)
        counted.fault = behaviour.name or behaviour.trouble
        self.arrived.set()
        try:
            return await self._answer(wire, received, behaviour, counted)
        except ConnectionError:
            self._lost(counted)
            raise

    async def _embed(self, wire: Wire, request: HttpRequest) -> bool:
        """`/embeddings`; what is scripted or wrong with the provider counts here too."""
        body = json.loads(request.raw or b"{}")
        received = Received(request.path, request.headers, body)
        counted = self.count.begin(received)
        trouble = self.account_trouble(received.key)
        if trouble:
            return await self._refuse(wire, received, counted, TROUBLES[trouble])
        behaviour = self._next_behaviour(received)
        if behaviour.delay and not await wire.patient(behaviour.delay):
            return self._lost(counted)
        if behaviour.unanswered:
            self.count.end(counted, "cut")
            wire.tear()
            return False
        if behaviour.trouble:
            return await self._refuse(
                wire, received, counted, TROUBLES[behaviour.trouble], behaviour
            )
        texts = [body["input"]] if isinstance(body["input"], str) else list(body["input"])
        if any(len(text) > self.embedding_chars for text in texts):
            return await self._refuse(wire, received, counted, TROUBLES["invalid"])
        self.embedded.extend(texts)
        self.count.end(counted, "answered")
        told = embeddings.answer(texts, str(body["model"]), self.embedding_dimensions)
        data = json.dumps(told).encode()
        await wire.whole(200, data, "application/json", torn_after=behaviour.cut_after)
        return behaviour.cut_after is None

    def account_trouble(self, key: str | None) -> str:
        """What is wrong with the account behind a key; empty for nothing."""
        if (self.api_key is not None and key != self.api_key) or key in self.refused_keys:
            return "auth"
        return "quota" if key in self.spent_keys else ""

    def _next_behaviour(self, received: Received) -> Behaviour:
        if self.script:
            return self.script.popleft()
        number, self._drawn = self._drawn, self._drawn + 1
        if self.state:
            draw = Draw(self._faults.rng(number, "how"), True, self._faults.retry_after)
            return replace(self.behaviour, **FAULTS[self.state](draw), name=self.state)
        return self._faults.on(self.behaviour, number, received)

    async def _answer(
        self, wire: Wire, received: Received, behaviour: Behaviour, counted: Counted
    ) -> bool:
        """False ends the connection."""
        if behaviour.delay and not await wire.patient(behaviour.delay):
            return self._lost(counted)
        if behaviour.unanswered:
            self.count.end(counted, "cut")
            wire.tear()
            return False
        if behaviour.content_type:
            page = b"<!doctype html><title>Sign in</title><p>Please sign in to the network."
            await wire.whole(200, page, behaviour.content_type)
            counted.status = 200
            self.count.end(counted, "refused")
            return True
        trouble = self._trouble(received, behaviour)
        if trouble is not None:
            return await self._refuse(wire, received, counted, trouble, behaviour)
        try:
            reply = self._reply(received, behaviour, counted.number)
        except (ValueError, LookupError) as error:
            traceback.print_exception(error)
            trouble = replace(TROUBLES["invalid"], message=f"simulator: {error!r}")
            return await self._refuse(wire, received, counted, trouble)
        if received.asked.streamed:
            return await self._stream(wire, received, behaviour, reply, counted)
        return await self._whole(wire, received, behaviour, reply, counted)

    def _lost(self, counted: Counted) -> bool:
        self.count.end(counted, "hung_up")
        self.hung_up.set()
        return False

    # ------------------------------------------------------------------ refusals

    def _trouble(self, received: Received, behaviour: Behaviour) -> Trouble | None:
        asked = received.asked
        if behaviour.trouble:
            return TROUBLES[behaviour.trouble]
        if behaviour.status != 200:
            told = behaviour.error or {"message": "simulated"}
            kind = told.get("type") or told.get("code") or "simulated"
            return Trouble(
                behaviour.status, kind, told.get("code"), kind, told.get("message", "simulated")
            )
        if behaviour.refuse_schema and (asked.schema is not None or asked.tool):
            return TROUBLES["schema"]
        if self.window is not None and asked.tokens + (asked.most or 0) > self.window:
            return beyond_window(self.window, asked.tokens, asked.most or 0, named=asked.named_most)
        return None

    async def _refuse(
        self,
        wire: Wire,
        received: Received,
        counted: Counted,
        trouble: Trouble,
        behaviour: Behaviour | None = None,
    ) -> bool:
        told = trouble.as_told_by(received.dialect.name)
        counted.status = told.status
        self.count.end(counted, "refused")
        headers = behaviour.headers if behaviour else None
        await wire.json(told.status, received.dialect.failure(told), headers)
        return True

    # ------------------------------------------------------------------ answers

    def _reply(self, received: Received, behaviour: Behaviour, number: int) -> Reply:
        asked, finish = received.asked, behaviour.finish_reason
        if behaviour.content is not None:
            text = behaviour.content
        else:
            text = self.default(received)
            begun = received.begun
            if asked.schema is None and "JSON" not in received.system and text.startswith(begun):
                text = text[len(begun) :]  # Asked to go on, it goes on.
        if behaviour.damage:
            text = damaged(behaviour.damage, text, self._faults.rng(number, "damage"))
        while text and len(text) < behaviour.least_characters:
            text += "\n\n" + text
        if asked.most is not None and tokens_in(text) > asked.most:
            text, finish = text[: asked.most * 4], "length"
        return Reply(
            ident=uuid.uuid4().hex[:20],
            model=asked.model,
            created=int(time.time()),
            text=text,
            tool=asked.tool,
            finish=finish,
            input_tokens=asked.tokens,
            output_tokens=tokens_in(text),
            usage=behaviour.usage and asked.usage_wanted,
        )

    def _answered(self, counted: Counted, reply: Reply) -> None:
        counted.produced_tokens = reply.output_tokens
        if reply.usage:
            counted.input_tokens, counted.output_tokens = reply.input_tokens, reply.output_tokens
        self.count.end(counted, "answered")

    async def _whole(
        self,
        wire: Wire,
        received: Received,
        behaviour: Behaviour,
        reply: Reply,
        counted: Counted,
    ) -> bool:
        data = json.dumps(received.dialect.whole(reply), ensure_ascii=False).encode()
        cut = behaviour.cut_after
        if behaviour.cut_share is not None:
            cut = round(len(data) * behaviour.cut_share)
        counted.status = 200
        if behaviour.stall_after is not None:
            await wire.open_stream("application/json")
            return await self._stall(wire, counted)
        if cut is not None:
            # The model had answered; only the way back broke.
            counted.produced_tokens = reply.output_tokens
            self.count.end(counted, "cut")
            await wire.whole(200, data, "application/json", torn_after=cut)
            return False
        self._answered(counted, reply)
        await wire.whole(200, data, "application/json")
        return True

    async def _stall(self, wire: Wire, counted: Counted) -> bool:
        self.count.end(counted, "stalled")
        await wire.patient(None)
        self.hung_up.set()
        return False

    async def _stream(
        self,
        wire: Wire,
        received: Received,
        behaviour: Behaviour,
        reply: Reply,
        counted: Counted,
    ) -> bool:
        frames = received.dialect.frames(reply)
        pieces = _pieces(reply.text)
        cut = behaviour.cut_after
        if behaviour.cut_share is not None:
            cut = round(len(pieces) * behaviour.cut_share)
        # A short answer stalls before its end, not after it.
        stall = None if behaviour.stall_after is None else min(behaviour.stall_after, len(pieces))
        counted.status = 200
        await wire.open_stream("text/event-stream")
        await wire.chunk(b"".join(frames.opening()))
        sent = 0
        for number, piece in enumerate([*pieces, ""]):
            if number == stall:
                return await self._stall(wire, counted)
            if number == cut:
                self.count.end(counted, "cut")
                if not behaviour.end_quietly and not behaviour.break_with:
                    wire.tear()
                    return False
                broken = TROUBLES.get(behaviour.break_with)
                ending = (
                    frames.broken(broken.as_told_by(received.dialect.name))
                    if broken
                    else frames.quiet_end()
                )
                if ending:
                    await wire.chunk(b"".join(ending))
                await wire.close_stream()
                return True
            if not piece:
                break
            # Counted before it is sent: what may have arrived is what may be billed.
            sent += len(piece)
            counted.produced_tokens = tokens_in(reply.text[:sent])
            await wire.chunk(frames.piece(piece))
            if behaviour.chunk_delay and not await wire.patient(behaviour.chunk_delay):
                return self._lost(counted)
        self._answered(counted, reply)
        await wire.chunk(b"".join(frames.closing(reply.text)))
        await wire.close_stream()
        return True


def answered(received: Received) -> str:
    """The default: the answer by rules of `tests.providers.answers`."""
    return answer(received.role, received.user, received.asked.schema)


def _pieces(text: str) -> list[str]:
    """The text in pieces of about three words, as a stream delivers it."""
    words = re.findall(r"\s*\S+", text)
    return ["".join(words[i : i + 3]) for i in range(0, len(words), 3)]
