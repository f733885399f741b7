"""Anthropic's Messages. https://docs.anthropic.com/en/api/messages"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.providers.dialects.chat_completions import bearer
from tests.providers.dialects.exchange import Asked, Body, Frames, Reply, Turn, event, text_of
from tests.providers.troubles import Trouble


class AnthropicMessages:
    name = "anthropic"
    path = "/messages"

    def key(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-api-key") or bearer(headers)

    def read(self, body: Body) -> Asked:
        turns = [Turn("system", text_of(body["system"]))] if body.get("system") else []
        turns += [
            Turn(message["role"], text_of(message.get("content")))
            for message in body.get("messages", [])
        ]
        tools = [tool for tool in body.get("tools") or [] if "input_schema" in tool]
        # The shape of the answer moved from one key to the other; clients in use send either.
        config = body.get("output_config") or {}
        shape = config.get("format") or body.get("output_format") or {}
        return Asked(
            model=body.get("model", "simulated"),
            turns=tuple(turns),
            schema=shape.get("schema") or (tools[0]["input_schema"] if tools else None),
            tool=tools[0]["name"] if tools else None,
            streamed=bool(body.get("stream")),
            most=body.get("max_tokens"),
        )

    def whole(self, reply: Reply) -> Body:
        given = _object(reply.text) if reply.tool else None
        content = (
            {"type": "tool_use", **_call(reply), "input": given}
            if given is not None
            # Arguments that are no JSON cannot be put into a whole answer: this API parses them.
            else {"type": "text", "text": reply.text}
        )
        reason = "end_turn" if reply.tool and given is None else _stop_reason(reply)
        message = _message(reply, [content] if reply.text else [])
        return {**message, "stop_reason": reason, "usage": _usage(reply)}

    def frames(self, reply: Reply) -> Frames:
        return _MessageFrames(reply)

    def failure(self, trouble: Trouble) -> Body:
        return _error(trouble)


class _MessageFrames:
    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def opening(self) -> list[bytes]:
        start = _message(self._reply, [])
        start["usage"] = {**_usage(self._reply), "output_tokens": 1 if self._reply.usage else 0}
        block = (
            {"type": "tool_use", **_call(self._reply), "input": {}}
            if self._reply.tool
            else {"type": "text", "text": ""}
        )
        return [
            _event("message_start", message=start),
            _event("content_block_start", index=0, content_block=block),
            _event("ping"),
        ]

    def piece(self, text: str) -> bytes:
        delta = (
            {"type": "input_json_delta", "partial_json": text}
            if self._reply.tool
            else {"type": "text_delta", "text": text}
        )
        return _event("content_block_delta", index=0, delta=delta)

    def closing(self, text: str) -> list[bytes]:
        delta = {"stop_reason": _stop_reason(self._reply), "stop_sequence": None}
        return [
            _event("content_block_stop", index=0),
            _event("message_delta", delta=delta, usage=_usage(self._reply)),
            _event("message_stop"),
        ]

    def quiet_end(self) -> list[bytes]:
        return []

    def broken(self, trouble: Trouble) -> list[bytes]:
        return [event(_error(trouble), "error")]


def _event(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def _error(trouble: Trouble) -> Body:
    return {
        "type": "error",
        "error": {"type": trouble.anthropic_type, "message": trouble.message},
        "request_id": "req_simulated",
    }


def _message(reply: Reply, content: list[Body]) -> Body:
    return {
        "id": f"msg_{reply.ident}",
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
    }


def _call(reply: Reply) -> Body:
    return {"id": f"toolu_{reply.ident}", "name": reply.tool}


def _object(text: str) -> Body | None:
    try:
        given = json.loads(text)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _stop_reason(reply: Reply) -> str:
    if reply.tool and reply.finish == "stop":
        return "tool_use"
    return {"length": "max_tokens", "content_filter": "refusal", "refusal": "refusal"}.get(
        reply.finish, "end_turn"
    )


def _usage(reply: Reply) -> Body:
    # This API always tells its usage; zero stands for "not told".
    told = reply.usage
    return {
        "input_tokens": reply.input_tokens if told else 0,
        "output_tokens": reply.output_tokens if told else 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
