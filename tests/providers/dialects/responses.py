"""OpenAI's Responses. https://platform.openai.com/docs/api-reference/responses"""

from __future__ import annotations

from collections.abc import Mapping

from tests.providers.dialects.chat_completions import bearer, openai_error
from tests.providers.dialects.exchange import Asked, Body, Frames, Reply, Turn, event, text_of
from tests.providers.troubles import Trouble


class Responses:
    name = "responses"
    path = "/responses"

    def key(self, headers: Mapping[str, str]) -> str | None:
        return bearer(headers)

    def read(self, body: Body) -> Asked:
        turns = [Turn("system", body["instructions"])] if body.get("instructions") else []
        given = body.get("input", [])
        for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
            kind, role = item.get("type", "message"), item.get("role", "user")
            if kind == "message":
                role = "system" if role == "developer" else role
                turns.append(Turn(role, text_of(item.get("content"))))
            elif kind == "function_call":
                turns.append(Turn("assistant", item.get("arguments", "")))
            elif kind == "function_call_output":
                turns.append(Turn("user", text_of(item.get("output"))))
        tools = [tool for tool in body.get("tools") or [] if tool.get("type") == "function"]
        shape = (body.get("text") or {}).get("format") or {}
        return Asked(
            model=body.get("model", "simulated"),
            turns=tuple(turns),
            schema=shape.get("schema") or (tools[0].get("parameters") if tools else None),
            tool=tools[0]["name"] if tools else None,
            streamed=bool(body.get("stream")),
            most=body.get("max_output_tokens"),
            named_most="max_output_tokens",
        )

    def whole(self, reply: Reply) -> Body:
        return _response(reply, _status(reply), [_item(reply, reply.text, "completed")])

    def frames(self, reply: Reply) -> Frames:
        return _ResponseFrames(reply)

    def failure(self, trouble: Trouble) -> Body:
        return {"error": openai_error(trouble)}


class _ResponseFrames:
    """The events are numbered, and name the item and the part that they add to."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._number = -1
        self._place = {"item_id": _item_id(reply), "output_index": 0}
        self._refused = reply.finish == "refusal"

    def opening(self) -> list[bytes]:
        begun = _response(self._reply, "in_progress", [])
        blocks = [
            self._event("response.created", response=begun),
            self._event("response.in_progress", response=begun),
            self._event(
                "response.output_item.added",
                output_index=0,
                item=_item(self._reply, "", "in_progress"),
            ),
        ]
        if not self._reply.tool:
            part = _part(self._reply, "")
            blocks.append(
                self._event(
                    "response.content_part.added", **self._place, content_index=0, part=part
                )
            )
        return blocks

    def piece(self, text: str) -> bytes:
        if self._reply.tool:
            kind = "response.function_call_arguments.delta"
            return self._event(kind, **self._place, delta=text)
        if self._refused:
            kind = "response.refusal.delta"
            return self._event(kind, **self._place, content_index=0, delta=text)
        kind = "response.output_text.delta"
        return self._event(kind, **self._place, content_index=0, delta=text, logprobs=[])

    def closing(self, text: str) -> list[bytes]:
        item = _item(self._reply, text, "completed")
        if self._reply.tool:
            kind = "response.function_call_arguments.done"
            blocks = [self._event(kind, **self._place, name=self._reply.tool, arguments=text)]
        else:
            place = {**self._place, "content_index": 0}
            done = (
                self._event("response.refusal.done", **place, refusal=text)
                if self._refused
                else self._event("response.output_text.done", **place, text=text, logprobs=[])
            )
            part = _part(self._reply, text)
            blocks = [done, self._event("response.content_part.done", **place, part=part)]
        status = _status(self._reply)
        return [
            *blocks,
            self._event("response.output_item.done", output_index=0, item=item),
            self._event(f"response.{status}", response=_response(self._reply, status, [item])),
        ]

    def quiet_end(self) -> list[bytes]:
        return []

    def broken(self, trouble: Trouble) -> list[bytes]:
        code = trouble.openai_code or trouble.openai_type
        response = _response(self._reply, "failed", [])
        response["error"] = {"code": code, "message": trouble.message}
        return [self._event("response.failed", response=response)]

    def _event(self, kind: str, **fields: object) -> bytes:
        self._number += 1
        return event({"type": kind, "sequence_number": self._number, **fields}, kind)


def _item_id(reply: Reply) -> str:
    return f"{'fc' if reply.tool else 'msg'}_{reply.ident}"


def _part(reply: Reply, text: str) -> Body:
    if reply.finish == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _item(reply: Reply, text: str, status: str) -> Body:
    head = {"id": _item_id(reply), "status": status}
    if reply.tool:
        call = {"call_id": f"call_{reply.ident}", "name": reply.tool, "arguments": text}
        return {**head, "type": "function_call", **call}
    content = [_part(reply, text)] if status == "completed" else []
    return {**head, "type": "message", "role": "assistant", "content": content}


def _status(reply: Reply) -> str:
    return "incomplete" if reply.finish in ("length", "content_filter") else "completed"


def _response(reply: Reply, status: str, output: list[Body]) -> Body:
    why = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(reply.finish)
    body: Body = {
        "id": f"resp_{reply.ident}",
        "object": "response",
        "created_at": reply.created,
        "status": status,
        "model": reply.model,
        "output": output,
        "error": None,
        "incomplete_details": {"reason": why} if status == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
    }
    if reply.usage and status in ("completed", "incomplete"):
        body["usage"] = {
            "input_tokens": reply.input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": reply.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": reply.input_tokens + reply.output_tokens,
        }
    return body
