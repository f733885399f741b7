"""The engine of a worker process: one event loop that drives many runs at once.

It claims from the fair queue when its doorbell rings and each second anyway, so that it needs no
broker. Leases are renewed by a thread of their own (`leases`); when the lock is lost the engine
drops everything it drives, because another worker may already own it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from langgraph.runtime import RunControl

from autonomy.core.llm import SHARED
from autonomy.runtime import queue, segment_ends
from autonomy.runtime.apart import Apart, Died, NotBegun
from autonomy.runtime.db import run_db
from autonomy.runtime.fence import FencedOut
from autonomy.runtime.leases import Lease, bound_connections
from autonomy.runtime.provider_health import shared_health
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import DRAIN, PAUSE, SLICE, Runner
from autonomy.runtime.sweeper import Sweeper
from autonomy.runtime.tokens import close_client
from handywriterz.env import env

logger = logging.getLogger(__name__)

CLAIM_SECONDS = 1.0
CLAIM_BATCH = 16
"""Runs claimed in one transaction: so few that whoever wants one of their users' rows, to get in
line, waits some milliseconds."""
WATCH_SECONDS = 0.4
SWEEP_SECONDS = 1.0
CANCEL_AGAIN_SECONDS = 0.5
STOP_SECONDS = 25.0
CUT = "cut"
"""Reason of giving a run back that has not reached a boundary in time."""
HAND_BACK_SECONDS = 5.0
"""Longest wait for a database that does not answer while the process ends."""

MINE = """
SELECT id, fence, requested FROM autonomy_runs WHERE owner_lock = %s AND status = 'running'
"""


@dataclass(slots=True)
class Driven:
    """A run that this process drives."""

    claim: Claim
    control: RunControl
    task: asyncio.Task[None]
    since: float = field(default_factory=time.monotonic)


class Engine:
    """Start it once per worker process.

    Args:
        runner: drives one segment.
        capacity: runs driven at once.
        apart: drives suspects (see `queue.SUSPECT`) in processes of their own; without it they
            are driven here like any other.
    """

    def __init__(
        self,
        runner: Runner | None = None,
        capacity: int | None = None,
        apart: Apart | None = None,
    ) -> None:
        self._runner = runner or Runner()
        self._apart = apart
        self._capacity = capacity or env().runs_per_worker
        self._sweeper = Sweeper()
        self._lock_no: int | None = None
        self._driven: dict[tuple[str, int], Driven] = {}
        self._suspects: set[tuple[str, int]] = set()
        self._draining = False
        self._stopped = threading.Event()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="engine", daemon=True)
        self._lease = Lease(on_held=self._held, on_lost=self._lost)

    # ------------------------------------------------------------------ from any thread

    def start(self) -> None:
        # Before any call of a model: what one worker learns of a provider, all of them know.
        SHARED.health = shared_health()
        bound_connections()
        self._thread.start()
        self._ready.wait()
        self._lease.start()

    def poke(self) -> None:
        """There may be something to claim."""
        self._call(self._wake)

    def begin_drain(self) -> None:
        """Claim nothing more and stop every run at its next boundary."""
        self._call(self._drain)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Drain, give back what does not reach a boundary in time, and free the lock."""
        if self._stopped.is_set() or not self._thread.is_alive():
            return
        self._stopped.set()
        asyncio.run_coroutine_threadsafe(self._shut_down(seconds), self._loop).result()
        self._lease.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    @property
    def driving(self) -> int:
        """How many runs this process drives at the moment."""
        return len(self._driven)

    def _call(self, fn: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(fn)

    def _held(self, lock_no: int) -> None:
        self._call(lambda: self._set_lock(lock_no))

    def _lost(self) -> None:
        self._call(self._drop_everything)

    # ------------------------------------------------------------------ in the loop's thread

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._bell = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._duties = [
            self._loop.create_task(self._duty(self._claim, CLAIM_SECONDS, self._bell)),
            self._loop.create_task(self._duty(self._watch, WATCH_SECONDS)),
            self._loop.create_task(self._duty(self._sweep, SWEEP_SECONDS)),
        ]
        self._loop.call_soon(self._ready.set)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(close_client())
            self._loop.run_until_complete(shared_health().aclose())
            self._loop.close()

    def _wake(self) -> None:
        self._bell.set()

    def _set_lock(self, lock_no: int) -> None:
        self._lock_no = lock_no
        self._bell.set()

    def _drop_everything(self) -> None:
        self._lock_no = None
        for driven in self._driven.values():
            driven.task.cancel()

    def _drain(self) -> None:
        self._draining = True
        for driven in self._driven.values():
            driven.control.request_drain(DRAIN)

    async def _duty(
        self,
        duty: Callable[[], Awaitable[None]],
        seconds: float,
        bell: asyncio.Event | None = None,
    ) -> None:
        """Do `duty` every `seconds`, or sooner when the bell rings; an outage is waited out."""
        never = asyncio.Event()
        while True:
            try:
                await duty()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("%s: the database does not answer: %s", duty.__name__, error)
            except Exception:
                logger.exception("%s failed", duty.__name__)
            waited = bell or never
            try:
                await asyncio.wait_for(waited.wait(), seconds)
                waited.clear()
            except TimeoutError:
                pass

    async def _claim(self) -> None:
        async with self._claiming:
            while self._lock_no is not None and not self._draining:
                wanted = min(self._capacity - len(self._driven), CLAIM_BATCH)
                if wanted <= 0:
                    return
                lock_no = self._lock_no
                claims = await run_db(queue.claim_many, lock_no, wanted)
                if self._lock_no != lock_no:
                    return  # claimed under a lock that is gone: the sweeper finds them
                for claim in claims:
                    self._drive(claim)
                if len(claims) < wanted:
                    return

    def _drive(self, claim: Claim) -> None:
        key = (claim.fence.run_id, claim.fence.number)
        control = RunControl()
        if self._draining:
            control.request_drain(DRAIN)
        task = self._loop.create_task(self._driving(claim, control), name=f"run {key[0]}")
        self._driven[key] = Driven(claim, control, task)

    async def _driving(self, claim: Claim, control: RunControl) -> None:
        try:
            if self._apart is not None and claim.attempt > queue.SUSPECT:
                await self._drive_apart(self._apart, claim, control)
            else:
                await self._runner.drive(claim, control)
        except (DatabaseError, InterfaceError) as error:
            # It stays `running` under our lock; the next watch sees that nobody drives it.
            logger.warning("run %s: could not be given back: %s", claim.fence.run_id, error)
        finally:
            self._driven.pop((claim.fence.run_id, claim.fence.number), None)
            self._bell.set()

    async def _drive_apart(self, apart: Apart, claim: Claim, control: RunControl) -> None:
        run_id, number = claim.fence.run_id, claim.fence.number
        try:
            await apart.drive(claim)
        except NotBegun as error:
            logger.warning("run %s: no process of its own, so it is driven here: %s", run_id, error)
            await self._runner.drive(claim, control)
        except Died as death:
            logger.warning("run %s: killed the process that drove it alone: %s", run_id, death)
            await run_db(segment_ends.reclaim, run_id, number, own_fault=True)

    async def _watch(self) -> None:
        """Compare what the database says we drive with what we do drive."""
        lock_no = self._lock_no
        if lock_no is None:
            return
        before = dict(self._driven)
        rows = await run_db(_mine, lock_no)
        ours = {(run_id, number): requested for run_id, number, requested in rows}
        for key, driven in before.items():
            if key not in ours:
                driven.task.cancel()  # cancelled by a person, or taken away
            elif ours[key] == "pause":
                driven.control.request_drain(PAUSE)
        await self._yield_places()
        # Seen twice in a row: a claim that is being handed over is no orphan.
        orphans = ours.keys() - before.keys() - self._driven.keys()
        for run_id, number in orphans & self._suspects:
            logger.warning("run %s: nobody drives fence %s; reclaiming", run_id, number)
            try:
                await run_db(segment_ends.reclaim, run_id, number)
            except (OperationalError, InterfaceError):
                raise  # the database is at fault: everything is looked at again
            except Exception:
                logger.exception("run %s: could not be taken over", run_id)
        self._suspects = set(orphans)

    async def _yield_places(self) -> None:
        """When this process is full and others wait, long-running runs go back in line."""
        if len(self._driven) < self._capacity:
            return
        slice_over = time.monotonic() - env().slice_seconds
        due = [d for d in self._driven.values() if d.since < slice_over]
        waiting: bool = bool(due) and await run_db(queue.others_wait)
        if waiting:
            for driven in due:
                if not driven.control.drain_requested:
                    driven.control.request_drain(SLICE)

    async def _sweep(self) -> None:
        if await run_db(self._sweeper.sweep):
            self._bell.set()

    async def _shut_down(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        self._drain()
        async with self._claiming:
            pass  # what is being claimed at this moment has to be given back too
        if self._driven:
            logger.info("stopping: %d runs go to their next boundary", len(self._driven))
        while self._driven and (left := deadline - time.monotonic()) > 0:
            await asyncio.wait([driven.task for driven in self._driven.values()], timeout=left)
        late = [*self._driven.values()]
        await end_tasks(*[driven.task for driven in late], *self._duties)
        await asyncio.gather(*[self._hand_back(driven.claim) for driven in late])

    async def _hand_back(self, claim: Claim) -> None:
        """Give back a run that did not reach a boundary in time: another worker goes on at once
        from the last checkpoint, and does the step again. Should that fail, it is found when our lock is gone."""
        run_id = claim.fence.run_id
        try:
            async with asyncio.timeout(HAND_BACK_SECONDS):
                await run_db(segment_ends.release, claim.fence, CUT)
        except (FencedOut, DatabaseError, InterfaceError, TimeoutError) as error:
            logger.info("run %s: not given back: %s", run_id, error)


async def end_tasks(*tasks: asyncio.Task[None]) -> None:
    """Cancel until the tasks are over. Once is not enough on Python 3.11: a `wait_for` whose inner
    wait ends in the same moment swallows the cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)


def _mine(lock_no: int) -> list[tuple[str, int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(MINE, [lock_no])
        return [(str(row[0]), int(row[1]), str(row[2])) for row in cursor.fetchall()]


_engine: Engine | None = None


def start_engine(engine: Engine | None = None) -> Engine:
    """Start the engine of this process."""
    global _engine  # noqa: PLW0603 - one engine per process
    _engine = engine or Engine()
    _engine.start()
    return _engine


def current_engine() -> Engine | None:
    """The engine of this process, if it has one."""
    return _engine
