from __future__ import annotations

from decimal import Decimal
from typing import Any

from autonomy.core.llm.record import CallRecord
from autonomy.runtime import metrics
from autonomy.runtime.metrics import SECONDS, Tally


def record(**changes: Any) -> CallRecord:
    values: dict[str, Any] = {
        "key": "task:0",
        "attempt": 1,
        "role": "writer",
        "provider": "openai",
        "model": "openai:gpt-5-mini",
        "outcome": "answered",
        "rung": "native",
        "latency_ms": 1_200,
        "first_token_ms": 300,
        "input_tokens": 100,
        "output_tokens": 20,
        "usd": Decimal("0.25"),
        "price_known": True,
    }
    return CallRecord(**{**values, **changes})


def counted(*records: CallRecord) -> dict[metrics.Field, float]:
    metrics.TALLY.take()
    for one in records:
        metrics.count_call(one)
    return metrics.TALLY.take()


def test_a_call_is_counted_with_its_tokens_dollars_and_times() -> None:
    sums = counted(record(), record(attempt=2, outcome="rate_limit", rung="", usd=None))
    assert sums["hw_model_calls", ("openai", "writer", "answered", "native"), "total"] == 1
    assert sums["hw_model_calls", ("openai", "writer", "rate_limit", ""), "total"] == 1
    assert sums["hw_model_retries", ("openai", "writer"), "total"] == 1
    assert sums["hw_model_tokens", ("openai", "writer", "input"), "total"] == 200
    assert sums["hw_model_usd", ("openai", "known"), "total"] == 0.25
    assert sums["hw_model_call_seconds", ("openai", "writer"), "2.5"] == 2
    assert sums["hw_model_call_seconds", ("openai", "writer"), "sum"] == 2.4


def test_names_that_people_choose_never_become_labels() -> None:
    sums = counted(
        *(
            record(provider=f"lab-{n}", role=f"role {n}", outcome=f"o{n}", rung="?")
            for n in range(50)
        )
    )
    labels = {labels for _, labels, _ in sums}
    assert labels <= {
        ("other", "other", "other", "other"),
        ("other", "other", "input"),
        ("other", "other", "output"),
        ("other", "known"),
        ("other", "other"),
    }


def test_an_observation_falls_into_the_first_bucket_that_holds_it() -> None:
    tally = Tally()
    for seconds in (0.0, SECONDS[0], SECONDS[-1], SECONDS[-1] + 1):
        tally.observe(metrics.SUPERSTEPS, (), seconds)
    sums = tally.take()
    name = metrics.SUPERSTEPS.name
    assert sums[name, (), str(SECONDS[0])] == 2
    assert sums[name, (), str(SECONDS[-1])] == 1
    assert sums[name, (), "+Inf"] == 1
    assert tally.take() == {}


def test_every_node_of_the_graph_is_a_known_label() -> None:
    from autonomy.core.graph import build_graph

    assert set(build_graph().nodes) == metrics.NODES
