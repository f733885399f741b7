"""50 runs with kill -9 of their workers, and two books of the same requests: the provider's count of
tokens and the ledger. What was answered and settled must be equal to the token; what a kill left
open must be booked high; and every total must be the sum of its entries."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.arena import Arena
from tests.chaos.library import prepare_library
from tests.chaos.model_provider import ProviderProcess, Request
from tests.chaos.scenario import Row, count
from tests.chaos.storm import Storm, promises

RUNS = 50
KILLS = 60
WORKERS = 3
BUSY = 12
"""Runs kept going while the storm lasts."""
LIVES = (0.8, 3.5)
"""Seconds after which a worker is killed."""
STEPS_BETWEEN = 4
"""Checkpoints that all runs together commit before another kill: see `sigkill`."""
PACE = "latency=0.05,jitter=0.15,pause=0.002,cut=0.04,5xx=0.03"
"""Answers take long enough to be killed in; a few break off by themselves."""
WORDS = 400
GOALS = (
    "How do closed seasons change grazing fish on coral reefs?",
    "Write a {words}-word review of grazing fish and coral reefs",
)

ENTRIES = """
SELECT run_id::text || ':' || key, tokens_reserved, input_tokens, output_tokens, assumed,
       settled_at IS NOT NULL
FROM autonomy_budget_ledger
"""
TOTALS = """
SELECT (SELECT COALESCE(sum(input_tokens + output_tokens), 0) FROM autonomy_budget_ledger),
       (SELECT COALESCE(sum(tokens_spent), 0) FROM autonomy_runs),
       (SELECT COALESCE(sum(tokens_spent), 0) FROM autonomy_usage_days),
       (SELECT COALESCE(sum(usd), 0) FROM autonomy_budget_ledger),
       (SELECT COALESCE(sum(usd_spent), 0) FROM autonomy_runs),
       (SELECT COALESCE(sum(usd_spent), 0) FROM autonomy_usage_days)
"""


@dataclass(slots=True)
class Books:
    """The provider's book beside ours."""

    told: int = 0
    """Requests whose usage was told and whose entry was settled by it."""
    tokens: int = 0
    """Of these, by the provider's count."""
    differing: list[tuple[Any, ...]] = field(default_factory=list)
    unbooked: list[str] = field(default_factory=list)
    """Requests without an entry."""
    shared: list[str] = field(default_factory=list)
    """Entries that several requests name."""
    low: list[tuple[Any, ...]] = field(default_factory=list)
    """Entries that are booked lower than what the provider did for them."""
    assumed: int = 0
    assumed_tokens: int = 0
    worked: int = 0
    """What the provider did for those that are assumed, tokens."""
    assumed_answered: int = 0
    """Of them, those that it had answered in full: the kill came between answer and settlement."""
    estimated: int = 0
    estimated_tokens: int = 0
    unsent: int = 0
    """Assumed entries whose request never left."""
    open: int = 0


class ModelBudget:
    name = "model_budget"

    def run(self, seed: int, scale: float) -> list[Row]:
        runs, kills = count(RUNS, scale, 6), count(KILLS, scale, 5)
        with ProviderProcess(PACE, seed=seed) as provider:
            environment = {
                "OPENAI_BASE_URL": provider.base_url,
                "OPENAI_API_KEY": "budget",
                "HANDYWRITERZ_MODEL": "openai:simulated",
            }
            with Arena(**environment) as arena:
                prepare_library(arena)
                with Storm(arena, seed) as storm:
                    began = time.monotonic()
                    self._rage(storm, runs, kills)
                    settled = storm.settle()
                    seconds = time.monotonic() - began
                    entries = storm.outside.execute(ENTRIES).fetchall()
                    books = compared(provider.count(), entries)
                    return self._rows(storm, books, kills, settled, seconds)

    def _rage(self, storm: Storm, runs: int, kills: int) -> None:
        killed = committed = 0
        while killed < kills or storm.started < runs:
            steps = storm.committed()
            due = [w for w in storm.workers if w.until and w.until < time.monotonic()]
            if due and steps >= committed + STEPS_BETWEEN:
                storm.kill(due[0])
                killed, committed = killed + 1, steps
            while len(storm.workers) < WORKERS:
                storm.spawn(lives=storm.random.uniform(*LIVES))
            while storm.active() < BUSY and (storm.started < runs or killed < kills):
                write = storm.started % 2
                goal = GOALS[write].format(words=WORDS)
                storm.start_run(goal, ("answer", "write")[write], length_words=WORDS)
            time.sleep(0.02)
        for one in list(storm.workers):
            storm.kill(one)
        for _ in range(WORKERS):
            storm.spawn()

    def _rows(
        self, storm: Storm, books: Books, kills: int, settled: bool, seconds: float
    ) -> list[Row]:
        totals = storm.outside.execute(TOTALS).fetchall()[0]
        tokens, usd = totals[:3], totals[3:]
        fault = "kills and the provider's count"
        wrong = [*books.differing, *books.unbooked, *books.shared, *books.low]
        for offence in wrong[:6]:
            print(f"    {fault}: {offence}", flush=True)
        return [
            Row(
                fault,
                f"{len(storm.deaths())} kills, {storm.started} runs",
                f"≥ {kills} kills, all end",
                len(storm.deaths()) >= kills and settled,
                seconds,
            ),
            Row(
                f"{fault}: answered and settled",
                f"{len(books.differing)} of {books.told} requests differ ({books.tokens:,} tokens)",
                "0",
                not books.differing and books.told > 0,
                seconds,
            ),
            Row(
                f"{fault}: one entry per request",
                f"{len(books.unbooked)} without, {len(books.shared)} shared",
                "0",
                not books.unbooked and not books.shared,
                seconds,
            ),
            Row(
                f"{fault}: left open by a kill",
                f"{books.assumed} entries assumed at {books.assumed_tokens:,} tokens, of which the"
                f" provider did {books.worked:,} ({books.assumed_answered} were answered in full,"
                f" {books.unsent} never sent); {books.open} still open",
                "each ≥ what was done",
                not books.low and not books.open,
                seconds,
            ),
            Row(
                f"{fault}: broken off otherwise",
                f"{books.estimated} entries estimated at {books.estimated_tokens:,} tokens",
                "each ≥ what was done",
                not books.low,
                seconds,
            ),
            Row(
                f"{fault}: entries = runs = days",
                f"{tokens[0]:,} = {tokens[1]:,} = {tokens[2]:,} tokens,"
                f" ${usd[0]:.6f} = ${usd[1]:.6f} = ${usd[2]:.6f}",
                "equal",
                len(set(tokens)) == len(set(usd)) == 1,
                seconds,
            ),
            *promises(storm, fault, seconds, endings=tuple(storm.ended())),
        ]


def compared(requests: list[Request], entries: list[tuple[Any, ...]]) -> Books:
    """The provider's requests against the ledger's entries, by the name that both know."""
    books = Books()
    by_id = {request.request_id: request for request in requests}
    names = Counter(request.request_id for request in requests)
    booked = {entry[0] for entry in entries}
    books.shared = [name for name, number in names.items() if number > 1]
    books.unbooked = [name for name in names if name not in booked]
    for name, reserved, sent, said, assumed, settled in entries:
        request = by_id.get(name)
        answered = request is not None and request.outcome == "answered"
        total, done = (sent or 0) + (said or 0), _done(request)
        if not settled:
            books.open += 1
        elif assumed:
            books.assumed += 1
            books.assumed_tokens += reserved
            books.worked += done
            books.unsent += request is None
            books.assumed_answered += answered
        elif request is not None and answered:
            books.told += 1
            books.tokens += done
            if (sent, said) != (request.input_tokens, request.output_tokens):
                books.differing.append(
                    (name, sent, said, request.input_tokens, request.output_tokens)
                )
        elif total:
            books.estimated += 1
            books.estimated_tokens += total
        if settled and total < done:
            books.low.append((name, total, done, request and request.outcome, assumed))
    return books


def _done(request: Request | None) -> int:
    """Tokens that the provider worked for; a refusal costs nothing."""
    if request is None or request.outcome == "refused":
        return 0
    return request.read_tokens + request.produced_tokens


scenario = ModelBudget()
