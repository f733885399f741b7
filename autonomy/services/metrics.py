"""The page that Prometheus reads."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping

from django.db import DatabaseError, InterfaceError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector
from redis import RedisError

from autonomy.core.types import TERMINAL_STATUSES, RunStatus
from autonomy.runtime import gauges, metrics
from autonomy.runtime.health_reading import read_health
from autonomy.runtime.metrics import LIVE_VIEWS, SECONDS, Field, Metric
from autonomy.runtime.metrics_store import STORE

logger = logging.getLogger(__name__)

CIRCUITS = {"closed": 0.0, "half_open": 0.5, "open": 1.0}
PAGES = "outside:page:"
"""Beginning of the endpoints that pages and files are fetched from."""
MOST_ENDPOINTS = 50
"""Shown, those in trouble first: people's own connections are endpoints too."""

Family = CounterMetricFamily | HistogramMetricFamily | GaugeMetricFamily


def metrics_page() -> bytes:
    """Everything that is counted and measured, over all processes, in Prometheus' text format.

    What cannot be read is left out and shown by `hw_up`, which is 0 for that part.
    """
    registry = CollectorRegistry()
    registry.register(_Snapshot())
    return generate_latest(registry)


class _Snapshot(Collector):
    def collect(self) -> Iterator[Family]:
        up = GaugeMetricFamily("hw_up", "Whether a part answered just now.", labels=["part"])
        yield from self._counted(up)
        yield from self._stored(up)
        yield up

    def _counted(self, up: GaugeMetricFamily) -> Iterator[Family]:
        STORE.flush()
        try:
            sums, held = STORE.read()
        except (RedisError, OSError):
            up.add_metric(["redis"], 0)
            return
        up.add_metric(["redis"], 1)
        for metric in metrics.ALL:
            own = {field: value for field, value in sums.items() if field[0] == metric.name}
            yield _histogram(metric, own) if metric.kind == "histogram" else _counter(metric, own)
        views = held.get(LIVE_VIEWS, {}).get("", [])
        yield _gauge(LIVE_VIEWS, "Sockets and event streams that are open.", sum(views))
        yield from _endpoints()

    def _stored(self, up: GaugeMetricFamily) -> Iterator[Family]:
        try:
            live, line, workers = gauges.live_runs(), gauges.line(), gauges.workers()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("metrics: the database does not answer (%s)", error)
            up.add_metric(["database"], 0)
            return
        up.add_metric(["database"], 1)
        runs = GaugeMetricFamily("hw_runs", "Runs that have not ended.", labels=["status"])
        for status in RunStatus:
            if status not in TERMINAL_STATUSES:
                runs.add_metric([status.value], live.get(status.value, 0))
        yield runs
        yield _gauge("hw_queue_runs", "Runs in line that may be driven now.", line.runs)
        yield _gauge(
            "hw_queue_oldest_seconds", "How long the first of them waits.", line.oldest_seconds
        )
        yield _gauge("hw_workers", "Worker processes that drive runs.", workers)


def _endpoints() -> Iterator[Family]:
    """Circuits and rates that all workers share, by provider and account."""
    circuits = GaugeMetricFamily(
        "hw_provider_circuit",
        "Circuit of an account at a provider: 0 closed, 0.5 on trial, 1 open.",
        labels=["endpoint"],
    )
    rates = GaugeMetricFamily(
        "hw_provider_rate_per_minute",
        "Requests per minute that a provider's refusals have cut an account to.",
        labels=["endpoint"],
    )
    # Hosts of pages are what people read: nobody's business, and there is no end of them.
    known = {name: at for name, at in read_health().items() if not name.startswith(PAGES)}
    worst = sorted(
        known.items(),
        key=lambda item: (-CIRCUITS[item[1].circuit], item[1].rate_per_minute is None, item[0]),
    )
    for endpoint, state in worst[:MOST_ENDPOINTS]:
        circuits.add_metric([endpoint], CIRCUITS[state.circuit])
        if state.rate_per_minute is not None:
            rates.add_metric([endpoint], state.rate_per_minute)
    yield circuits
    yield rates


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _counter(metric: Metric, sums: Mapping[Field, float]) -> CounterMetricFamily:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for (_, labels, _), value in sorted(sums.items()):
        family.add_metric(labels, value)
    if not metric.labels and not sums:
        family.add_metric((), 0)
    return family


def _histogram(metric: Metric, sums: Mapping[Field, float]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels in sorted({labels for _, labels, _ in sums}):
        family.add_metric(
            labels,
            buckets=list(_cumulative(metric.name, labels, sums)),
            sum_value=sums.get((metric.name, labels, "sum"), 0),
        )
    return family


def _cumulative(
    name: str, labels: tuple[str, ...], sums: Mapping[Field, float]
) -> Iterable[tuple[str, float]]:
    below = 0.0
    for bound in (*map(str, SECONDS), "+Inf"):
        below += sums.get((name, labels, bound), 0)
        yield bound, below
