"""The web server: uvicorn, with what this product needs of it.

A client that reads slowly makes the sender wait instead of filling memory, sockets are not
compressed (it would cost more than all the rest of sending), and a stop ends streams and sockets
at once, so that their clients come back to the next process, while requests under way finish.

    python -m handywriterz.web_server -b 127.0.0.1 -p 8000 handywriterz.asgi:application
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from handywriterz.stopping import announce_stop

BACKLOG = 2048
FRAME_MAX_BYTES = 1024 * 1024
"""Largest message of a client; the consumers refuse smaller ones with a sentence."""
GONE_SECONDS = 120
"""A client that acknowledges nothing for this long is gone. Signs of life are sent by the
application; there are no pings, which a slow but living client would answer too late."""
FINISH_SECONDS = 8
"""Requests under way get this long when the server stops."""


class Connection(H11Protocol):
    """An HTTP connection, which may become a socket."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        plug = transport.get_extra_info("socket")
        timeout = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux
        if plug is not None and timeout is not None and plug.family != socket.AF_UNIX:
            plug.setsockopt(socket.IPPROTO_TCP, timeout, GONE_SECONDS * 1000)
        super().connection_made(transport)


class Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        announce_stop()
        await super().shutdown(sockets)


def serve(application: str, host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT; the exit code is 0 after either."""
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        loop="asyncio",
        http=Connection,
        ws="websockets-sansio",
        ws_max_size=FRAME_MAX_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        interface="asgi3",
        backlog=BACKLOG,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Django decides whom to believe about forwarded addresses and schemes.
        proxy_headers=False,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    server = Server(config)
    server.run()
    return 0 if server.started else 1


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="handywriterz.web_server")
    parser.add_argument("-b", "--bind", default="127.0.0.1", help="address to listen on")
    parser.add_argument("-p", "--port", type=int, default=8000)
    parser.add_argument("application", nargs="?", default="handywriterz.asgi:application")
    options = parser.parse_args(argv)
    return serve(options.application, options.bind, options.port)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
