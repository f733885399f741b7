"""The whole product with a simulated provider, people who hold API keys, and a small library.

What the scenarios of the surroundings hurt: `manage.py up` with PostgreSQL, Redis, the web server
and the workers, all as processes of their own.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import psycopg

from handywriterz.stack.addresses import database_url
from tests.autonomy.agents.world import FISHERY, REEFS
from tests.chaos.invariants import INVARIANTS
from tests.providers.counting import Counted
from tests.providers.openai_server import Behaviour, OpenAIServer, Received, running
from tests.providers.wire import Wire
from tests.stack_process import StackProcess

GOAL = "Write a {words}-word review of grazing fish and coral reefs ({mark})"
QUESTION = "How do closed seasons change grazing fish on coral reefs ({mark})?"

MAKE_PEOPLE = """
import json
from django.contrib.auth.models import User
from django.test import Client
from autonomy import services
found = {}
for name in %r:
    user, _ = User.objects.get_or_create(username=name, email=name + "@example.org")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found[name] = [services.create_api_key(user, "chaos")[1], client.cookies["sessionid"].value]
print("PEOPLE=" + json.dumps(found))
"""


@dataclass(slots=True)
class Call:
    """One request as the provider saw it; times are of this process's monotonic clock."""

    received: Received
    began: float
    ended: float | None = None
    hung_up: bool = False
    """The product closed the connection before it had its answer."""


class Provider(OpenAIServer):
    """The simulated provider, which also keeps when each call began and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    async def _answer(
        self, wire: Wire, received: Received, behaviour: Behaviour, counted: Counted
    ) -> bool:
        call = Call(received, time.monotonic())
        self.calls.append(call)
        try:
            answered = await super()._answer(wire, received, behaviour, counted)
            call.hung_up = not answered
            return answered
        except ConnectionError:
            call.hung_up = True
            raise
        finally:
            call.ended = time.monotonic()

    def of(self, mark: str) -> list[Call]:
        """The calls whose prompt carries `mark`."""
        return [call for call in list(self.calls) if mark in call.received.user]


@dataclass(slots=True)
class Person:
    """Somebody with an API key and a browser's session."""

    name: str
    key: str
    session: str
    http: httpx.AsyncClient
    files: list[str] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    async def upload(self, name: str, text: str) -> str:
        """Add a file to the library; its id."""
        reply = await self.http.post("/api/files", files=[("files", (name, text.encode()))])
        assert reply.status_code == 201, reply.text
        return str(reply.json()["id"])

    async def chat(
        self, message: str, *, journey: str = "write", key: str = "", **settings: Any
    ) -> dict[str, Any]:
        """Send a message in a new conversation; the answer with `run_id` and `conversation_id`."""
        headers = {"Idempotency-Key": key} if key else {}
        body = {"message": message, "journey": journey, "settings": settings}
        reply = await self.http.post("/api/chat", json=body, headers=headers)
        assert reply.status_code == 202, f"{reply.status_code} {reply.text}"
        return dict(reply.json())

    async def start(self, goal: str, *, journey: str = "write", **settings: Any) -> str:
        """Start a run outside a conversation; its id."""
        body = {"journey": journey, "task_spec": {"goal": goal, "settings": settings}}
        reply = await self.http.post("/api/v2/runs", json=body)
        assert reply.status_code == 201, f"{reply.status_code} {reply.text}"
        return str(reply.json()["run_id"])

    async def run(self, run_id: str) -> dict[str, Any]:
        reply = await self.http.get(f"/api/v2/runs/{run_id}")
        assert reply.status_code == 200, f"{reply.status_code} {reply.text}"
        return dict(reply.json())


class Product:
    """Start it with `async with`; everything it made is gone afterwards.

    Args:
        people: names of those who get an account, a key and two papers.
        delay: seconds that a model call takes.
        throwaway: servers without care for their data; not for tests that stop them.
        environment: further settings of the product.
    """

    def __init__(
        self,
        people: Iterable[str] = ("alice",),
        *,
        delay: float = 0.3,
        throwaway: bool = False,
        **environment: str,
    ) -> None:
        self.provider = Provider()
        self.provider.behaviour = Behaviour(delay=delay)
        self._names = list(people)
        self._options = ("--throwaway",) if throwaway else ()
        self._environment = environment
        self._exits = ExitStack()
        self.people: dict[str, Person] = {}

    async def __aenter__(self) -> Product:
        try:
            await asyncio.to_thread(self._start)
            await self._make_people()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for person in self.people.values():
            await person.http.aclose()
        await asyncio.to_thread(self._exits.close)

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    @property
    def port(self) -> int:
        return self.stack.port

    def _start(self) -> None:
        self._exits.enter_context(running(self.provider))
        self.stack = StackProcess(*self._options, ready_made=True)
        self.stack.environment |= {
            "OPENAI_BASE_URL": self.provider.base_url,
            "HANDYWRITERZ_MODEL": "openai:simulated",
            "RUNS_PER_USER": "20",
            "STREAMS_PER_USER": "500",
            **self._environment,
        }
        self._exits.callback(self.stack.remove)
        self._exits.callback(self._stop_stack)
        self.stack.start()

    def _stop_stack(self) -> None:
        if kept := os.environ.get("CHAOS_LOGS"):  # a folder, for looking into a failure
            shutil.copytree(self.stack.data_dir / "logs", kept, dirs_exist_ok=True)
            Path(kept, "supervisor.log").write_text("".join(self.stack.output))
        self.stack.stop()

    async def _make_people(self) -> None:
        told = await asyncio.to_thread(
            self.stack.manage, "shell", "--no-imports", "-c", MAKE_PEOPLE % (self._names,)
        )
        line = next(line for line in told.stdout.splitlines() if line.startswith("PEOPLE="))
        for name, (key, session) in json.loads(line.removeprefix("PEOPLE=")).items():
            http = httpx.AsyncClient(
                base_url=self.stack.base_url,
                headers={"Authorization": f"Bearer {key}"},
                timeout=30,
            )
            self.people[name] = Person(name, key, session, http)
        for person in self.people.values():
            person.files = [
                await person.upload("reefs.md", paper("Coral reefs in warm summers", REEFS)),
                await person.upload(
                    "fishery.md", paper("Closed seasons and grazing fish", FISHERY)
                ),
            ]
        for person in self.people.values():
            for file in person.files:
                await self.read(file)

    async def read(self, file_id: str, seconds: float = 60.0) -> float:
        """Wait until the file has been read; how long that took."""
        began = time.monotonic()
        while True:
            rows = await self.sql("SELECT status FROM autonomy_sources WHERE id = %s", [file_id])
            if rows[0][0] == "ready":
                return time.monotonic() - began
            assert rows[0][0] != "failed", rows
            assert time.monotonic() - began < seconds, f"file {file_id} is {rows[0][0]}"
            await asyncio.sleep(0.1)

    # ------------------------------------------------------------------ looking inside

    def connect(self) -> psycopg.Connection[Any]:
        """A connection to the product's database."""
        return psycopg.connect(database_url(self.stack.data_dir), autocommit=True)

    async def sql(
        self, statement: str, values: Sequence[Any] | None = None
    ) -> list[tuple[Any, ...]]:
        def ask() -> list[tuple[Any, ...]]:
            with self.connect() as connection:
                return connection.execute(statement, values).fetchall()

        return await asyncio.to_thread(ask)

    async def execute(self, statement: str, values: Sequence[Any] | None = None) -> None:
        """Change something that only staff may."""

        def change() -> None:
            with self.connect() as connection:
                connection.execute(statement, values)

        await asyncio.to_thread(change)

    async def settled(self, seconds: float = 60.0) -> int:
        """Wait until no run is queued or running; how many still are after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            rows = await self.sql(
                "SELECT count(*) FROM autonomy_runs WHERE status IN ('queued', 'running')"
            )
            if not rows[0][0] or time.monotonic() > deadline:
                return int(rows[0][0])
            await asyncio.sleep(0.2)

    async def offences(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every broken promise with the rows that break it."""
        found = {name: await self.sql(statement) for name, statement in INVARIANTS.items()}
        return {name: rows for name, rows in found.items() if rows}

    async def kill(self, name: str, number: int) -> int:
        return await asyncio.to_thread(self.stack.kill, name, number)

    @asynccontextmanager
    async def unattended(self) -> AsyncIterator[None]:
        """The supervisor starts nothing again as long as the block runs."""
        os.kill(self.stack.supervisor, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.stack.supervisor, signal.SIGCONT)


def paper(title: str, text: dict[str, str]) -> str:
    """A short paper in Markdown."""
    parts = [f"# {title}"]
    parts += [f"## {heading}\n\n{body}" for heading, body in text.items()]
    return "\n\n".join(parts) + "\n"


def fresh_paper(seed: int) -> str:
    """A paper that no library holds yet."""
    mark = uuid.UUID(int=seed).hex
    return paper(f"Survey {mark}", {**REEFS, "Notes": f"The survey bears the number {mark}."})


async def until(condition: Any, seconds: float, every: float = 0.05) -> float | None:
    """Seconds until the coroutine function `condition` gives something true; None if it never does."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if await condition():
            return time.monotonic() - began
        await asyncio.sleep(every)
    return None


__all__ = ["GOAL", "QUESTION", "Call", "Person", "Product", "fresh_paper", "paper", "until"]
