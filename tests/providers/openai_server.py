"""A local server that speaks OpenAI's Chat Completions, well enough to run the product against.

By default it answers our own prompts sensibly (see `tests.providers.answers`), streamed or not,
with usage. A test may queue behaviours (errors, latency, cut streams, damaged JSON) that are used
up one per request before the default takes over again.

    python -m tests.providers.openai_server --port 18800
    OPENAI_BASE_URL=http://127.0.0.1:18800/v1 HANDYWRITERZ_MODEL=openai:simulated …
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import threading
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.providers.answers import answer

Body = dict[str, Any]


@dataclass(frozen=True)
class Behaviour:
    """How one request is served."""

    content: str | None = None
    """What the model says; None lets the default answer."""
    status: int = 200
    error: Body | None = None
    """Body of an error answer, under `error`."""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the first byte."""
    chunk_delay: float = 0.0
    """Seconds between the pieces of a stream."""
    cut_after: int | None = None
    """Pieces of a stream (or bytes of a plain answer) after which the connection is torn down."""
    end_quietly: bool = False
    """With `cut_after`: close in good order instead, as if the answer were complete."""
    finish_reason: str = "stop"
    usage: bool = True
    refuse_schema: bool = False
    """Reject requests that carry `response_format` or tools, as simple servers do."""


def failing(status: int, code: str, message: str = "simulated", **headers: str) -> Behaviour:
    """An error answer in OpenAI's form; header names take `_` for `-`."""
    return Behaviour(
        status=status,
        error={"message": message, "type": code, "code": code},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: Body

    @property
    def system(self) -> str:
        return _said(self.body, ("system", "developer"))

    @property
    def user(self) -> str:
        return _said(self.body, ("user",))

    @property
    def role(self) -> str:
        """The role that our prompts name in their first line."""
        match = re.match(r"Role: (\w+)", self.system)
        return match[1] if match else ""


def _said(body: Body, roles: tuple[str, ...]) -> str:
    parts = []
    for message in body.get("messages", []):
        if message.get("role") in roles:
            content = message.get("content") or ""
            if isinstance(content, list):
                content = "\n".join(part.get("text", "") for part in content)
            parts.append(content)
    return "\n\n".join(parts)


def _tokens(text: str) -> int:
    return max(1, len(text) // 4)


def _pieces(text: str) -> list[str]:
    """The text in pieces of about three words, as a stream delivers it."""
    words = re.findall(r"\s*\S+", text)
    return ["".join(words[i : i + 3]) for i in range(0, len(words), 3)]


class OpenAIServer:
    """The server; start and stop it on one event loop, script and inspect it from any thread."""

    def __init__(
        self, *, api_key: str | None = None, default: Callable[[Received], str] | None = None
    ) -> None:
        self.api_key = api_key
        self.default = default or (lambda r: answer(r.role, r.user, r.body))
        self.behaviour = Behaviour()
        """Of every request for which none is queued."""
        self.script: deque[Behaviour] = deque()
        self.requests: list[Received] = []
        self.hung_up = threading.Event()
        """Set when a client closes its connection before it was answered."""
        self.arrived = threading.Event()
        """Set when a request has come in."""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await self._server.wait_closed()

    # ------------------------------------------------------------------ one connection

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client has gone; there is nobody to tell.
        finally:
            self._open.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False ends the connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        request_line, *header_lines = head.decode("latin-1").rstrip().split("\r\n")
        method, path, _ = request_line.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in header_lines)
        }
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "GET" and path.endswith("/models"):
            return await self._json(writer, 200, {"object": "list", "data": [{"id": "simulated"}]})
        if self.api_key is not None and headers.get("authorization") != f"Bearer {self.api_key}":
            wrong = {"message": "Incorrect API key provided.", "code": "invalid_api_key"}
            return await self._json(writer, 401, {"error": wrong})
        if not path.endswith("/chat/completions"):
            return await self._json(writer, 404, {"error": {"message": f"No route {path}"}})
        received = Received(path, headers, json.loads(raw or b"{}"))
        self.requests.append(received)
        self.arrived.set()
        behaviour = self.script.popleft() if self.script else self.behaviour
        try:
            return await self._answer(reader, writer, received, behaviour)
        except ConnectionError:
            self.hung_up.set()
            raise

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        received: Received,
        behaviour: Behaviour,
    ) -> bool:
        if behaviour.delay and not await self._patient(reader, behaviour.delay):
            return False
        structured = received.body.get("response_format") or received.body.get("tools")
        if behaviour.refuse_schema and structured:
            refused = {"message": "response_format is not supported", "code": "invalid_request"}
            return await self._json(writer, 400, {"error": refused})
        if behaviour.status != 200:
            body = {"error": behaviour.error or {"message": "simulated"}}
            return await self._json(writer, behaviour.status, body, behaviour.headers)
        try:
            content = behaviour.content if behaviour.content is not None else self.default(received)
        except (ValueError, LookupError) as error:
            traceback.print_exception(error)
            return await self._json(writer, 400, {"error": {"message": f"simulator: {error!r}"}})
        if received.body.get("stream"):
            return await self._stream(reader, writer, received, behaviour, content)
        return await self._whole(writer, received, behaviour, content)

    async def _patient(self, reader: asyncio.StreamReader, seconds: float) -> bool:
        """Wait, unless the client hangs up meanwhile."""
        try:
            gone = not await asyncio.wait_for(reader.read(1), seconds)
        except TimeoutError:
            return True
        if gone:
            self.hung_up.set()
        return not gone

    async def _json(
        self, writer: asyncio.StreamWriter, status: int, body: Body, extra: Body | None = None
    ) -> bool:
        data = json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Simulated", "content-type: application/json"]
        lines += [f"content-length: {len(data)}", *(f"{k}: {v}" for k, v in (extra or {}).items())]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        await writer.drain()
        return True

    # ------------------------------------------------------------------ answers

    def _usage(self, received: Received, content: str) -> Body:
        prompt = _tokens(json.dumps(received.body.get("messages", [])))
        made = _tokens(content)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": made,
            "total_tokens": prompt + made,
        }

    def _frame(self, received: Received, kind: str) -> Body:
        return {
            "id": f"chatcmpl-{uuid.uuid4().hex[:12]}",
            "object": kind,
            "created": int(time.time()),
            "model": received.body.get("model", "simulated"),
        }

    def _message(self, received: Received, content: str) -> Body:
        """The answer as text, or as a call of the one tool that was offered."""
        tools = received.body.get("tools")
        if not tools:
            return {"role": "assistant", "content": content}
        function = {"name": tools[0]["function"]["name"], "arguments": content}
        call = {"id": "call_1", "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}

    async def _whole(
        self, writer: asyncio.StreamWriter, received: Received, behaviour: Behaviour, content: str
    ) -> bool:
        body = self._frame(received, "chat.completion")
        message = self._message(received, content)
        finish = "tool_calls" if "tool_calls" in message else behaviour.finish_reason
        body["choices"] = [{"index": 0, "message": message, "finish_reason": finish}]
        if behaviour.usage:
            body["usage"] = self._usage(received, content)
        if behaviour.cut_after is None:
            return await self._json(writer, 200, body)
        data = json.dumps(body).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data[: behaviour.cut_after])
        await writer.drain()
        writer.transport.abort()
        return False

    async def _stream(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        received: Received,
        behaviour: Behaviour,
        content: str,
    ) -> bool:
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )

        async def event(data: str) -> None:
            block = f"data: {data}\n\n".encode()
            writer.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
            await writer.drain()

        def chunk(delta: Body, finish: str | None = None) -> str:
            frame = self._frame(received, "chat.completion.chunk")
            frame["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish}]
            return json.dumps(frame)

        await event(chunk({"role": "assistant", "content": ""}))
        for number, piece in enumerate(_pieces(content)):
            if number == behaviour.cut_after:
                if behaviour.end_quietly:
                    await event("[DONE]")
                    writer.write(b"0\r\n\r\n")
                    await writer.drain()
                    return True
                writer.transport.abort()
                return False
            await event(chunk({"content": piece}))
            if behaviour.chunk_delay and not await self._patient(reader, behaviour.chunk_delay):
                return False
        await event(chunk({}, behaviour.finish_reason))
        if behaviour.usage and received.body.get("stream_options", {}).get("include_usage"):
            frame = self._frame(received, "chat.completion.chunk")
            await event(
                json.dumps({**frame, "choices": [], "usage": self._usage(received, content)})
            )
        await event("[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


@contextmanager
def running(server: OpenAIServer | None = None, port: int = 0) -> Iterator[OpenAIServer]:
    """The server on a thread of its own, so that any test or child process can use it."""
    server = server or OpenAIServer()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="openai-server", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(port), loop).result(10)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--port", type=int, default=18800)
    parser.add_argument("--api-key", help="refuse requests that carry another key")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--chunk-delay", type=float, default=0.0, help="seconds between pieces")
    options = parser.parse_args()

    async def serve() -> None:
        server = OpenAIServer(api_key=options.api_key)
        server.behaviour = Behaviour(delay=options.delay, chunk_delay=options.chunk_delay)
        await server.start(options.port)
        print(f"OPENAI_BASE_URL={server.base_url}", flush=True)
        await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
