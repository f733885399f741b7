"""Connections to the Redis of the providers' health, which say which server they lead to.

A server that was restarted has loaded its memory from a file that lacks the last moments, and one
that took over from another may lack more. Each server run has an id, read once per connection, so
the script can tell: see the memory in `provider_health.lua`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

CONNECTIONS = 16
"""At once, per event loop."""


class HealthConnection:
    """One connection, lent for one exchange."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection

    @property
    def run_id(self) -> str:
        """Of the server at the other end; empty when it does not say."""
        return getattr(self._connection, "hw_run_id", "")

    async def ask(self, *command: str | bytes) -> Any:
        await self._connection.send_command(*command)
        return await self._connection.read_response()

    async def ask_all(self, commands: Sequence[tuple[str, ...]]) -> list[Any]:
        """The answers to several commands, in one round trip."""
        packed = self._connection.pack_commands(commands)
        await self._connection.send_packed_command(packed)
        return [await self._connection.read_response() for _ in commands]


class HealthConnections:
    """A pool per event loop: connections belong to the loop that opened them."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._pools: dict[asyncio.AbstractEventLoop, BlockingConnectionPool] = {}

    def _pool(self) -> BlockingConnectionPool:
        loop = asyncio.get_running_loop()
        for closed in [other for other in self._pools if other.is_closed()]:
            del self._pools[closed]
        if loop not in self._pools:
            self._pools[loop] = BlockingConnectionPool.from_url(
                self._url,
                max_connections=CONNECTIONS,
                timeout=self._timeout,
                socket_connect_timeout=self._timeout,
                socket_timeout=None,
                retry=Retry(NoBackoff(), 0),
                redis_connect_func=_greet,
            )
        return self._pools[loop]

    @asynccontextmanager
    async def one(self) -> AsyncIterator[HealthConnection]:
        """A connection for one exchange, opened if need be.

        Raises:
            redis.RedisError, OSError: the server cannot be reached.
        """
        pool = self._pool()
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            yield HealthConnection(connection)
        except ResponseError:
            raise  # Whatever was asked was answered.
        except BaseException:
            # An answer that is still on its way must not be taken for that of the next question.
            await connection.disconnect(nowait=True)
            raise
        finally:
            await pool.release(connection)

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.disconnect()


async def _greet(connection: Any) -> None:
    await connection.on_connect()
    await connection.send_command("INFO", "server", check_health=False)
    try:
        info = await connection.read_response()
    except ResponseError:
        connection.hw_run_id = ""  # Not allowed here.
        return
    text = info.decode() if isinstance(info, bytes) else str(info)
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    connection.hw_run_id = lines.get("run_id", "").strip()
