"""Chat Completions as compatible servers really speak them.

Imported only where such a server is called: the package behind it takes a second to load.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeGuard

from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.completion_usage import CompletionUsage
from pydantic import ValidationError
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIStreamedResponse


class CompatibleChatModel(OpenAIChatModel):
    """Takes an answer whose count of tokens makes no sense for one without: some servers write
    null, fractions or words there, and what they said is none the worse."""

    def _validate_completion(self, response: ChatCompletion) -> Any:
        response.usage = _sensible(response.usage)
        return super()._validate_completion(response)

    @property
    def _streamed_response_cls(self) -> type[OpenAIStreamedResponse]:
        return _CompatibleStream


class _CompatibleStream(OpenAIStreamedResponse):
    async def _validate_response(self) -> AsyncIterator[ChatCompletionChunk]:
        async for chunk in super()._validate_response():
            chunk.usage = _sensible(chunk.usage)
            yield chunk


def _sensible(usage: object) -> CompletionUsage | None:
    """What a server counted, if it can be a count; the finer figures only if all of them can."""
    if not isinstance(usage, CompletionUsage):
        return None
    # Nothing of it has been looked at yet, whatever the types say.
    told: dict[str, Any] = usage.model_dump(warnings=False)
    read, written = told.get("prompt_tokens"), told.get("completion_tokens")
    if not (_count(read) and _count(written)):
        return None
    counts = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    try:
        return CompletionUsage.model_validate(told | counts)
    except ValidationError:
        return CompletionUsage.model_validate(counts)


def _count(tokens: object) -> TypeGuard[int]:
    return type(tokens) is int and tokens >= 0
