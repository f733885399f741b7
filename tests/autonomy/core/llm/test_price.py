from __future__ import annotations

import pytest

from autonomy.core.llm.price import estimate_tokens, price


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


def test_tokens_are_estimated_high() -> None:
    assert estimate_tokens("") == 1
    assert estimate_tokens("word " * 300) >= 300 * 1.3
    assert estimate_tokens("漢字" * 100) >= 400
    assert estimate_tokens("🦉" * 100) >= 250
    assert estimate_tokens("3.14159 2.71828\n" * 100) >= 900
    assert estimate_tokens("\ud800") >= 1
