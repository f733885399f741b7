from __future__ import annotations

import pytest
from pydantic import SecretStr

from autonomy.core.llm.portfolio import Access, Portfolio, chain, provider_of
from handywriterz.env import Env


def env(**values: object) -> Env:
    blank = {name: None for name in Env.model_fields if name.endswith(("_model", "_key", "_url"))}
    return Env(_env_file=None, **{**blank, **values})  # type: ignore[arg-type]


def test_a_role_s_own_model_wins_over_the_one_for_all() -> None:
    portfolio = Portfolio.from_env(
        env(handywriterz_model="openai:all", handywriterz_critic_model="anthropic:judge")
    )

    assert portfolio.chain_for("writer") == ("openai:all",)
    assert portfolio.chain_for("critic") == ("anthropic:judge",)


def test_a_task_s_choice_wins_over_the_deployment_s() -> None:
    portfolio = Portfolio.from_env(
        env(handywriterz_model="openai:all", handywriterz_critic_model="openai:judge"),
        {"writer": "ollama:mine", "default": "openai:mine"},
    )

    assert portfolio.chain_for("writer") == ("ollama:mine",)
    assert portfolio.chain_for("critic") == ("openai:mine",)


def test_several_models_are_tried_in_the_order_they_are_written() -> None:
    assert chain(" openai:a , anthropic:b,, ") == ("openai:a", "anthropic:b")
    assert chain(None) == chain("") == ()


def test_nothing_set_means_no_models() -> None:
    portfolio = Portfolio.from_env(env())

    assert portfolio.chain_for("writer") == ()
    assert portfolio.describe()["configured"] is False


@pytest.mark.parametrize(
    ("model", "values", "configured"),
    [
        ("openai:x", {}, False),
        ("openai:x", {"openai_api_key": "k"}, True),
        ("openai:x", {"openai_base_url": "http://127.0.0.1:1/v1"}, True),
        ("x", {"openai_api_key": "k"}, True),
        ("anthropic:x", {"openai_api_key": "k"}, False),
        ("anthropic:x", {"anthropic_api_key": "k"}, True),
        ("google:x", {"google_api_key": "k"}, True),
        ("openrouter:x", {"openrouter_api_key": "k"}, True),
        ("ollama:x", {"ollama_base_url": "http://127.0.0.1:1/v1"}, True),
        ("ollama:x", {}, False),
    ],
)
def test_a_model_is_configured_when_its_provider_can_be_reached(
    model: str, values: dict[str, str], configured: bool
) -> None:
    portfolio = Portfolio.from_env(env(handywriterz_model=model, **values))

    assert portfolio.configured(model) is configured
    described = portfolio.describe()["roles"]["writer"]
    assert (described["models"], described["configured"]) == ([model], configured)


def test_keys_show_neither_in_repr_nor_in_the_description() -> None:
    portfolio = Portfolio(
        models={"writer": ("openai:x",)},
        access={"openai": Access("openai", SecretStr("sk-secret"))},
    )

    assert "sk-secret" not in repr(portfolio) + repr(portfolio.describe())


def test_limits_come_from_the_environment() -> None:
    limits = Portfolio.from_env(env(model_max_attempts=2, model_timeout_seconds=9)).limits

    assert (limits.attempts, limits.attempt_seconds) == (2, 9)


def test_an_unprefixed_name_belongs_to_openai() -> None:
    assert provider_of("gpt-4o") == "openai"
    assert provider_of("ollama:llama3:8b") == "ollama"
