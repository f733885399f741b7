"""Two providers, one of which goes down while runs are writing: connections are refused, then every
request fails, then nothing answers any more. How soon the other one takes over, and whether the
circuit closes again by a single probe."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.arena import Arena
from tests.chaos.library import prepare_library
from tests.chaos.model_provider import ProviderProcess, Request
from tests.chaos.scenario import Row, allowed, count, percentile
from tests.chaos.storm import Storm, promises

RUNS = 8
"""At once, in each of the three."""
WORKERS = 2
FIRST, SECOND = "openai:simulated", "anthropic:simulated"
WAYS = (("down", "connections refused"), ("503", "503"), ("hang", "no answer"))
PACE = "latency=0.1,pause=0.02"
WORDS = 700
TIMEOUT = 5.0
"""Of one attempt: what a provider that hangs costs at least."""
REST_SECONDS = 8.0
"""Of a circuit that opens for the first time; it doubles with every further opening."""
COOLDOWN_SECONDS = 60.0
TAKEOVER_SECONDS = 3.0
GOAL = "Write a {words}-word review of grazing fish and coral reefs"

BEGUN = """
SELECT run_id::text || ':' || key, extract(epoch FROM created_at)::float, fence
FROM autonomy_effects WHERE kind = 'model'
"""
TOLD = """
SELECT type, content, meta ->> 'code' FROM autonomy_episodic_logs
WHERE type IN ('retry', 'note', 'attempt.restarted') AND meta ->> 'code' IS NOT NULL
  AND ts >= to_timestamp(%s)
"""


@dataclass(slots=True)
class Outage:
    """What one way of going down showed."""

    way: str
    fell: float
    """When, in Unix time."""
    met: list[float] = field(default_factory=list)
    """Of each call that met it, because it was under way or asked first: seconds from there until
    the other had its request."""
    later: list[float] = field(default_factory=list)
    """Of each call begun afterwards: seconds from its beginning until the other had its request."""
    to_first: float | None = None
    """Seconds from the fall to the first whole answer of the other."""
    told: Counter[str] = field(default_factory=Counter)
    """What the runs' logs say of it, by code."""
    wasted: int = 0
    """Requests that went to the provider while it was down and are known to it."""
    probes: int | None = None
    """Requests to the provider that was back, until it had answered one; None: it got none."""
    back_after: float | None = None
    """Seconds from its return to its first answer."""


class ModelTakeover:
    name = "model_takeover"

    def run(self, seed: int, scale: float) -> list[Row]:
        runs = count(RUNS, scale, 4)
        ways = WAYS if scale >= 1.0 else WAYS[:1]
        with ProviderProcess(PACE, seed=seed) as first, ProviderProcess(PACE, seed=seed) as second:
            environment = {
                "OPENAI_BASE_URL": first.base_url,
                "OPENAI_API_KEY": "first",
                "ANTHROPIC_BASE_URL": second.root_url,
                "ANTHROPIC_API_KEY": "second",
                "HANDYWRITERZ_MODEL": f"{FIRST},{SECOND}",
                "MODEL_TIMEOUT_SECONDS": str(TIMEOUT),
                "MODEL_STALL_SECONDS": str(TIMEOUT),
                "MODEL_CIRCUIT_SECONDS": str(REST_SECONDS),
            }
            with Arena(**environment) as arena:
                prepare_library(arena)
                with Storm(arena, seed) as storm:
                    began = time.monotonic()
                    for _ in range(WORKERS):
                        storm.spawn()
                    outages = [
                        self._outage(storm, first, second, runs, *way, scale=scale) for way in ways
                    ]
                    settled = storm.settle()
                    seconds = time.monotonic() - began
                    return [
                        *(row for outage in outages for row in self._rows(outage, seconds, scale)),
                        Row(
                            "takeover: runs that ended well",
                            f"{storm.ended()}",
                            f"{storm.started} succeeded",
                            settled and storm.ended() == {"succeeded": storm.started},
                            seconds,
                        ),
                        *promises(storm, "takeover", seconds),
                    ]

    def _outage(
        self,
        storm: Storm,
        first: ProviderProcess,
        second: ProviderProcess,
        runs: int,
        state: str,
        way: str,
        *,
        scale: float,
    ) -> Outage:
        for _ in range(runs):
            storm.start_run(GOAL.format(words=WORDS), length_words=WORDS)
        written = len(first.count())
        busy = storm.until(
            lambda: len(_flying(first.count()[written:], "writer")) >= min(3, runs), 60, every=0.05
        )
        assert busy, f"{way}: no model was ever busy; {storm.ended()}"
        before = first.count()
        fell = first.enter(state)
        open_calls = {request.call for request in _flying(before)}
        storm.settle()
        outage = Outage(way, fell)
        self._took_over(storm, outage, open_calls, first.count(), second.count())
        self._comes_back(storm, outage, first, runs)
        return outage

    def _took_over(
        self,
        storm: Storm,
        outage: Outage,
        open_calls: set[str],
        first: Sequence[Request],
        second: Sequence[Request],
    ) -> None:
        met = dict.fromkeys(open_calls, outage.fell) if outage.way == WAYS[0][1] else {}
        for request in first:
            if request.at > outage.fell:
                met.setdefault(request.call, request.at)
        began = {
            key: at for key, at, _ in storm.outside.execute(BEGUN).fetchall() if at > outage.fell
        }
        seen: set[str] = set()
        for request in second:
            if request.at < outage.fell or request.outcome != "answered" or request.call in seen:
                continue
            seen.add(request.call)
            assert request.ended_at is not None
            if outage.to_first is None:
                outage.to_first = request.ended_at - outage.fell
            if request.call in met:
                outage.met.append(request.at - met[request.call])
            elif request.call in began:
                outage.later.append(request.at - began[request.call])
        outage.wasted = sum(request.at > outage.fell for request in first)

    def _comes_back(self, storm: Storm, outage: Outage, first: ProviderProcess, runs: int) -> None:
        """Return to health, and go on working until it is noticed."""
        before = len(first.count())
        rose = first.enter("up")

        def noticed() -> bool:
            if storm.active() < 2:
                storm.start_run(GOAL.format(words=WORDS), length_words=WORDS)
            return any(r.outcome == "answered" for r in first.count()[before:])

        if storm.until(noticed, COOLDOWN_SECONDS, every=0.1):
            since = first.count()[before:]
            answered = min((r for r in since if r.outcome == "answered"), key=_ended)
            outage.back_after = _ended(answered) - rose
            outage.probes = sum(request.at <= _ended(answered) for request in since)
        storm.settle()
        told = storm.outside.execute(TOLD, [outage.fell]).fetchall()
        outage.told = Counter(code for _, _, code in told)

    def _rows(self, outage: Outage, seconds: float, scale: float) -> list[Row]:
        fault = f"takeover, {outage.way}"
        slow = TIMEOUT if outage.way == "no answer" else 0.0
        goal = allowed(TAKEOVER_SECONDS, scale) + slow
        met, later = outage.met, outage.later
        return [
            Row(
                f"{fault}: calls that met it",
                f"{len(met)}: p50 {percentile(met, 0.5):.2f} s,"
                f" max {max(met, default=0.0):.2f} s until the other was asked;"
                f" first whole answer after {outage.to_first or 0.0:.2f} s",
                f"max < {goal:g} s",
                bool(met) and max(met) < goal,
                seconds,
            ),
            Row(
                f"{fault}: later calls",
                f"{len(later)}: p50 {percentile(later, 0.5) * 1e3:.0f} ms,"
                f" p95 {percentile(later, 0.95) * 1e3:.0f} ms until the other was asked",
                f"p50 < {allowed(0.25, scale):g} s",
                bool(later) and percentile(later, 0.5) < allowed(0.25, scale),
                seconds,
            ),
            Row(
                f"{fault}: told in the runs' logs",
                ", ".join(f"{n} {code}" for code, n in sorted(outage.told.items()))
                + f"; {outage.wasted} requests met the provider that was down",
                "the circuit opened and closed",
                {"circuit_opened", "circuit_closed"} <= outage.told.keys(),
                seconds,
            ),
            Row(
                f"{fault}: back",
                "never noticed"
                if outage.probes is None
                else f"{outage.probes} request until it had answered one,"
                f" {outage.back_after:.1f} s after its return",
                "1",
                outage.probes == 1,
                seconds,
            ),
        ]


def _flying(requests: Sequence[Request], role: str = "") -> list[Request]:
    """Those that are being answered."""
    return [r for r in requests if r.outcome == "open" and role in ("", r.role)]


def _ended(request: Request) -> float:
    return request.ended_at if request.ended_at is not None else float("inf")


scenario = ModelTakeover()
