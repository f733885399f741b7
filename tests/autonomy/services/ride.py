"""Runs of the product's graph over the papers of the agents' tests, driven step by step."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

from django.db.models.functions import Now
from langgraph.runtime import RunControl

from autonomy import services
from autonomy.core.ports import Deps
from autonomy.core.types import RunStatus, TaskSettings, TaskSpec
from autonomy.models import Episode, Job, Run
from autonomy.runtime import queue
from autonomy.runtime.context import Segment, build_deps
from autonomy.runtime.runner import Runner
from tests.autonomy.agents.world import MemoryLibrary, MemoryNotes, NoModels, make_library

GOAL = "Write a 400-word review of grazing fish and coral reefs from these PDFs, Harvard style"

Hook = Callable[[], None]


class Watched(MemoryLibrary):
    """A library that calls `hooks[n]` in its n-th search, where a person may do something."""

    def __init__(self, hooks: dict[int, Hook]) -> None:
        made = make_library()
        self.works, self.kept, self.states, self.queries = made.works, made.kept, made.states, []
        self.hooks = hooks
        self.searches = 0

    async def search(self, query: str, **options: Any) -> Any:
        self.searches += 1
        if (hook := self.hooks.pop(self.searches, None)) is not None:
            from autonomy.runtime.db import run_db

            await run_db(hook)
        return await super().search(query, **options)


class Ride:
    """One run and whoever drives it."""

    def __init__(self, owner: Any, *, goal: str = GOAL, **settings: Any) -> None:
        self.owner = owner
        spec = TaskSpec(goal=goal, journey="write", settings=TaskSettings(**settings))
        self.run = services.start_run(owner, spec)
        self.hooks: dict[int, Hook] = {}
        self.change: Callable[[Deps], Deps] = lambda deps: deps

    def of(self, run: Run) -> Ride:
        """The same driver for another run (a fork)."""
        other = object.__new__(Ride)
        other.owner, other.run, other.hooks, other.change = self.owner, run, {}, self.change
        return other

    def deps(self, segment: Segment) -> Deps:
        made = dataclasses.replace(
            build_deps(segment),
            library=Watched(self.hooks),
            notes=MemoryNotes(),
            models=NoModels(),
        )
        return self.change(made)

    def drive(self, segments: int = 12) -> Ride:
        """Claim and drive until the run needs a person or has ended."""
        for _ in range(segments):
            self.run.refresh_from_db()
            if self.run.status != RunStatus.QUEUED:
                return self
            # A retry waits a moment; nobody needs to wait here.
            Job.objects.filter(run=self.run).update(available_at=Now())
            claim = queue.claim(1)
            assert claim is not None
            asyncio.run(Runner(deps=self.deps).drive(claim, RunControl()))
        raise AssertionError(f"still {self.run.status} after {segments} segments")

    @property
    def log(self) -> list[Episode]:
        return list(Episode.objects.filter(run=self.run).order_by("seq"))

    def notes(self, kind: str) -> list[Episode]:
        return [e for e in self.log if e.meta.get("kind") == kind]

    def headings(self) -> list[str]:
        newest = self.run.artifacts.filter(kind="document").order_by("-version").first()
        assert newest is not None
        return [section["heading"] for section in newest.body["sections"]]


def gapless(run: Run) -> None:
    """The log of a run has no gap, and nothing follows its last ending."""
    rows = list(Episode.objects.filter(run=run).order_by("seq").values_list("seq", "type"))
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    run.refresh_from_db()
    assert run.last_seq == len(rows)
    if run.finished:
        assert rows[-1][1] == "run.finished"
