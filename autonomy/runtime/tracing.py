"""Spans and GenAI metrics on their way to an OpenTelemetry collector (OTLP over HTTP).

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; until then nothing is made or measured. What leaves
the process is picked by name from the list below, so that no library's next version can begin to
send what people write.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings

from autonomy.core import tracing
from autonomy.runtime.metrics import provider_label
from handywriterz.env import env

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    from autonomy.core.llm.record import CallRecord

logger = logging.getLogger(__name__)

SENT = frozenset(
    {
        "error.type",
        "exception.type",
        "gen_ai.conversation.id",
        "gen_ai.operation.name",
        "gen_ai.output.type",
        "gen_ai.provider.name",
        "gen_ai.request.frequency_penalty",
        "gen_ai.request.max_tokens",
        "gen_ai.request.model",
        "gen_ai.request.presence_penalty",
        "gen_ai.request.seed",
        "gen_ai.request.temperature",
        "gen_ai.request.top_p",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.id",
        "gen_ai.response.model",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.system",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "operation.cost",
        "server.address",
        "server.port",
    }
)
"""Attributes that may leave, besides those under `OWN`."""
OWN = ("handywriterz.", "gen_ai.usage.details.", "gen_ai.usage.cache")
MEASURED_BY = frozenset(
    {
        "error.type",
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.system",
        "gen_ai.token.type",
    }
)
"""Attributes that figures are told apart by: each takes few values. Names of models and of
connections are people's own and without end; spans may carry the former, figures neither."""
DURATION_BOUNDS = tuple(0.01 * 2**power for power in range(14))
"""Seconds, as the semantic conventions for GenAI metrics have them."""

_duration: Callable[[CallRecord], None] | None = None
_stop: Callable[[], None] | None = None


def start(part: str) -> None:
    """Trace this process, if a collector is named; `part` (web, runs) is told with each span."""
    endpoint = env().otel_exporter_otlp_endpoint
    if not endpoint or tracing.is_on():
        return
    global _duration, _stop
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.metrics.view import View
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    base = endpoint.rstrip("/")
    resource = Resource.create(
        {
            "service.name": os.environ.get("OTEL_SERVICE_NAME", "handywriterz"),
            "service.version": settings.VERSION,
            "service.instance.id": f"{part}-{os.getpid()}",
        }
    )
    spans = TracerProvider(resource=resource)
    spans.add_span_processor(
        BatchSpanProcessor(picked(OTLPSpanExporter(endpoint=f"{base}/v1/traces")))
    )
    figures = MeterProvider(
        [PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{base}/v1/metrics"))],
        resource=resource,
        views=[View(instrument_name="*", attribute_keys=set(MEASURED_BY))],
    )
    trace.set_tracer_provider(spans)
    metrics.set_meter_provider(figures)
    histogram = figures.get_meter(tracing.SCOPE).create_histogram(
        "gen_ai.client.operation.duration",
        unit="s",
        description="Duration of a request to a model.",
        explicit_bucket_boundaries_advisory=DURATION_BOUNDS,
    )

    def record(call: CallRecord) -> None:
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider_label(call.provider),
        }
        if call.outcome != "answered":
            attributes["error.type"] = call.outcome
        histogram.record(call.latency_ms / 1000, attributes)

    def stop() -> None:
        # At most some seconds each, also when the collector is away.
        spans.shutdown()
        figures.shutdown()

    _duration, _stop = record, stop
    tracing.turn_on()
    logger.info("traces go to %s", base)


def stop() -> None:
    """Send what is left, and trace no more."""
    global _duration, _stop
    tracing.turn_off()
    stopping, _stop, _duration = _stop, None, None
    if stopping is not None:
        stopping()


def call_made(call: CallRecord) -> None:
    """Measure a request to a model, and mark the span of the call that it belongs to."""
    if _duration is None:
        return
    _duration(call)
    tracing.annotate(
        handywriterz__outcome=call.outcome,
        handywriterz__provider=provider_label(call.provider),
        handywriterz__rung=call.rung or None,
        handywriterz__attempts=call.attempt,
        handywriterz__waited_ms=call.waited_ms or None,
        handywriterz__prompt=call.prompt_name or None,
        handywriterz__prompt_version=call.prompt_version or None,
        handywriterz__left_out=len(call.left_out) or None,
        handywriterz__simulated=call.simulated or None,
    )


def picked(exporter: SpanExporter) -> SpanExporter:
    """An exporter that hands on names, times and the attributes of `SENT`, and nothing else."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Picked(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([_picked(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Picked()


def _picked(span: ReadableSpan) -> ReadableSpan:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Status

    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={
            name: value
            for name, value in (span.attributes or {}).items()
            if name in SENT or name.startswith(OWN)
        },
        kind=span.kind,
        status=Status(span.status.status_code),  # its description may quote the provider
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
