"""One HTTP request to one model: ask, listen, and hand back text with its usage."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx2
from pydantic import BaseModel
from pydantic_ai import direct, messages
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from autonomy.core import tracing
from autonomy.core.llm.failures import FailureKind, Unusable
from autonomy.core.llm.hearing import Hearing, clean, most_chars
from autonomy.core.llm.providers import OutputMode

REQUEST_ID = "x-client-request-id"
"""Header that names a request for the other side, so that bills can be held against books."""

OnToken = Callable[[str], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    text: str
    cut: bool
    """The answer stopped at the token limit."""
    input_tokens: int | None
    """None when the provider did not say."""
    output_tokens: int | None


@dataclass(slots=True)
class Heard:
    """Text received so far; outlives the request when that breaks off."""

    pieces: list[str] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic
    sent_at: float | None = None
    first_at: float | None = None
    """When the first piece of a stream came."""

    def take(self, piece: str) -> None:
        if self.first_at is None:
            self.first_at = self.clock()
        self.pieces.append(piece)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def conversation(
    system: str, prompt: str, *, answer: str | None = None, complaint: str = "", rest: str = ""
) -> list[messages.ModelMessage]:
    """The messages of a call; with `answer`, of a further request that quotes it: either what was
    wrong with it (`complaint`), or how it is to be gone on with (`rest`)."""
    first: list[messages.ModelMessage] = [
        messages.ModelRequest(
            parts=[
                messages.SystemPromptPart(content=system),
                messages.UserPromptPart(content=prompt),
            ]
        )
    ]
    if answer is None:
        return first
    return [
        *first,
        messages.ModelResponse(parts=[messages.TextPart(content=answer or "(empty)")]),
        messages.ModelRequest(parts=[messages.UserPromptPart(content=rest or _AGAIN % complaint)]),
    ]


_AGAIN = (
    "Your answer could not be used. What was wrong: %s\n"
    "Give the whole answer again, as one JSON object of the shape asked for and nothing else."
)


@lru_cache(maxsize=64)
def _schema(output: type[BaseModel]) -> dict[str, Any]:
    """The shape as a JSON schema, made once: it costs as much as a trip to the database. Nobody
    may change it."""
    return output.model_json_schema()


@lru_cache(maxsize=64)
def in_words(output: type[BaseModel]) -> str:
    """What a server that takes no schema is told about the shape of the answer."""
    schema = json.dumps(_schema(output), ensure_ascii=False)
    return f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{schema}"


@lru_cache(maxsize=64)
def free_form(output: type[BaseModel]) -> bool:
    """Whether the shape has an object whose keys it does not name.

    Strict schemas forbid unnamed keys, so some providers would force such an object to be empty.
    """

    def found(part: object) -> bool:
        if isinstance(part, dict):
            if part.get("type") == "object" and not part.get("properties"):
                return True
            return any(found(value) for value in part.values())
        return isinstance(part, list) and any(found(value) for value in part)

    return found(_schema(output))


def parameters(output: type[BaseModel] | None, mode: OutputMode) -> ModelRequestParameters:
    """How `output` is asked for. Text is always allowed: the parse ladder reads whatever comes.

    `prompted` asks for nothing here: not even "any JSON" is understood everywhere.
    """
    if output is None or mode == "prompted":
        return ModelRequestParameters()
    schema, name = copy.deepcopy(_schema(output)), output.__name__
    description = (output.__doc__ or "").strip().split("\n")[0] or None
    if mode == "tool":
        answer = ToolDefinition(
            name=name, parameters_json_schema=schema, description=description, kind="output"
        )
        return ModelRequestParameters(output_mode="tool", output_tools=[answer])
    return ModelRequestParameters(
        output_mode="native",
        output_object=OutputObjectDefinition(
            json_schema=schema, name=name, description=description
        ),
    )


_READ_MOST, _WRITTEN_MOST, _USAGE_SLACK = 4, 10, 50_000
"""Of what a request can have used: tokens per character that was sent, times the room that the
answer was given (thinking may be counted beside it), and what templates and schemas add."""


def _usage_bound(history: Sequence[messages.ModelMessage], room: int) -> tuple[int, int]:
    """The most tokens, read and written, that a provider is believed to have used: beyond that it
    miscounts, and the books could not even hold some of the numbers that servers have said."""
    said = sum(len(str(getattr(p, "content", ""))) for m in history for p in m.parts)
    return _READ_MOST * said + _USAGE_SLACK, _WRITTEN_MOST * room + _USAGE_SLACK


def _counts(tokens: object, most: int) -> bool:
    # Packages hand on what servers say, and some say one and a half.
    return isinstance(tokens, int) and 0 <= tokens <= most


def _read(
    response: messages.ModelResponse, *, streamed: bool, most: tuple[int, int], room: int
) -> Reply:
    finish = response.finish_reason
    if streamed and finish is None and not (response.provider_details or {}).get("finish_reason"):
        # The connection closed in good order, but the provider never said that it was done.
        raise ConnectionResetError("The stream ended before the answer did.")
    calls = [part for part in response.parts if isinstance(part, messages.ToolCallPart)]
    text = calls[-1].args_as_json_str() if calls else (response.text or "")
    if finish == "content_filter":
        raise Unusable(FailureKind.CONTENT_FILTER)
    usage = response.usage
    measured = (
        not usage.unmeasured_requests
        and (usage.input_tokens or usage.output_tokens)
        and _counts(usage.input_tokens, most[0])
        and _counts(usage.output_tokens, most[1])
    )
    longest = most_chars(room)
    return Reply(
        text=clean(text[:longest]),
        cut=finish == "length" or len(text) > longest,
        input_tokens=usage.input_tokens if measured else None,
        output_tokens=usage.output_tokens if measured else None,
    )


async def send(
    model: Model,
    history: Sequence[messages.ModelMessage],
    asked: ModelRequestParameters,
    *,
    seconds: float,
    output_tokens: int,
    heard: Heard,
    on_token: OnToken | None,
    stall_seconds: float | None = None,
    request_id: str = "",
) -> Reply:
    """Make one request, streamed when `on_token` is given. The SDKs' own retries are off.

    Args:
        seconds: for the whole request.
        stall_seconds: a stream that has begun and is silent for longer counts as broken off.
        request_id: names the request for the other side.

    Raises:
        pydantic_ai.exceptions.AgentRunError: the provider's failure.
        ConnectionResetError: a stream that ended early or stalled.
        Unusable: the answer was filtered.
    """
    settings = ModelSettings(
        max_tokens=output_tokens, request_timeout=seconds, timeout=seconds, max_retries=0
    )
    if request_id:
        settings["extra_headers"] = {REQUEST_ID: request_id}
    heard.sent_at = heard.clock()
    if on_token is not None:
        return await _streamed(model, history, asked, settings, heard, on_token, stall_seconds)
    with _sdk():
        response = await direct.model_request(
            model,
            history,
            model_settings=settings,
            model_request_parameters=asked,
            instrument=tracing.instrumentation(),
        )
    most = _usage_bound(history, output_tokens)
    return _read(response, streamed=False, most=most, room=output_tokens)


async def _streamed(
    model: Model,
    history: Sequence[messages.ModelMessage],
    asked: ModelRequestParameters,
    settings: ModelSettings,
    heard: Heard,
    on_token: OnToken,
    stall_seconds: float | None,
) -> Reply:
    """The request as `send` makes it when somebody watches: each piece is told as it comes."""
    room = settings["max_tokens"]
    async with _opened(
        direct.model_request_stream(
            model,
            history,
            model_settings=settings,
            model_request_parameters=asked,
            instrument=tracing.instrumentation(),
        )
    ) as stream:
        events, hearing = aiter(stream), Hearing(room)
        # Before its first words a model may think for as long as a request may take.
        while event := await _next(events, stall_seconds if heard.pieces else None):
            if piece := hearing.take(event):
                heard.take(piece)
                await on_token(piece)
            if hearing.full:
                return Reply(heard.text, cut=True, input_tokens=None, output_tokens=None)
            # What has come already is read without waiting: other runs have their turn all the same.
            await asyncio.sleep(0)
        with _sdk():
            whole = stream.get()
        return _read(whole, streamed=True, most=_usage_bound(history, room), room=room)


async def _next(
    events: AsyncIterator[messages.ModelResponseStreamEvent], seconds: float | None
) -> messages.ModelResponseStreamEvent | None:
    """The next event of a stream, None after the last. Raises `ConnectionResetError` when it
    stands still for `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            with _sdk():
                return await anext(events)
    except StopAsyncIteration:
        return None
    except TimeoutError as error:
        raise ConnectionResetError("The stream stood still.") from error


class Foreign(Unusable):
    """What came is no answer of the protocol that was spoken."""

    def __init__(self) -> None:
        super().__init__(FailureKind.MALFORMED, "The answer does not fit its protocol.")


@contextmanager
def _sdk() -> Iterator[None]:
    """What the providers' packages stumble over is the other side's fault, not a bug of ours."""
    try:
        yield
    except httpx2.HTTPError as error:
        raise ConnectionResetError(type(error).__name__) from error
    except (TypeError, AttributeError, LookupError, ValueError) as error:
        raise Foreign from error


@asynccontextmanager
async def _opened(
    opening: AbstractAsyncContextManager[StreamedResponse],
) -> AsyncIterator[StreamedResponse]:
    """The stream behind `opening`, which the SDK may stumble over at either end. What goes wrong
    in between is passed on as it is: it may be ours."""
    with _sdk():
        stream = await opening.__aenter__()
    try:
        yield stream
    except BaseException as error:
        try:
            await opening.__aexit__(type(error), error, error.__traceback__)
        except Exception as closing:
            # Why it is closed matters more than what goes wrong while hanging up.
            if closing is not error:
                raise error from closing
            raise
        raise
    with _sdk():
        await opening.__aexit__(None, None, None)
