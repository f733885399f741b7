"""Daphne, held to two promises that it does not make itself.

A body larger than accepted costs neither memory nor disk: Daphne keeps every body whole before the
application is asked, so a stranger could otherwise send gigabytes. And an answer that breaks off
ends its connection: Daphne would leave it open and silent, and a stream's reader waiting for ever.

    python -m handywriterz.web_server -b 127.0.0.1 -p 8000 handywriterz.asgi:application
"""

from __future__ import annotations

from typing import Any

import daphne.server
from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory, WebRequest

from handywriterz.body_limit import limit_for

PIECE_BYTES = 1024 * 1024
"""Bytes of a body handed to the application at a time; small pieces fragment the heap."""


class Request(WebRequest):  # type: ignore[misc] # daphne is untyped
    """One HTTP request. Of a body that is too large just enough is kept for `BodyLimit` to see it:
    reading on to its end, rather than hanging up, is what lets a browser show the refusal."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        path = self.channel._path.partition(b"?")[0].decode("ascii", "replace")
        limit = limit_for(path)
        # A declared length that is too large speaks for itself; other bodies are counted.
        self._room = 0 if length is not None and length > limit else limit + 1
        super().gotLength(min(length, self._room) if length is not None else None)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        kept = data[: self._room]
        self._room -= len(kept)
        if kept:
            super().handleContentChunk(kept)

    def handle_exception(self, exception: BaseException) -> None:
        if self._response_started and self.channel is not None:
            self.channel.loseConnection()
        else:
            super().handle_exception(exception)


class Factory(HTTPFactory):  # type: ignore[misc]
    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol


class Server(daphne.server.Server):  # type: ignore[misc]
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"request_buffer_size": PIECE_BYTES, **options})

    def run(self) -> None:
        # The factory is looked up by this name when the server runs; there is no argument for it.
        daphne.server.HTTPFactory = Factory
        super().run()


class CommandLine(CommandLineInterface):  # type: ignore[misc]
    server_class = Server


if __name__ == "__main__":
    CommandLine.entrypoint()
