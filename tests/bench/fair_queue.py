"""The fair queue with a hundred thousand accounts: the real claims and charges against a real
PostgreSQL, while the time that runs take is only reckoned.

    python -m tests.bench.fair_queue

The scene: 50 users with 200 long runs each, all queued at once; light users who come one by one
with a single short run, and all together want 60 % of the places; 50 places (one worker process).
Every other account is idle, with an old virtual time of its own. A long run gives its place back
after each slice, as the engine makes it do while others wait. Nothing sleeps: the clock jumps to
the next arrival or ending.
"""

from __future__ import annotations

import heapq
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.figures import Figure, percentile, table
from tests.bench.servers import servers

SEED = 20_261_122
ACCOUNTS = 100_000
HEAVY, RUNS_EACH = 50, 200
PLACES = 50
SLICE = 60.0
BOUNDARY = 10.0
"""A run stops at its next boundary: up to this many seconds after the slice is over."""
HORIZON = 900.0
"""Seconds that are reckoned."""
LIGHT_SHARE = 0.6
ASKS = 200
"""How often each latency is measured outside the scene."""


@dataclass
class Scene:
    """Who came when, and what came of it; the same for every way of queueing."""

    heavy: list[int]
    arrivals: list[tuple[float, int]]
    """When each light user comes, in order."""
    waited: dict[int, float] = field(default_factory=dict)
    """Light user to seconds until the first place."""
    served: dict[int, float] = field(default_factory=dict)
    """Heavy user to seconds of places."""


def scene(heavy: Sequence[int], light: Sequence[int]) -> Scene:
    """Light users at exponential intervals, so that their demand is `LIGHT_SHARE` of the places."""
    dice = random.Random(SEED)
    rate = LIGHT_SHARE * PLACES / (SLICE + BOUNDARY / 2)
    now, arrivals = 0.0, []
    for user in light:
        now += dice.expovariate(rate)
        if now >= HORIZON:
            break
        arrivals.append((now, user))
    return Scene(list(heavy), arrivals, served=dict.fromkeys(heavy, 0.0))


Claimed = tuple[int, Any]
"""The user who gets a place, and what names the run."""


def play(
    here: Scene,
    arrive: Callable[[int], None],
    claim: Callable[[], Claimed | None],
    end: Callable[[int, Any, float], None],
) -> None:
    """Let the scene pass: `arrive` queues a light user's run, `claim` gives the next place away,
    `end` is told which run has had its place for how many seconds."""
    dice = random.Random(SEED)
    now, free, order = 0.0, PLACES, 0
    driven: list[tuple[float, int, int, Any, float]] = []
    came: dict[int, float] = {}
    coming = iter(here.arrivals)
    upcoming = next(coming, None)
    while now < HORIZON:
        while free and (taken := claim()) is not None:
            user, run = taken
            # The first slices end spread out, as they would in a place that has been busy.
            length = SLICE + dice.random() * BOUNDARY if now else SLICE * (order + 1) / PLACES
            if user in came:
                here.waited.setdefault(user, now - came[user])
            else:
                here.served[user] += min(length, HORIZON - now)
            order += 1
            heapq.heappush(driven, (now + length, order, user, run, length))
            free -= 1
        ends = driven[0][0] if driven else HORIZON
        if upcoming is not None and upcoming[0] <= ends:
            now, user = upcoming
            came[user] = now
            arrive(user)
            upcoming = next(coming, None)
        else:
            now = ends
            if driven:
                _, _, user, run, length = heapq.heappop(driven)
                free += 1
                end(user, run, length)
    for user, since in came.items():
        here.waited.setdefault(user, HORIZON - since)


def first_come(here: Scene) -> None:
    """The same scene with one line for all, in memory: what a plain task queue does."""
    line: list[int] = [user for user in here.heavy for _ in range(RUNS_EACH)]
    line.reverse()

    def claim() -> Claimed | None:
        return (line.pop(), None) if line else None

    heavy = set(here.heavy)

    def end(user: int, _: Any, __: float) -> None:
        if user in heavy:
            line.insert(0, user)

    play(here, lambda user: line.insert(0, user), claim, end)


class RealQueue:
    """The product's own start, claim, release and finish; each claim is timed."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User

        self.milliseconds: list[float] = []
        self._heavy: set[int] = set()
        self._user = User

    def play(self, here: Scene) -> None:
        self._heavy = set(here.heavy)
        play(here, self._arrive, self._claim, self._end)

    def _arrive(self, user_id: int) -> None:
        from autonomy import services
        from autonomy.core.types import TaskSpec

        services.start_run(self._user(pk=user_id), TaskSpec(goal="A short question"))

    def _claim(self) -> Claimed | None:
        from autonomy.runtime import queue

        began = time.perf_counter()
        claim = queue.claim(1)
        self.milliseconds.append((time.perf_counter() - began) * 1_000)
        return None if claim is None else (claim.owner_id, claim.fence)

    def _end(self, user_id: int, fence: Any, seconds: float) -> None:
        from django.db.models import F
        from django.db.models.functions import Now

        from autonomy.core.types import RunStatus, StopReason
        from autonomy.models import Run
        from autonomy.runtime import segment_ends

        # What the heartbeats of a slice would have counted.
        Run.objects.filter(pk=fence.run_id).update(
            seconds_spent=F("seconds_spent") + seconds, beat_at=Now()
        )
        if user_id in self._heavy:
            segment_ends.release(fence, "slice")
        else:
            segment_ends.finish(fence, RunStatus.SUCCEEDED, StopReason.COMPLETED)


PEOPLE = """
WITH people AS (
    INSERT INTO auth_user (username, password, first_name, last_name, email, is_superuser,
                           is_staff, is_active, date_joined)
    SELECT 'bench-' || n, '', '', '', '', false, false, true, now()
    FROM generate_series(%s, %s) AS n
    RETURNING id
), accounts AS (
    INSERT INTO autonomy_queue_users (user_id, virtual_time, in_line)
    SELECT id, random() * 10000, false FROM people
)
SELECT id FROM people ORDER BY id
"""


def add_people(first: int, last: int) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [first, last])
        ids = [int(row[0]) for row in cursor.fetchall()]
        cursor.execute("ANALYZE auth_user")
        cursor.execute("ANALYZE autonomy_queue_users")
    return ids


def queue_heavy(users: Sequence[int]) -> None:
    """Each of `users` with `RUNS_EACH` runs in line, no further apart than a slice."""
    from django.db import connection

    from autonomy.models import Job, QueueUser, Run

    runs = [
        Run(owner_id=user, journey="write", title="Long", task={"goal": "Long"})
        for _ in range(RUNS_EACH)
        for user in users
    ]
    for run in runs:
        run.tokens_limit, run.seconds_limit, run.usd_limit = 200_000, 86_400, 5
    Run.objects.bulk_create(runs, batch_size=2_000)
    dice = random.Random(SEED)
    for user in users:
        had = 10_000 - dice.random() * SLICE
        QueueUser.objects.filter(user=user).update(in_line=True, virtual_time=had)
    Job.objects.bulk_create(
        [Job(run=run, user_id=run.owner_id, reason="new") for run in runs], batch_size=2_000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE autonomy_runs")
        cursor.execute("ANALYZE autonomy_job_queue")


def timed(call: Callable[[], object], times: int = ASKS) -> list[float]:
    """Milliseconds of each call."""
    samples = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        samples.append((time.perf_counter() - began) * 1_000)
    return samples


def claim_and_undo() -> None:
    """A claim whose transaction is taken back, so that every one meets the same line."""
    from django.db import transaction

    from autonomy.runtime import queue

    with transaction.atomic():
        if queue.claim(1) is None:
            raise RuntimeError("nothing to claim")
        transaction.set_rollback(True)


def jain(shares: Sequence[float]) -> float:
    """Jain's index of fairness: 1 when all have the same, 1/n when one has everything."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0


def measure() -> list[Figure]:
    """Everything, on servers of its own."""
    from autonomy.core.types import RunStatus
    from autonomy.models import Run
    from autonomy.runtime import queue
    from autonomy.runtime.queue_position import position

    few = add_people(1, HEAVY)
    queue_heavy(few)
    timed(claim_and_undo)  # what only the first calls cost
    small = timed(claim_and_undo)
    light = add_people(HEAVY + 1, ACCOUNTS)
    random.Random(SEED).shuffle(light)
    large = timed(claim_and_undo)
    sample = list(Run.objects.filter(status=RunStatus.QUEUED).order_by("id")[:: HEAVY // 2])
    places = [timed(lambda run=run: position(run), 1)[0] for run in sample]  # type: ignore[misc]
    waiting = timed(queue.others_wait)
    plain, fair = scene(few, light), scene(few, light)
    first_come(plain)
    real = RealQueue()
    began = time.perf_counter()
    real.play(fair)
    took = time.perf_counter() - began
    return [
        *_latencies(small, large, places, waiting),
        *_scene(fair, plain, real.milliseconds, took),
    ]


def _latencies(
    small: list[float], large: list[float], places: list[float], waiting: list[float]
) -> list[Figure]:
    base = f"{percentile(small, 0.5):.2f} ms with {HEAVY} accounts"
    grown = percentile(large, 0.1) / percentile(small, 0.1)
    return [
        Figure(f"claim p50, {ACCOUNTS:,} accounts", percentile(large, 0.5), "ms", base),
        Figure(f"claim p95, {ACCOUNTS:,} accounts", percentile(large, 0.95), "ms"),
        Figure("claim p10, 1,000 × the accounts", grown, "×", goal="≤ 1.5", ok=grown <= 1.5),
        Figure(f"place in line p50, {HEAVY * RUNS_EACH:,} queued", percentile(places, 0.5), "ms"),
        Figure(f"place in line p95, {HEAVY * RUNS_EACH:,} queued", percentile(places, 0.95), "ms"),
        Figure("does anybody wait p95", percentile(waiting, 0.95), "ms"),
    ]


def _scene(fair: Scene, plain: Scene, claims: list[float], took: float) -> list[Figure]:
    light, before = list(fair.waited.values()), list(plain.waited.values())
    p95 = percentile(light, 0.95)
    index = jain(list(fair.served.values()))
    plain_share = sum(plain.served.values()) / (PLACES * HORIZON)
    heavy_share = sum(fair.served.values()) / (PLACES * HORIZON)
    return [
        Figure("claims in the scene", len(claims), "", f"{took:.0f} s for {HORIZON:.0f} s"),
        Figure("claim p50 in the scene", percentile(claims, 0.5), "ms"),
        Figure("claim p95 in the scene", percentile(claims, 0.95), "ms"),
        Figure(
            "light users wait p50",
            percentile(light, 0.5),
            "s",
            f"first come, first served: {percentile(before, 0.5):,.0f} s",
        ),
        Figure(
            "light users wait p95",
            p95,
            "s",
            f"first come, first served: {percentile(before, 0.95):,.0f} s",
            f"≤ {SLICE:.0f} (a slice)",
            p95 <= SLICE,
        ),
        Figure("light users wait at most", max(light), "s"),
        Figure(
            "heavy users' share of the places",
            heavy_share * 100,
            "%",
            f"first come, first served: {plain_share * 100:.0f} %",
            f"≥ {(1 - LIGHT_SHARE) * 90:.0f}",
            heavy_share >= (1 - LIGHT_SHARE) * 0.9,
        ),
        Figure("fairness among heavy users (Jain)", index, "", goal="≥ 0.95", ok=index >= 0.95),
    ]


def main() -> int:
    with servers():
        figures = measure()
    sys.stdout.write(table(figures))
    return 0 if all(figure.ok is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
