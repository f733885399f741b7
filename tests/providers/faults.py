"""Faults by chance and by plan: the same seed makes the same faults, request by request."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.providers.behaviours import Behaviour
from tests.providers.damage import KINDS, PROSE_KINDS
from tests.providers.received import Received

Change = dict[str, Any]
"""Fields of `Behaviour`."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What a fault may look at."""

    rng: random.Random
    structured: bool
    retry_after: int


def _limited(draw: Draw) -> Change:
    """Half of them say when to come back, by seconds or by date."""
    return draw.rng.choice([_limited_bare, _limited_bare, _limited_seconds, _limited_date])(draw)


def _limited_bare(draw: Draw) -> Change:
    return {"trouble": "rate_limit"}


def _limited_seconds(draw: Draw) -> Change:
    return {"trouble": "rate_limit", "headers": {"retry-after": str(draw.retry_after)}}


def _limited_date(draw: Draw) -> Change:
    # A date has whole seconds, so one more is needed for the wait to be as long as it says.
    when = datetime.now(UTC) + timedelta(seconds=draw.retry_after + 1)
    return {"trouble": "rate_limit", "headers": {"retry-after": format_datetime(when, True)}}


def _any_5xx(draw: Draw) -> Change:
    names = ("server", "bad_gateway", "unavailable", "gateway_timeout")
    return {"trouble": draw.rng.choice(names)}


def _malformed(draw: Draw) -> Change:
    return {"damage": draw.rng.choice(list(KINDS) if draw.structured else PROSE_KINDS)}


def _trouble(name: str) -> Callable[[Draw], Change]:
    return lambda draw: {"trouble": name}


def _damage(kind: str) -> Callable[[Draw], Change]:
    return lambda draw: {"damage": kind}


FAULTS: dict[str, Callable[[Draw], Change]] = {
    "429": _limited,
    "429_bare": _limited_bare,
    "429_seconds": _limited_seconds,
    "429_date": _limited_date,
    "5xx": _any_5xx,
    "500": _trouble("server"),
    "502": _trouble("bad_gateway"),
    "503": _trouble("unavailable"),
    "504": _trouble("gateway_timeout"),
    "529": _trouble("overloaded"),
    "408": _trouble("timeout"),
    "auth": _trouble("auth"),
    "quota": _trouble("quota"),
    "permission": _trouble("permission"),
    "not_found": _trouble("model_not_found"),
    "context": _trouble("context"),
    "filter": _trouble("content_filter"),
    "cut": lambda draw: {"cut_share": draw.rng.uniform(0.05, 0.95)},
    "cut_quietly": lambda draw: {"cut_share": draw.rng.uniform(0.05, 0.95), "end_quietly": True},
    "cut_with_error": lambda draw: {
        "cut_share": draw.rng.uniform(0.05, 0.95),
        "break_with": "overloaded",
    },
    "stall": lambda draw: {"stall_after": draw.rng.randint(0, 10)},
    "hang": lambda draw: {"delay": 86_400.0},
    "close": lambda draw: {"unanswered": True},
    "html": lambda draw: {"content_type": "text/html"},
    "huge": lambda draw: {"least_characters": 2_000_000},
    "drip": lambda draw: {"chunk_delay": 0.2},
    "no_usage": lambda draw: {"usage": False},
    "length": lambda draw: {"finish_reason": "length", "damage": "truncated"},
    "refused": lambda draw: {"finish_reason": "refusal", "damage": "refusal"},
    "malformed": _malformed,
    **{f"malformed.{kind}": _damage(kind) for kind in KINDS},
}
"""Fault to what it changes about a request's treatment."""


@dataclass(slots=True)
class Faults:
    """Which request meets which fault.

    Raises:
        ValueError: an unknown fault, or weights that add up to more than 1.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    """Fault to the share of requests that meet it, at most one fault each."""
    plan: tuple[str, ...] = ()
    """Faults of the first requests in turn, "" for none; the weights count from then on."""
    seed: int = 0
    latency: float = 0.0
    """Seconds before each answer."""
    jitter: float = 0.0
    """Up to this many seconds more."""
    pause: float = 0.0
    """Seconds between the pieces of each stream."""
    retry_after: int = 1
    """Seconds that a Retry-After asks for."""

    def __post_init__(self) -> None:
        for name in [*self.weights, *filter(None, self.plan)]:
            if name not in FAULTS:
                raise ValueError(f"There is no fault “{name}”. There are: {', '.join(FAULTS)}.")
        if min(self.weights.values(), default=0) < 0 or sum(self.weights.values()) > 1 + 1e-9:
            raise ValueError("The weights of faults are shares: none below 0, together at most 1.")

    @classmethod
    def parse(cls, text: str = "", *, seed: int = 0, plan: str = "") -> Faults:
        """From `429=0.3,5xx=0.1,latency=0.2`, and from `503,,cut` for the plan.

        Raises:
            ValueError: with a sentence that says what is wrong.
        """
        weights: dict[str, float] = {}
        timing: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, number = part.partition("=")
            try:
                value = float(number)
            except ValueError:
                raise ValueError(f"“{part}” is not a fault and its share, as in 429=0.3.") from None
            # Seconds for every request, beside the shares of faults.
            target = timing if name in ("latency", "jitter", "pause", "retry_after") else weights
            target[name] = value
        return cls(
            weights=weights,
            plan=tuple(name.strip() for name in plan.split(",")) if plan else (),
            seed=seed,
            latency=timing.get("latency", 0.0),
            jitter=timing.get("jitter", 0.0),
            pause=timing.get("pause", 0.0),
            retry_after=int(timing.get("retry_after", 1)),
        )

    def named(self, number: int) -> str:
        """The fault of request `number` (from 0); empty for none."""
        if number < len(self.plan):
            return self.plan[number]
        point = self.rng(number, "which").random()
        for name, weight in self.weights.items():
            point -= weight
            if point < 0:
                return name
        return ""

    def on(self, base: Behaviour, number: int, received: Received) -> Behaviour:
        """`base` with the fault of request `number`."""
        rng = self.rng(number, "how")
        structured = received.asked.schema is not None or "JSON" in received.system
        name = self.named(number)
        change = FAULTS[name](Draw(rng, structured, self.retry_after)) if name else {}
        wait = self.latency + (rng.uniform(0, self.jitter) if self.jitter else 0.0)
        if wait:
            change.setdefault("delay", wait)
        if self.pause:
            change.setdefault("chunk_delay", self.pause)
        return replace(base, **change, name=name) if change or name else base

    def rng(self, number: int, what: str) -> random.Random:
        # Each request has dice of its own, so that how one is served never shifts the others.
        return random.Random(f"{self.seed}:{number}:{what}")
