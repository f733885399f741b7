from __future__ import annotations

import pytest

from autonomy.core.llm import Access, OfferedModel
from autonomy.core.llm.price import price


@pytest.mark.parametrize("model", ["openai:gpt-4o", "openai-chat:gpt-4o", "gpt-4o"])
def test_a_listed_model_costs_its_list_price(model: str) -> None:
    cost = price(model, 1_000_000, 100_000, unknown_usd_per_mtok=99)

    assert cost.known
    assert cost.usd == pytest.approx(2.5 + 1.0)


@pytest.mark.parametrize("model", ["ollama:qwen3", "openai:simulated", "nonsense:x"])
def test_an_unknown_price_counts_high_and_says_so(model: str) -> None:
    cost = price(model, 600_000, 400_000, unknown_usd_per_mtok=15)

    assert not cost.known
    assert cost.usd == pytest.approx(15)


def costs(per_input: float | None, per_answer: float | None) -> tuple[float, bool]:
    """Of a million tokens each way, where an unknown price counts as 15."""
    offered = OfferedModel("m", usd_per_mtok_input=per_input, usd_per_mtok_output=per_answer)
    access = Access("compatible", None, "http://x", "lab", offered=(offered,))
    cost = price("lab:m", 1_000_000, 1_000_000, access=access, unknown_usd_per_mtok=15)
    return cost.usd, cost.known


def test_a_side_whose_price_is_not_said_counts_as_unknown() -> None:
    assert costs(2.0, 8.0) == (10.0, True)
    assert costs(2.0, None) == (17.0, False)
    assert costs(None, 8.0) == (23.0, False)
    assert costs(None, None) == (30.0, False)


@pytest.mark.parametrize("absurd", [-1.0, 1e9, float("inf"), float("nan")])
def test_a_price_that_no_model_ever_had_is_not_believed(absurd: float) -> None:
    assert costs(absurd, absurd) == (30.0, False)
    assert costs(2.0, absurd) == (17.0, False)
