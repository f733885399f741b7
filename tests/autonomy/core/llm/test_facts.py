from __future__ import annotations

from autonomy.core.llm import Access, OfferedModel, facts
from autonomy.core.llm.price import price


def test_a_listed_model_has_its_window_prices_and_abilities() -> None:
    known = facts("openai:gpt-4o", Access("openai"))

    assert known.context_tokens == 128_000
    assert (known.usd_per_mtok_input, known.usd_per_mtok_output) == (2.5, 10.0)
    assert known.price_known
    assert known.structured
    assert not known.simulated


def test_what_a_connection_was_found_to_offer_wins() -> None:
    offered = OfferedModel("gpt-4o", 4_096, 512, structured=False, usd_per_mtok_input=0.0)
    known = facts("lab:gpt-4o", Access("openai", slug="lab", offered=(offered,)))

    assert (known.context_tokens, known.output_tokens) == (4_096, 512)
    assert known.structured is False
    assert (known.usd_per_mtok_input, known.usd_per_mtok_output) == (0.0, None)
    assert not known.price_known, "nobody said what answers cost"


def test_nothing_is_guessed_of_a_server_of_one_s_own() -> None:
    for provider in ("compatible", "ollama"):
        known = facts("lab:gpt-4o", Access(provider, None, "http://127.0.0.1:9/v1", "lab"))

        assert known.context_tokens is None
        assert known.structured is None
        assert known.usd_per_mtok_input is None
        assert not known.price_known


def test_an_unknown_price_counts_as_the_setting_says_also_on_one_s_own_machine() -> None:
    access = Access("ollama", None, "http://127.0.0.1:11434/v1")

    cost = price("ollama:llama3", 600_000, 400_000, access=access, unknown_usd_per_mtok=15)

    assert (cost.usd, cost.known) == (15.0, False)


def test_a_simulator_is_told_by_its_connection_or_its_name() -> None:
    assert facts("lab:anything", Access("compatible", slug="lab", simulated=True)).simulated
    assert facts("openai:simulated-small", Access("openai")).simulated


def test_a_changed_offer_is_seen_at_once() -> None:
    before = Access("compatible", None, "http://x", "lab", offered=(OfferedModel("m", 1_000),))
    after = Access("compatible", None, "http://x", "lab", offered=(OfferedModel("m", 2_000),))

    assert before == after, "the same connection, however much is known of its models"
    assert facts("lab:m", before).context_tokens == 1_000
    assert facts("lab:m", after).context_tokens == 2_000
