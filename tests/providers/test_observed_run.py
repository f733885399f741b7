"""One run through the real runtime and a simulated provider, with everything on that watches."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.runtime import RunControl
from pydantic import SecretStr

from autonomy import services
from autonomy.core import tracing as core_tracing
from autonomy.core.ports import Deps
from autonomy.core.types import TaskSettings, TaskSpec
from autonomy.models import ModelCall, ModelConnection, Run
from autonomy.runtime import metrics, queue, tracing
from autonomy.runtime.context import Segment, build_deps
from autonomy.runtime.credentials import seal
from autonomy.runtime.model_calls import BUFFER
from autonomy.runtime.runner import Runner
from handywriterz.env import env
from handywriterz.log_lines import JsonLine
from tests.autonomy.agents.world import MemoryNotes, make_library
from tests.autonomy.runtime.conftest import _no_broker, threads
from tests.providers.collector import Collector, collecting, plain
from tests.providers.fixtures import openai_server
from tests.providers.openai_server import OpenAIServer, failing

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["_no_broker", "openai_server", "threads"]

KEY = "marker-of-the-key-7f3a9c"
WORDS = "Marzipanmarker"
GOAL = f"Write a 400-word review of grazing fish and coral reefs for {WORDS}, Harvard style"
FILE = "Dateinamenmarker.pdf"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every line that any logger writes, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLine())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Tracing, on for this test; OpenTelemetry's global providers can be set once only."""
    from opentelemetry import metrics as otel_metrics
    from opentelemetry import trace as otel_trace

    with collecting() as found:
        on = env().model_copy(update={"otel_exporter_otlp_endpoint": found.endpoint})
        monkeypatch.setattr(tracing, "env", lambda: on)
        for module, name in (
            (otel_trace, "_TRACER_PROVIDER"),
            (otel_metrics._internal, "_METER_PROVIDER"),
        ):
            monkeypatch.setattr(module, name, None)
            monkeypatch.setattr(getattr(module, f"{name}_SET_ONCE"), "_done", False)
        tracing.start("test")
        yield found
        tracing.stop()


def drive(owner: User, server: OpenAIServer) -> Run:
    """A whole run with a stored connection, as people make them."""
    connection = ModelConnection(
        slug="lab", provider="compatible", base_url=server.base_url, simulated=True
    )
    connection.secret = seal(SecretStr(KEY), connection.pk)
    connection.save()
    library = make_library()
    library.works = (
        {
            key: source.model_copy(update={"file_name": FILE})
            for key, source in library.works.items()
        }
        if isinstance(library.works, dict)
        else [source.model_copy(update={"file_name": FILE}) for source in library.works]
    )

    def deps(segment: Segment) -> Deps:
        return dataclasses.replace(build_deps(segment), library=library, notes=MemoryNotes())

    spec = TaskSpec(goal=GOAL, settings=TaskSettings(models={"default": "lab:simulated"}))
    run = services.start_run(owner, spec)
    claim = queue.claim(1)
    assert claim is not None
    asyncio.run(Runner(deps=deps).drive(claim, RunControl()))
    run.refresh_from_db()
    assert run.status == "succeeded", run.error
    return run


def lines(log: io.StringIO, message: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in told if line["message"] == message]


@pytest.mark.usefixtures("threads")
def test_every_request_is_recorded_counted_and_logged(
    alice: User,
    openai_server: OpenAIServer,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "TALLY", metrics.Tally())  # nobody carries these away
    openai_server.api_key = KEY
    openai_server.script.append(failing(503, "overloaded"))
    run = drive(alice, openai_server)

    asked = len(openai_server.requests)
    rows = list(ModelCall.objects.filter(run=run).order_by("id"))
    assert len(rows) == asked > 3
    assert len(BUFFER) == 0
    assert rows[0].outcome == "overload"
    assert rows[0].attempt == 1
    assert {row.outcome for row in rows[1:]} == {"answered"}
    assert all(row.simulated and row.prompt_name and row.prompt for row in rows)
    assert all(WORDS in row.prompt for row in rows if row.role == "planner")

    calls = lines(log, "model call")
    assert [line["outcome"] for line in calls] == [row.outcome for row in rows]
    assert all(line["run_id"] == str(run.pk) and line["node"] for line in calls)
    assert sum(line.get("input_tokens", 0) for line in calls) == sum(
        row.input_tokens or 0 for row in rows
    )

    nodes = lines(log, "node ended")
    assert nodes[0]["node"] == "plan"
    assert nodes[0]["route_in"] == "new"
    reflected = [line for line in nodes if line["node"] == "reflect"]
    assert reflected[-1]["route_out"] == "end"
    assert "act" in reflected[-1]["route_in"].split("+")
    assert sum(line["calls"] for line in nodes) == asked
    assert sum(line["tokens"] for line in nodes) == sum(
        (row.input_tokens or 0) + (row.output_tokens or 0) for row in rows
    )

    sums = metrics.TALLY.take()
    called = [
        v for (name, _, part), v in sums.items() if (name, part) == ("hw_model_calls", "total")
    ]
    assert sum(called) == asked
    supersteps = [
        value
        for (name, _, part), value in sums.items()
        if name == "hw_superstep_seconds" and part != "sum"
    ]
    executed = [
        v for (name, _, part), v in sums.items() if name == "hw_node_seconds" and part != "sum"
    ]
    assert sum(executed) == len(nodes)
    assert 3 <= sum(supersteps) <= len(nodes)
    assert sums["hw_run_ends", ("succeeded", "completed"), "total"] == 1


@pytest.mark.usefixtures("threads")
def test_no_log_line_holds_a_key_or_what_people_wrote(
    alice: User, openai_server: OpenAIServer, log: io.StringIO
) -> None:
    openai_server.api_key = KEY
    openai_server.script.append(failing(400, "bad", f"you sent {KEY} and {WORDS}"))
    openai_server.script.append(failing(500, "bad", f"you sent {KEY} and {WORDS}"))
    drive(alice, openai_server)
    logging.getLogger("anything").error("a careless line with %s", KEY)

    text = log.getvalue()
    assert lines(log, "node ended")
    assert "a careless line with [hidden]" in text
    for marker in (KEY, WORDS, FILE):
        assert marker not in text, marker


@pytest.mark.usefixtures("threads")
def test_spans_and_figures_arrive_at_a_collector_and_carry_no_words(
    alice: User, openai_server: OpenAIServer, collector: Collector
) -> None:
    openai_server.api_key = KEY
    openai_server.script.append(failing(503, "overloaded", f"you sent {KEY} and {WORDS}"))
    run = drive(alice, openai_server)
    tracing.stop()

    (segment,) = collector.named("run segment")
    assert plain(segment.attributes)["handywriterz.run_id"] == str(run.pk)
    assert not segment.parent_span_id
    assert all(collector.parent(node) == segment for node in collector.named("node "))

    attempts, calls = collector.named("chat "), collector.named("model call")
    assert len(attempts) == len(openai_server.requests)
    assert {collector.parent(attempt).name for attempt in attempts} == {"model call"}  # type: ignore[union-attr]
    assert {collector.parent(call).name for call in calls} <= {
        "node plan",
        "node act",
        "node reflect",
    }  # type: ignore[union-attr]
    answered = plain(attempts[-1].attributes)
    assert answered["gen_ai.operation.name"] == "chat"
    assert answered["gen_ai.request.model"] == "simulated"
    assert answered["gen_ai.usage.input_tokens"] > 0
    assert attempts[0].status.code == 2
    marked = plain(calls[0].attributes)
    assert marked["handywriterz.role"] == "planner"
    assert (marked["handywriterz.outcome"], marked["handywriterz.attempts"]) == ("answered", 2)

    assert {"gen_ai.client.token.usage", "gen_ai.client.operation.duration"} <= set(
        collector.metrics
    )
    assert "gen_ai.client.operation.time_to_first_chunk" in collector.metrics
    requests = sum(p.count for p in collector.metrics["gen_ai.client.operation.duration"])
    assert requests == len(openai_server.requests)

    told_apart = [plain(p.attributes) for points in collector.metrics.values() for p in points]
    assert {name for told in told_apart for name in told} <= tracing.MEASURED_BY
    durations = collector.metrics["gen_ai.client.operation.duration"]
    assert {plain(p.attributes)["gen_ai.provider.name"] for p in durations} == {"other"}
    for told in (plain(span.attributes) for span in collector.spans):
        assert not [value for value in told.values() if str(value).startswith("lab")], told

    for marker in (KEY, WORDS, FILE, "you sent"):
        assert not [body for body in collector.raw if marker.encode() in body], marker


def test_tracing_is_off_and_nothing_can_be_sent_unless_a_collector_is_named() -> None:
    import subprocess
    import sys

    code = (
        "import django, sys; django.setup()\n"
        "from autonomy.runtime import tracing\n"
        "from autonomy.core import tracing as core\n"
        "tracing.start('runs')\n"
        "assert not core.is_on() and core.instrumentation() is False\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry.exporter')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert not core_tracing.is_on()
