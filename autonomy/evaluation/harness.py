"""Runs tasks through a running product and judges what came of them.

The product is reached as its users reach it, by HTTP with a key; what the API does not show (the
ledgers) is read from the database once the run is over. Several runs go on at once. A task that
kills workers runs alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
from asgiref.sync import sync_to_async

from autonomy.evaluation import finished, papers
from autonomy.evaluation.draw import dice
from autonomy.evaluation.outside import Outside, ProviderSeen
from autonomy.evaluation.papers import Made
from autonomy.evaluation.product import ENDED, Person, Refused
from autonomy.evaluation.results import Result, Round, result_of
from autonomy.evaluation.rules import complaints
from autonomy.evaluation.task import Api, Deed, Drawn, Task, draw
from autonomy.models import ToolOffer

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
STOP_SECONDS = 10.0
"""For the product to take the word that a run is given up."""
NewKey = Callable[[str, str], Awaitable[str]]
"""Makes a person by name, with one behaviour switched off (or none, ""), and gives their API key."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be made."""

    task: Task
    seed: int
    without: str

    @property
    def name(self) -> str:
        off = f"-without-{self.without.replace(' ', '-')}" if self.without else ""
        return f"{self.task.name.replace('_', '-')}-{self.seed}{off}"


@dataclass(slots=True)
class Harness:
    """What the runs of one round have in common.

    Args:
        base_url: of the product.
        outside: address of the simulated outside.
        pid_file: of the worker that drives runs; tasks that kill it need one.
        at_once: runs that go on at the same time.
        on_result: told of each run as it ends, and of the round as far as it has come.
        keep: folder for what is left of each run that did not go as it should.
    """

    base_url: str
    outside: Outside
    new_key: NewKey
    version: str
    pid_file: Path | None = None
    at_once: int = 6
    on_result: Callable[[Result, Round], None] = lambda _, __: None
    keep: Path | None = None
    _kills: int = field(default=0, init=False)
    _topics: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock), init=False
    )
    """Held by the run whose API is about that topic."""
    _round: str = field(default_factory=lambda: uuid.uuid4().hex[:8], init=False)

    async def round(self, tasks: Sequence[Task], seeds: Sequence[int], off: Sequence[int]) -> Round:
        """Each task with each of `seeds`, and with its behaviour switched off with each of `off`."""
        made = Round(
            id=str(uuid.uuid4()),
            started_at=datetime.now(UTC),
            finished_at=datetime.now(UTC),
            version=self.version,
            seeds=len(seeds),
            results=[],
            finished=False,
        )
        jobs = [
            job
            for task in tasks
            for job in (
                *(Job(task, seed, "") for seed in seeds),
                *(Job(task, seed, task.switch) for seed in off),
            )
        ]
        together = [job for job in jobs if not job.task.alone]
        await self._all(together, self.at_once, made)
        for task in tasks:
            if task.alone:
                # Who is killed at the same moment is at different places of the work all the same.
                await self._all([job for job in jobs if job.task is task], 1, made)
        return replace(made, finished_at=datetime.now(UTC), finished=True)

    async def _all(self, jobs: Sequence[Job], at_once: int, made: Round) -> None:
        turn = asyncio.Semaphore(at_once)

        async def one(job: Job) -> None:
            async with self._topic(job), turn:
                result = await self._run(job)
            made.results.append(result)
            self.on_result(result, replace(made, finished_at=datetime.now(UTC)))

        await asyncio.gather(*(one(job) for job in jobs))

    def _topic(self, job: Job) -> AbstractAsyncContextManager[None]:
        """The catalogue is everybody's: of two entries that fit the same topic, one run would learn
        the other's."""
        if "api" not in job.task.setup:
            return nullcontext()
        return self._topics[draw(job.task, job.seed).subject.topic]

    # ------------------------------------------------------------------------------ one run

    async def _run(self, job: Job) -> Result:
        began = time.monotonic()
        try:
            async with asyncio.timeout(job.task.seconds):
                return await self._made(job, began)
        except TimeoutError:
            said = f"the run was not over after {job.task.seconds:g} s"
        except (Refused, httpx.HTTPError) as error:
            said = f"it could not be carried out: {error!r}"
        except Exception as error:
            # Whatever is wrong with one run, the others of the round go on.
            logger.exception("%s", job.name)
            said = f"the harness failed: {error!r}"
        seconds = round(time.monotonic() - began, 2)
        return Result(job.task.name, job.seed, job.without, [said], seconds=seconds)

    async def _made(self, job: Job, began: float) -> Result:
        drawn = draw(job.task, job.seed)
        setup = drawn.setup
        settings = dict(setup.request.settings)
        async with AsyncExitStack() as exits:
            key = await self.new_key(f"{job.name}-{self._round}", job.without)
            person = Person(self.base_url, key)
            exits.push_async_callback(person.aclose)
            files = made_files(drawn)
            file_ids = await person.upload(files) if files else []
            if not setup.attach:
                file_ids = []
            if setup.api is not None:
                await self._serve(setup.api, f"{job.name}-{self._round}", drawn, person, exits)
            provider = None
            if setup.provider is not None:
                seed = f"{job.task.name}:{job.seed}"
                provider = await exits.enter_async_context(
                    self.outside.provider(setup.provider, seed)
                )
                settings["models"] = {"default": await person.connect_model(provider.base_url)}
                await provider.enter(setup.provider.state)
            kills = self._kills
            began = time.monotonic()
            run_id = await person.ask(setup.request.goal, setup.request.journey, file_ids, settings)
            # One that is given up must not go on beside the others of the round.
            exits.push_async_callback(_stopped, person, run_id)
            await self._watch(person, run_id, drawn, provider)
            seconds = time.monotonic() - began
            requests = await provider.requests() if provider else []
            over = await finished.collect(
                person, run_id, drawn, files, requests, self._kills - kills
            )
        result = result_of(over, complaints(over, drawn.rules), job.without, seconds)
        if self.keep is not None and not result.as_it_should:
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / f"{job.name}.json").write_text(over.as_json(), encoding="utf-8")
        return result

    async def _serve(
        self, wanted: Api, name: str, drawn: Drawn, person: Person, exits: AsyncExitStack
    ) -> None:
        """An API that can be learnt, or was, until `exits` are closed."""
        rng = dice(drawn.task, drawn.seed, "api")
        listed = papers.works(rng, drawn.subject, wanted.works)
        api = await exits.enter_async_context(self.outside.api(listed))
        if wanted.own:
            (tool,) = await person.learn(api.document)
            for word in drawn.subject.topic.split()[: wanted.asked]:
                await person.try_tool(tool, {"query": f"{word} {drawn.subject.topic}"})
        else:
            await exits.enter_async_context(offered(name, api.document, drawn))
        if wanted.change:
            await api.change(wanted.change, wanted.after)

    async def _watch(
        self, person: Person, run_id: str, drawn: Drawn, provider: ProviderSeen | None
    ) -> None:
        """Until the run has ended: do what the task wants done meanwhile."""
        deeds = list(drawn.setup.during)
        reports = list(drawn.setup.reports)
        reported: set[str] = set()
        while True:
            while deeds and await _due(deeds[0], provider):
                await self._do(deeds.pop(0), provider)
            # Read from the row: a snapshot by HTTP, so often, costs the product more than its work.
            status = await sync_to_async(finished.status)(run_id)
            if status in ENDED:
                return
            if status == "waiting_human" and reports:
                cycles = await person.cycles(run_id)
                if cycles and cycles[-1]["cycle_id"] not in reported:
                    reported.add(cycles[-1]["cycle_id"])
                    marked = await _quoted(person, run_id, drawn.setup.marked)
                    await person.report(run_id, cycles[-1]["cycle_id"], reports.pop(0), marked)
            await asyncio.sleep(LOOK_SECONDS)

    async def _do(self, deed: Deed, provider: ProviderSeen | None) -> None:
        if deed.provider is not None and provider is not None:
            await provider.enter(deed.provider)
        if deed.kill_worker:
            if self.pid_file is None:
                raise Refused("the worker's pid is not known, so it cannot be killed")
            pid = int(await asyncio.to_thread(self.pid_file.read_text))
            os.kill(pid, signal.SIGKILL)
            self._kills += 1
            logger.info("killed worker %s", pid)


async def _stopped(person: Person, run_id: str) -> None:
    """Cancel a run unless it has ended."""
    if await sync_to_async(finished.status)(run_id) in ENDED:
        return
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await person.cancel(run_id)
    except (Refused, httpx.HTTPError, TimeoutError) as error:
        logger.warning("run %s could not be cancelled: %r", run_id, error)


async def _quoted(person: Person, run_id: str, count: int) -> list[str]:
    """The longest quotations of the run's draft, as a report marks what it finds elsewhere."""
    if not count:
        return []
    said = set(re.findall(r"“([^“”\n]{60,})”", await person.markdown(run_id)))
    return sorted(said, key=lambda one: (-len(one), one))[:count]


@asynccontextmanager
async def offered(name: str, document: str, drawn: Drawn) -> AsyncIterator[None]:
    """An entry of the catalogue of tools that staff keep, for as long as the block lasts."""
    row = await ToolOffer.objects.acreate(
        name=name[:60],
        url=document,
        good_for=f"Studies, papers and evidence on {drawn.subject.topic}",
    )
    try:
        yield
    finally:
        await row.adelete()


async def _due(deed: Deed, provider: ProviderSeen | None) -> bool:
    if deed.after_calls is None or provider is None:
        return True
    requests = await provider.requests()
    answered = [request for request in requests if request["outcome"] == "answered"]
    return len(answered) >= deed.after_calls


def made_files(drawn: Drawn) -> list[Made]:
    """The files of one seed."""
    made: list[Made] = []
    for wanted in drawn.setup.files:
        for _ in range(wanted.count):
            number = len(made) + 1
            rng = dice(drawn.task, drawn.seed, f"file {number}")
            made.append(papers.KINDS[wanted.kind](rng, drawn.subject, number, **wanted.options))
    return made
