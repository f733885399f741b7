"""50 runs over a provider that is having a bad day: 30 % of the requests are limited (half of them
say for how long), 10 % fail, 5 % of the answers break off and 5 % are damaged. One key is refused,
one account is empty. Two workers share one bucket, and the provider counts."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from tests.chaos.arena import Arena
from tests.chaos.library import prepare_library
from tests.chaos.model_provider import ProviderProcess, Request, faults_met
from tests.chaos.scenario import Row, count
from tests.chaos.storm import Storm, promises
from tests.providers.counting import account_of, excess_over, most_in_any

RUNS = 50
WORKERS = 2
FAULTS = "429=0.3,5xx=0.1,cut=0.05,malformed=0.05,latency=0.05,jitter=0.2"
GOOD, REFUSED, SPENT = "storm-good", "storm-refused", "storm-spent"
PER_MINUTE = 1200.0
BURST_SECONDS = 10.0
"""The product lets that much of the rate through at once."""
SECONDS = 330.0
WORDS = 500

GOALS = (
    "How do closed seasons change grazing fish on coral reefs?",
    "Write a {words}-word review of grazing fish and coral reefs",
)
CHAINS = (
    "openai:simulated",
    "anthropic:simulated,openai:simulated",
    "ollama:simulated,openai:simulated",
    "anthropic:simulated",
    "ollama:simulated",
)
"""In turn; the first is what most runs have."""

UNNAMED = """
SELECT id, status, stop_reason, error FROM autonomy_runs
WHERE status NOT IN ('succeeded', 'failed') OR stop_reason = '' OR (status = 'failed' AND error = '')
"""
ANSWERED = """
SELECT count(*) FROM autonomy_effects WHERE kind = 'model' AND status = 'done'
"""
GIVEN_UP = """
SELECT count(*) FROM autonomy_effects WHERE kind = 'model' AND status = 'failed'
"""
UNTOLD = """
SELECT effect.run_id, effect.key, effect.note FROM autonomy_effects effect
WHERE effect.kind = 'model' AND effect.status = 'failed' AND (effect.note = '' OR NOT EXISTS (
    SELECT 1 FROM autonomy_episodic_logs log WHERE log.run_id = effect.run_id
    AND log.type IN ('note', 'retry', 'error', 'run.finished')))
"""
"""Calls that were given up without a reason, or in runs whose log says nothing."""


class ModelStorm:
    name = "model_storm"

    def run(self, seed: int, scale: float) -> list[Row]:
        runs = count(RUNS, scale, 6)
        with ProviderProcess(FAULTS, seed=seed, refused=[REFUSED], spent=[SPENT]) as provider:
            environment = {
                "OPENAI_BASE_URL": provider.base_url,
                "OPENAI_API_KEY": GOOD,
                "ANTHROPIC_BASE_URL": provider.root_url,
                "ANTHROPIC_API_KEY": REFUSED,
                "OLLAMA_BASE_URL": provider.base_url,
                "OLLAMA_API_KEY": SPENT,
                "HANDYWRITERZ_MODEL": "openai:simulated",
                "MODEL_REQUESTS_PER_MINUTE": str(PER_MINUTE),
            }
            with Arena(**environment) as arena:
                prepare_library(arena)
                with Storm(arena, seed) as storm:
                    began = time.monotonic()
                    for _ in range(WORKERS):
                        storm.spawn()
                    for number in range(runs):
                        self._start(storm, number)
                    settled = storm.settle(SECONDS)
                    seconds = time.monotonic() - began
                    return self._rows(storm, provider.count(), runs, settled, seconds)

    def _start(self, storm: Storm, number: int) -> None:
        # Most have the limited provider only; the others begin at a door that is closed.
        chain = CHAINS[0] if number % 3 else CHAINS[(number // 3 + 1) % len(CHAINS)]
        journey = "write" if number % 3 == 1 else "answer"
        goal = GOALS[journey == "write"].format(words=WORDS)
        storm.start_run(goal, journey, models={"default": chain}, length_words=WORDS)

    def _rows(
        self, storm: Storm, requests: list[Request], runs: int, settled: bool, seconds: float
    ) -> list[Row]:
        def asked(statement: str) -> list[tuple[Any, ...]]:
            return storm.outside.execute(statement).fetchall()

        fault = "model storm"
        unnamed, untold = asked(UNNAMED), asked(UNTOLD)
        answered, given_up = asked(ANSWERED)[0][0], asked(GIVEN_UP)[0][0]
        good = [r for r in requests if r.account == account_of(GOOD)]
        closed = [r for r in requests if r.account in (account_of(REFUSED), account_of(SPENT))]
        again = sum(number - 1 for number in Counter(r.call for r in closed).values())
        times = [r.at for r in good]
        rate = PER_MINUTE / 60
        over = excess_over(times, rate, rate * BURST_SECONDS)
        nameless = sum(not r.request_id for r in requests)
        for offence in [*unnamed, *untold][:6]:
            print(f"    {fault}: {offence}", flush=True)
        return [
            Row(
                fault,
                f"{runs} runs, {WORKERS} workers, {len(good)} requests ({faults_met(good)})",
                "every run ends",
                settled,
                seconds,
            ),
            Row(
                f"{fault}: endings and calls given up without a reason",
                f"{len(unnamed)} endings, {len(untold)} of {given_up} calls",
                "0",
                settled and not unnamed and not untold,
                seconds,
            ),
            Row(
                f"{fault}: requests beyond the first per answered call",
                f"{(len(good) - answered - given_up) / max(1, answered):.2f}"
                f" ({answered} calls answered, {given_up} left to the rules)",
                "told",
                answered > 0,
                seconds,
            ),
            Row(
                f"{fault}: repeated after a refused key or an empty account",
                f"{again} ({len(closed)} requests reached them)",
                "0",
                again == 0 and bool(closed) and not nameless,
                seconds,
            ),
            Row(
                f"{fault}: most requests in any window against the bucket",
                f"{most_in_any(times, 1.0)} in a second, {most_in_any(times, 10.0)} in ten,"
                f" {over:+.1f} over {rate:g}/s with a burst of {rate * BURST_SECONDS:g}",
                "≤ 0 over",
                over <= 0,
                seconds,
            ),
            *promises(storm, fault, seconds, endings=tuple(storm.ended())),
        ]


scenario = ModelStorm()
