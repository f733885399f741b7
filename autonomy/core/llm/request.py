"""One HTTP request to one model: ask, listen, and hand back text with its usage."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel
from pydantic_ai import direct, messages
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from autonomy.core.llm.failures import FailureKind, Unusable
from autonomy.core.llm.providers import OutputMode

# Spans of the OpenTelemetry GenAI conventions; a no-op until the process sets up a tracer. What
# people write and upload stays out of them.
_SPANS = InstrumentationSettings(include_content=False)

OnToken = Callable[[str], Awaitable[None]]


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

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def conversation(
    system: str, prompt: str, *, answer: str | None = None, complaint: str = ""
) -> list[messages.ModelMessage]:
    """The messages of a call; with `answer`, of the re-ask that quotes what was wrong with it."""
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
    again = (
        "Your answer could not be used. What was wrong: "
        f"{complaint}\nGive the whole answer again, as one JSON object of the shape asked for and "
        "nothing else."
    )
    return [
        *first,
        messages.ModelResponse(parts=[messages.TextPart(content=answer or "(empty)")]),
        messages.ModelRequest(parts=[messages.UserPromptPart(content=again)]),
    ]


def in_words(output: type[BaseModel]) -> str:
    """What a server that takes no schema is told about the shape of the answer."""
    schema = json.dumps(output.model_json_schema(), ensure_ascii=False)
    return f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{schema}"


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

    return found(output.model_json_schema())


def parameters(output: type[BaseModel] | None, mode: OutputMode) -> ModelRequestParameters:
    """How `output` is asked for. Text is always allowed: the parse ladder reads whatever comes.

    `prompted` asks for nothing here: not even "any JSON" is understood everywhere.
    """
    if output is None or mode == "prompted":
        return ModelRequestParameters()
    schema, name = output.model_json_schema(), output.__name__
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


def _read(response: messages.ModelResponse, *, streamed: bool) -> Reply:
    finish = response.finish_reason
    if streamed and finish is None and not (response.provider_details or {}).get("finish_reason"):
        # The connection closed in good order, but the provider never said that it was done.
        raise ConnectionResetError("The stream ended before the answer did.")
    calls = [part for part in response.parts if isinstance(part, messages.ToolCallPart)]
    text = calls[-1].args_as_json_str() if calls else (response.text or "")
    if finish == "content_filter":
        raise Unusable(FailureKind.CONTENT_FILTER)
    usage = response.usage
    measured = not usage.unmeasured_requests and (usage.input_tokens or usage.output_tokens)
    return Reply(
        text=text,
        cut=finish == "length",
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
) -> Reply:
    """Make one request, streamed when `on_token` is given. The SDKs' own retries are off.

    Raises:
        pydantic_ai.exceptions.AgentRunError: the provider's failure.
        ConnectionResetError: a stream that ended early.
        Unusable: the answer was filtered.
    """
    settings = ModelSettings(
        max_tokens=output_tokens, request_timeout=seconds, timeout=seconds, max_retries=0
    )
    if on_token is None:
        response = await direct.model_request(
            model,
            history,
            model_settings=settings,
            model_request_parameters=asked,
            instrument=_SPANS,
        )
        return _read(response, streamed=False)
    async with direct.model_request_stream(
        model, history, model_settings=settings, model_request_parameters=asked, instrument=_SPANS
    ) as stream:
        async for event in stream:
            piece = ""
            if isinstance(event, messages.PartStartEvent):
                if isinstance(event.part, messages.TextPart):
                    piece = event.part.content
            elif isinstance(event, messages.PartDeltaEvent) and isinstance(
                event.delta, messages.TextPartDelta
            ):
                piece = event.delta.content_delta
            if piece:
                heard.pieces.append(piece)
                await on_token(piece)
        return _read(stream.get(), streamed=True)
