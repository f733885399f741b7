"""The foreground process of the product: starts everything in order, keeps it up, stops it all."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from handywriterz.env import BASE_DIR
from handywriterz.stack.account import Account, choose_account
from handywriterz.stack.addresses import StackError, postgres_dir, redis_dir, run_dir, socket_dir
from handywriterz.stack.child import Child, Say, Spec
from handywriterz.stack.parts import web, worker
from handywriterz.stack.postgres import Postgres, installation
from handywriterz.stack.preparation import collect_static, migrate
from handywriterz.stack.redis_server import Redis, server

CAP_LOGS_SECONDS = 60.0
READY_SECONDS = 120.0
READY_PATH = "/api/v2/health/ready"
WORKER_STOP_SECONDS = 30.0
"""A run reaches its next checkpoint within Celery's soft shutdown of 25 s."""


@dataclass(frozen=True)
class Plan:
    """What to run; everything is decided before anything starts."""

    data_dir: Path
    host: str
    port: int
    own_database: bool
    """DATABASE_URL names a server of one's own, so none is started."""
    own_redis: bool
    servers_only: bool = False
    """Only PostgreSQL and Redis, for the tests."""
    throwaway: bool = False
    """Data may be lost: for the tests."""

    @property
    def url(self) -> str:
        shown = "localhost" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"


class Supervisor:
    """Runs one `Plan` until told to stop."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self._plan = plan
        self._say = say
        self._layers: list[list[Child]] = []
        """In order of starting; the children of one layer start and stop together."""
        self._watches: list[asyncio.Task[None]] = []

    async def run(self, announce: Callable[[], None]) -> None:
        """Start, call `announce` once all is ready, and return when told to stop (by a signal).

        Raises:
            StackError: something could not start; what had started is stopped again.
        """
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup a closed terminal is no reason to stop.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                loop.add_signal_handler(number, told.set)
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(told.wait())
        try:
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                announce()
                self._watches.append(asyncio.create_task(self._cap_logs()))
                await stopping
            self._say("Stopping …")
        finally:
            for task in (starting, stopping, *self._watches):
                task.cancel()
            await asyncio.gather(starting, stopping, *self._watches, return_exceptions=True)
            for layer in reversed(self._layers):
                await asyncio.gather(*(child.stop() for child in layer))

    async def _start(self) -> None:
        plan = self._plan
        postgres = await self._servers()
        if plan.servers_only:
            return
        async with _sentences() as group:
            group.create_task(migrate(plan.data_dir, postgres, self._say))
            group.create_task(collect_static(plan.data_dir, self._say))
        # What uploads left half-received when the web server was killed.
        shutil.rmtree(plan.data_dir / "tmp", ignore_errors=True)
        web, runs, files = self._product()
        await self._layer([web, runs])
        await self._until_ready()
        # Last, because three imports at once on two cores would delay the first page by a second;
        # files uploaded in between wait in the queue.
        await self._layer([files], beside=True)

    async def _servers(self) -> Postgres | None:
        plan = self._plan
        account = self._account()
        postgres = redis = None
        specs = []
        if not (plan.own_database and plan.own_redis):
            account.own(socket_dir(plan.data_dir))
        if not plan.own_redis:
            redis = Redis(plan.data_dir, account, throwaway=plan.throwaway)
            redis.prepare()
            specs.append(redis.spec(server()))
        if not plan.own_database:
            postgres = Postgres(plan.data_dir, account, throwaway=plan.throwaway)
            if not postgres_dir(plan.data_dir).exists():
                self._say("Making the database …")
            if await postgres.prepare():
                (run_dir(plan.data_dir) / "migrated").unlink(missing_ok=True)
                (run_dir(plan.data_dir) / "database").unlink(missing_ok=True)
            specs.append(postgres.spec())
        await self._layer(specs)
        if postgres is not None:
            made = run_dir(plan.data_dir) / "database"
            if not made.exists():
                await postgres.create_database()
                made.touch()
        return postgres

    def _account(self) -> Account:
        data_dir = self._plan.data_dir
        needed = [postgres_dir(data_dir), redis_dir(data_dir), socket_dir(data_dir)]
        if not self._plan.own_database:
            root = installation()
            needed += [root / "bin" / "postgres", root / "share" / "postgresql" / "postgres.bki"]
        return choose_account(postgres_dir(data_dir), needed)

    def _product(self) -> tuple[Spec, Spec, Spec]:
        plan = self._plan
        environment = {
            **os.environ,
            "DATA_DIR": str(plan.data_dir),
            "HOST": plan.host,
            "PORT": str(plan.port),
            "PYTHONUNBUFFERED": "1",
        }

        def part(name: str, title: str, command: list[str], stop_seconds: float) -> Spec:
            return Spec(
                name=name,
                title=title,
                command=command,
                folder=BASE_DIR,
                environment=environment,
                stop_seconds=stop_seconds,
            )

        return (
            part("web", "The web server", web(plan.host, plan.port), 5.0),
            part("runs", "The worker for runs", worker("runs"), WORKER_STOP_SECONDS),
            part("files", "The worker for files", worker("files"), WORKER_STOP_SECONDS),
        )

    async def _layer(self, specs: list[Spec], *, beside: bool = False) -> None:
        """Start `specs` at once; return when all are ready and watched.

        They stop before everything that started earlier, or, `beside`, with the last layer.
        """
        children = [Child(spec, self._plan.data_dir, self._say) for spec in specs]
        if beside:
            self._layers[-1] += children
        else:
            self._layers.append(children)
        async with _sentences() as group:
            for child in children:
                group.create_task(child.start())
        self._watches += [asyncio.create_task(child.watch()) for child in children]

    async def _until_ready(self) -> None:
        """Wait for the product's own word that database, Redis and a worker answer."""
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        status = 0
        while status != HTTPStatus.OK:
            if asyncio.get_running_loop().time() > deadline:
                raise StackError(
                    f"HandyWriterz was not ready after {READY_SECONDS:.0f} s "
                    f"({READY_PATH} says {status or 'nothing'}); see {self._plan.data_dir / 'logs'}."
                )
            for child in self._layers[-1]:
                if child.parting:  # on the way up there is no point in patience
                    raise StackError(f"{child.spec.title} did not start: {child.parting}")
            await asyncio.sleep(0.05)
            status = await self._status(READY_PATH)

    async def _status(self, path: str) -> int:
        """The HTTP status of `path`, 0 without an answer."""
        plan = self._plan
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(plan.host, plan.host)  # noqa: S104
        try:
            reader, writer = await asyncio.open_connection(host, plan.port)
        except OSError:
            return 0
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            await writer.drain()
            answer = await asyncio.wait_for(reader.readline(), 5.0)
            return int(answer.split()[1])
        except (OSError, TimeoutError, ValueError, IndexError):
            return 0
        finally:
            writer.close()

    async def _cap_logs(self) -> None:
        while True:
            await asyncio.sleep(CAP_LOGS_SECONDS)
            for layer in self._layers:
                for child in layer:
                    child.cap_log()


class _sentences:  # noqa: N801
    """A task group that raises the first failure bare, as a sentence rather than a group."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> asyncio.TaskGroup:
        return await self._group.__aenter__()

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            await self._group.__aexit__(type(error) if error else None, error, None)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
