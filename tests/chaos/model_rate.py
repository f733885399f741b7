"""Three workers, one account that takes two requests a second, and 30 runs that want more: what the
provider sees in any window. Half-way Redis, which keeps the account's bucket, is emptied."""

from __future__ import annotations

import time

from tests.chaos.arena import Arena
from tests.chaos.library import prepare_library
from tests.chaos.model_provider import ProviderProcess
from tests.chaos.scenario import Row, count
from tests.chaos.storm import Storm, promises
from tests.providers.counting import excess_over, most_in_any

RUNS = 30
WORKERS = 3
PER_MINUTE = 120.0
BURST_SECONDS = 10.0
"""The product lets that much of the rate through at once."""
SECONDS = 240.0
FAULT = "one account, three workers"
GOAL = "How do closed seasons change grazing fish on coral reefs?"


class ModelRate:
    name = "model_rate"

    def run(self, seed: int, scale: float) -> list[Row]:
        runs = count(RUNS, scale, 10)
        with ProviderProcess("latency=0.05,jitter=0.1", seed=seed) as provider:
            environment = {
                "OPENAI_BASE_URL": provider.base_url,
                "OPENAI_API_KEY": "rate",
                "HANDYWRITERZ_MODEL": "openai:simulated",
                "MODEL_REQUESTS_PER_MINUTE": str(PER_MINUTE),
            }
            with Arena(**environment) as arena:
                prepare_library(arena)
                with Storm(arena, seed) as storm:
                    began = time.monotonic()
                    for _ in range(WORKERS):
                        storm.spawn()
                    for _ in range(runs):
                        storm.start_run(GOAL, "answer")
                    storm.until(lambda: len(provider.count()) >= runs, 60)
                    _empty_redis()
                    settled = storm.settle(SECONDS)
                    seconds = time.monotonic() - began
                    times = [request.at for request in provider.count()]
                    kept = promises(storm, FAULT, seconds)
        rate, burst = PER_MINUTE / 60, PER_MINUTE / 60 * BURST_SECONDS
        over = excess_over(times, rate, burst)
        took = times[-1] - times[0] if times else 0.0
        return [
            Row(
                FAULT,
                f"{runs} runs, {len(times)} requests in {took:.0f} s, Redis emptied between",
                "every run ends",
                settled,
                seconds,
            ),
            Row(
                f"{FAULT}: most requests in any window against the bucket",
                f"{most_in_any(times, 1.0)} in a second, {most_in_any(times, 10.0)} in ten,"
                f" {over:+.1f} over {rate:g}/s with a burst of {burst:g}",
                "≤ 0 over",
                over <= 0 and len(times) > burst,
                seconds,
            ),
            *kept,
        ]


def _empty_redis() -> None:
    """As if it had been started anew without its file."""
    from django.conf import settings
    from redis import Redis

    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()


scenario = ModelRate()
