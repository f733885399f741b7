"""The server: one port, each registry under its name, faults on demand."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.registries import (
    arxiv,
    crossref,
    engines,
    europe_pmc,
    files,
    openalex,
    pubmed,
    semantic_scholar,
    unpaywall,
)
from tests.registries.answering import Asked, Reply
from tests.registries.faults import Fault, spoiled

Speaker = Callable[[Asked], Reply]

SPEAKERS: dict[str, Speaker] = {
    "openalex": openalex.answer,
    "crossref": crossref.answer,
    "arxiv": arxiv.answer,
    "europe_pmc": europe_pmc.answer,
    "semantic_scholar": semantic_scholar.answer,
    "pubmed": pubmed.answer,
    "unpaywall": unpaywall.answer,
    "searxng": engines.searxng,
    "brave": engines.brave,
    "tavily": engines.tavily,
    "duckduckgo": engines.duckduckgo,
    "files": files.answer,
}
"""By the first part of the path."""


@dataclass
class Registries:
    """A running world."""

    base: str
    """`http://127.0.0.1:PORT`."""
    asked: list[tuple[str, Asked]] = field(default_factory=list)
    """Registry and request, in the order they came."""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, name: str) -> str:
        return f"{self.base}/{name}"

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    @property
    def host(self) -> str:
        """As OUTSIDE_PRIVATE_HOSTS takes it."""
        return f"127.0.0.1:{self.port}"

    def fail(self, name: str, *faults: Fault) -> None:
        """Answer the next requests to `name` like this, one fault each; the last one stays if it
        is `lasting`."""
        with self.lock:
            self.faults[name] = list(faults)

    def heal(self) -> None:
        with self.lock:
            self.faults.clear()
            self.asked.clear()

    def questions(self, name: str) -> list[Asked]:
        with self.lock:
            return [one for of, one in self.asked if of == name]

    def take_fault(self, name: str) -> Fault | None:
        with self.lock:
            queue = self.faults.get(name) or []
            if not queue:
                return None
            return queue[0] if queue[0].lasting else queue.pop(0)

    @property
    def environment(self) -> dict[str, str]:
        """What points the product at this world."""
        urls = {f"{name.upper()}_URL": self.url(name) for name in (*REGISTRY_NAMES, *ENGINE_NAMES)}
        return {
            "SCHOLARLY_PROVIDERS": ",".join(REGISTRY_NAMES),
            **urls,
            "WEB_SEARCH": "searxng",
            "OUTSIDE_PRIVATE_HOSTS": self.host,
            "CONTACT_EMAIL": "someone@example.org",
        }


REGISTRY_NAMES = (
    "openalex",
    "crossref",
    "arxiv",
    "europe_pmc",
    "semantic_scholar",
    "pubmed",
    "unpaywall",
)
ENGINE_NAMES = ("searxng", "brave", "tavily", "duckduckgo")


@contextlib.contextmanager
def registries(port: int = 0) -> Iterator[Registries]:
    """Serve the world on a local port until the block ends."""
    running = Registries("")
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(running))
    server.daemon_threads = True
    running.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(running: Registries) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            name, _, rest = unquote(parts.path).lstrip("/").partition("/")
            asked = Asked(
                path=f"/{rest}",
                params=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={key.lower(): value for key, value in self.headers.items()},
                body=body,
                base=running.base,
                method=self.command,
            )
            if name == "_control" and self.command == "POST":
                self._control(body)
                return
            with running.lock:
                running.asked.append((name, asked))
            speaker = SPEAKERS.get(name)
            answer = speaker(asked) if speaker else files.site(f"/{name}/{rest}".rstrip("/"), asked)
            fault = running.take_fault(name)
            if fault is not None:
                time.sleep(fault.latency)
                answer = spoiled(fault, answer, running.base)
            self._send(answer, fault)

        def _control(self, body: bytes) -> None:
            """`{"openalex": [{"kind": "status", "status": 429}]}` sets faults; `{}` heals."""
            told: dict[str, list[dict[str, Any]]] = json.loads(body)
            running.heal()
            for name, faults in told.items():
                running.fail(name, *(Fault(**one) for one in faults))
            self._send(Reply(204), None)

        def _send(self, answer: Reply, fault: Fault | None) -> None:
            data = answer.body
            with contextlib.suppress(OSError):
                self.send_response(answer.status)
                for key, value in answer.headers.items():
                    self.send_header(key, value.encode().decode("latin-1"))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if fault is not None and fault.kind == "broken_off":
                    self.wfile.write(data[: len(data) // 2])
                    self.close_connection = True
                    return
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: tests look at `asked`."""

    return Handler
