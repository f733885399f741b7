"""Small HTTP servers that answer as one kind of model server does, or as none should."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Write = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Page:
    """What one address answers with."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    write: Write | None = None
    """Takes over after the request was read: for answers that never end."""


@dataclass
class Shape:
    """A running server: where it is, and what it was asked."""

    url: str
    asked: list[tuple[str, str, dict[str, str], bytes]]

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.asked]


@contextlib.contextmanager
def serving(pages: Mapping[str, Page | Any], *, otherwise: Page | None = None) -> Iterator[Shape]:
    """Serve `pages`, by `METHOD /path` or `/path`; anything else gets 404 unless `otherwise`."""
    asked: list[tuple[str, str, dict[str, str], bytes]] = []
    missing = otherwise or Page({"error": "not found"}, 404)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append((self.command, self.path, headers, body))
            bare = self.path.partition("?")[0]
            page = pages.get(f"{self.command} {bare}", pages.get(bare, missing))
            if not isinstance(page, Page):
                page = Page(page)
            if page.write is not None:
                with contextlib.suppress(OSError):
                    page.write(self)
                self.close_connection = True
                return
            data = page.raw if page.raw is not None else json.dumps(page.body).encode()
            self.send_response(page.status)
            if "Content-Type" not in page.headers:
                self.send_header("Content-Type", "application/json")
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(data)

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: tests look at `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Shape(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def completion(text: str, **usage: int) -> dict[str, Any]:
    """A whole answer in Chat Completions."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": usage or {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29},
    }


GREETING = json.dumps({"greeting": "Hello there.", "sum": 42})
HTML = Page(
    raw=b"<!doctype html><html><body>Welcome</body></html>", headers={"Content-Type": "text/html"}
)
