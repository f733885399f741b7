"""What is counted. Labels are taken from closed lists, so that no label set grows with use.

Counting adds to a dictionary of this process; `metrics_store` carries the sums to Redis, where the
sums of all processes meet, and `services.metrics` shows them.
"""

from __future__ import annotations

import bisect
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from autonomy.core.llm import catalogue
from autonomy.core.llm.failures import FailureKind
from autonomy.core.llm.record import CallRecord
from autonomy.core.types import RunStatus, StopReason

Field = tuple[str, tuple[str, ...], str]
"""Metric, label values, and which of its series: `total`, `sum` or the upper bound of a bucket."""

OTHER = "other"

PROVIDERS = frozenset({*catalogue.PROVIDERS, *catalogue.DIALECTS})
ROLES = frozenset(catalogue.ROLES)
OUTCOMES = frozenset({"answered", "cancelled", *(kind.value for kind in FailureKind)})
RUNGS = frozenset({"", "native", "stripped", "repaired", "coerced", "reasked"})
NODES = frozenset(
    {
        "plan",
        "await_approval",
        "act",
        "reflect",
        "expand",
        "repair",
        "turnitin_pause",
        "amend",
        "await_report",
    }
)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; its samples are named as Prometheus has it (`_total`, `_bucket`, …)."""

    name: str
    help: str
    labels: tuple[str, ...]
    kind: Literal["counter", "histogram"] = "counter"


CALLS = Metric(
    "hw_model_calls",
    "Requests to models, by how they ended.",
    ("provider", "role", "outcome", "rung"),
)
RETRIES = Metric("hw_model_retries", "Requests that repeated a failed one.", ("provider", "role"))
TOKENS = Metric(
    "hw_model_tokens",
    "Tokens as providers reported them; requests of which none were reported add nothing.",
    ("provider", "role", "direction"),
)
DOLLARS = Metric(
    "hw_model_usd", "US dollars as booked; price is known or assumed.", ("provider", "price")
)
LATENCY = Metric(
    "hw_model_call_seconds",
    "From sending a request to the end of its answer or to its failure.",
    ("provider", "role"),
    "histogram",
)
FIRST_TOKEN = Metric(
    "hw_model_first_token_seconds",
    "From sending a streamed request to the first piece of its answer.",
    ("provider", "role"),
    "histogram",
)
WAITS = Metric(
    "hw_model_wait_seconds",
    "Waited for a provider's rate before sending.",
    ("provider",),
    "histogram",
)
RUN_ENDS = Metric("hw_run_ends", "Runs that ended, by status and reason.", ("status", "reason"))
SUPERSTEPS = Metric(
    "hw_superstep_seconds",
    "One superstep of a run, its checkpoint included.",
    (),
    "histogram",
)
NODE_SECONDS = Metric("hw_node_seconds", "One execution of a node.", ("node",), "histogram")
DROPPED = Metric(
    "hw_model_call_records_dropped",
    "Records of model calls that could not be kept for the staff page.",
    (),
)

LIVE_VIEWS = "hw_live_views"
"""Sockets and event streams that are open; told by each web process while it lives."""

ALL = (
    CALLS,
    RETRIES,
    TOKENS,
    DOLLARS,
    LATENCY,
    FIRST_TOKEN,
    WAITS,
    RUN_ENDS,
    SUPERSTEPS,
    NODE_SECONDS,
    DROPPED,
)


class Tally:
    """Sums that have not been carried away yet."""

    def __init__(self) -> None:
        self._wake: Callable[[], None] | None = None
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Count from nothing: after a fork the parent carries what it counted."""
        self._lock = threading.Lock()
        self._sums: dict[Field, float] = {}

    def add(self, metric: Metric, labels: tuple[str, ...], amount: float = 1) -> None:
        if amount <= 0:
            return
        field = (metric.name, labels, "total")
        with self._lock:
            self._sums[field] = self._sums.get(field, 0) + amount
        self._woken()

    def observe(self, metric: Metric, labels: tuple[str, ...], seconds: float) -> None:
        place = bisect.bisect_left(SECONDS, seconds)
        bound = str(SECONDS[place]) if place < len(SECONDS) else "+Inf"
        bucket, total = (metric.name, labels, bound), (metric.name, labels, "sum")
        with self._lock:
            self._sums[bucket] = self._sums.get(bucket, 0) + 1
            self._sums[total] = self._sums.get(total, 0) + max(0.0, seconds)
        self._woken()

    def take(self) -> dict[Field, float]:
        """All sums, which begin at nothing again."""
        with self._lock:
            taken, self._sums = self._sums, {}
        return taken

    def on_first(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever something was counted; it must return at once."""
        self._wake = wake

    def _woken(self) -> None:
        if self._wake is not None:
            self._wake()


TALLY = Tally()


def _one_of(value: str, known: frozenset[str]) -> str:
    return value if value in known else OTHER


def provider_label(prefix: str) -> str:
    """The prefix of a model string as a label. A connection's own is `other`: people name those."""
    return _one_of(prefix, PROVIDERS)


def count_call(record: CallRecord) -> None:
    """One request to a model."""
    provider = provider_label(record.provider)
    role = _one_of(record.role, ROLES)
    outcome, rung = _one_of(record.outcome, OUTCOMES), _one_of(record.rung, RUNGS)
    TALLY.add(CALLS, (provider, role, outcome, rung))
    if record.attempt > 1:
        TALLY.add(RETRIES, (provider, role))
    TALLY.add(TOKENS, (provider, role, "input"), record.input_tokens or 0)
    TALLY.add(TOKENS, (provider, role, "output"), record.output_tokens or 0)
    if record.usd is not None:
        price = "known" if record.price_known else "assumed"
        TALLY.add(DOLLARS, (provider, price), float(record.usd))
    TALLY.observe(LATENCY, (provider, role), record.latency_ms / 1000)
    if record.first_token_ms is not None:
        TALLY.observe(FIRST_TOKEN, (provider, role), record.first_token_ms / 1000)
    if record.waited_ms:
        TALLY.observe(WAITS, (provider,), record.waited_ms / 1000)


def count_run_end(status: RunStatus, reason: StopReason) -> None:
    """A run ended; call it once that is committed."""
    TALLY.add(RUN_ENDS, (status.value, reason.value))


def count_node(node: str, seconds: float) -> None:
    TALLY.observe(NODE_SECONDS, (_one_of(node, NODES),), seconds)


def count_superstep(seconds: float) -> None:
    TALLY.observe(SUPERSTEPS, (), seconds)


def count_dropped(records: int) -> None:
    TALLY.add(DROPPED, (), records)
