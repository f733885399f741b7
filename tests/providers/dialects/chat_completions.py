"""OpenAI's Chat Completions, which every compatible server speaks too.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.providers.dialects.exchange import Asked, Body, Frames, Reply, Turn, event, text_of
from tests.providers.troubles import Trouble


class ChatCompletions:
    name = "chat"
    path = "/chat/completions"

    def key(self, headers: Mapping[str, str]) -> str | None:
        return bearer(headers)

    def read(self, body: Body) -> Asked:
        turns = []
        for message in body.get("messages", []):
            role = "system" if message.get("role") == "developer" else message.get("role", "user")
            text = text_of(message.get("content"))
            for call in message.get("tool_calls") or []:
                text += call["function"]["arguments"]
            turns.append(Turn(role, text))
        tools = body.get("tools") or []
        tool = tools[0]["function"] if tools else {}
        shape = (body.get("response_format") or {}).get("json_schema") or {}
        named = "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
        return Asked(
            model=body.get("model", "simulated"),
            turns=tuple(turns),
            schema=shape.get("schema") or tool.get("parameters"),
            tool=tool.get("name"),
            streamed=bool(body.get("stream")),
            usage_wanted=not body.get("stream")
            or bool((body.get("stream_options") or {}).get("include_usage")),
            most=body.get(named),
            named_most=named,
        )

    def whole(self, reply: Reply) -> Body:
        message: Body = {"role": "assistant", "content": reply.text}
        if reply.finish == "refusal":
            message = {"role": "assistant", "content": None, "refusal": reply.text}
        elif reply.tool:
            message = {"role": "assistant", "content": None, "tool_calls": [_call(reply)]}
        body = _frame(reply, "chat.completion")
        body["choices"] = [{"index": 0, "message": message, "finish_reason": _finish(reply)}]
        if reply.usage:
            body["usage"] = _usage(reply)
        return body

    def frames(self, reply: Reply) -> Frames:
        return _ChatFrames(reply)

    def failure(self, trouble: Trouble) -> Body:
        return {"error": openai_error(trouble)}


class _ChatFrames:
    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._head = _frame(reply, "chat.completion.chunk")

    def opening(self) -> list[bytes]:
        delta: Body = {"role": "assistant", "content": "" if not self._reply.tool else None}
        if self._reply.tool:
            call = _call(self._reply)
            call["function"]["arguments"] = ""
            delta["tool_calls"] = [{"index": 0, **call}]
        return [self._chunk(delta)]

    def piece(self, text: str) -> bytes:
        if self._reply.finish == "refusal":
            return self._chunk({"refusal": text})
        if self._reply.tool:
            return self._chunk({"tool_calls": [{"index": 0, "function": {"arguments": text}}]})
        return self._chunk({"content": text})

    def closing(self, text: str) -> list[bytes]:
        blocks = [self._chunk({}, _finish(self._reply))]
        if self._reply.usage:
            blocks.append(event({**self._head, "choices": [], "usage": _usage(self._reply)}))
        return [*blocks, event("[DONE]")]

    def quiet_end(self) -> list[bytes]:
        return [event("[DONE]")]

    def broken(self, trouble: Trouble) -> list[bytes]:
        return [event({"error": openai_error(trouble)})]

    def _chunk(self, delta: Body, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event({**self._head, "choices": [choice]})


def bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" else None


def openai_error(trouble: Trouble) -> Body:
    """The form of both of OpenAI's protocols."""
    return {
        "message": trouble.message,
        "type": trouble.openai_type,
        "param": None,
        "code": trouble.openai_code,
    }


def _frame(reply: Reply, kind: str) -> Body:
    ident = f"chatcmpl-{reply.ident}"
    return {"id": ident, "object": kind, "created": reply.created, "model": reply.model}


def _call(reply: Reply) -> Body:
    function = {"name": reply.tool, "arguments": reply.text}
    return {"id": f"call_{reply.ident}", "type": "function", "function": function}


def _finish(reply: Reply) -> str:
    if reply.finish == "refusal" or (reply.tool and reply.finish == "stop"):
        return "stop" if reply.finish == "refusal" else "tool_calls"
    return reply.finish


def _usage(reply: Reply) -> Body:
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
    }
