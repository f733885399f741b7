from __future__ import annotations

import pytest
from pydantic import SecretStr

from autonomy.core.llm.portfolio import Access, Portfolio, chain, provider_of
from handywriterz.env import Env


def env(**values: object) -> Env:
    blank = {
        name: field.default
        for name, field in Env.model_fields.items()
        if name.endswith(("_model", "_key", "_url")) and not field.is_required()
    }
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


@pytest.mark.parametrize("choice", ["none", " None ", "none, openai:x"])
def test_rules_only_is_no_model_and_hides_every_choice_below_it(choice: str) -> None:
    portfolio = Portfolio.assemble(
        env(handywriterz_model="openai:x", openai_api_key="k"),
        choices=[{}, {"default": choice, "critic": "openai:y"}, {"default": "openai:z"}],
    )

    assert portfolio.chain_for("writer") == ()
    assert portfolio.chosen_by("writer") == "user"
    assert portfolio.ruled("writer")
    assert not portfolio.ruled("critic")
    assert not Portfolio.from_env(env()).ruled("writer"), "nobody chose"


def test_rules_may_follow_models_and_end_their_list() -> None:
    portfolio = Portfolio.from_env(env(openai_api_key="k"), {"default": "openai:x, none, openai:y"})

    assert portfolio.chain_for("writer") == ("openai:x",)


CONNECTIONS = (
    Access("openai", SecretStr("person"), None, "openai", "user"),
    Access("compatible", None, "http://10.0.0.2/v1", "lab", "deployment"),
    Access("openai", SecretStr("deployment"), None, "openai", "deployment"),
)


def test_choices_are_layered_from_the_run_over_person_and_deployment_to_the_environment() -> None:
    portfolio = Portfolio.assemble(
        env(handywriterz_model="openai:environment", handywriterz_debugger_model="openai:mender"),
        choices=[
            {"writer": "openai:run"},
            {"critic": "openai:person", "writer": "openai:other"},
            {"default": "openai:deployment"},
        ],
    )

    assert {role: portfolio.chain_for(role)[0] for role in ("writer", "critic", "planner")} == {
        "writer": "openai:run",
        "critic": "openai:person",
        "planner": "openai:deployment",
    }
    assert [portfolio.chosen_by(r) for r in ("writer", "critic", "planner", "small")] == [
        "run",
        "user",
        "deployment",
        "deployment",
    ]


def test_the_environment_s_choice_is_named_and_no_choice_is_nobody_s() -> None:
    portfolio = Portfolio.assemble(env(handywriterz_writer_model="openai:w"))

    assert portfolio.chosen_by("writer") == "environment"
    assert portfolio.chosen_by("critic") == ""


def test_a_person_s_connection_wins_over_the_deployment_s_of_the_same_name() -> None:
    portfolio = Portfolio.assemble(env(openai_api_key="environment"), connections=CONNECTIONS)

    access = portfolio.access_to("openai:gpt-5")
    assert access is not None
    assert access.scope == "user"
    assert portfolio.configured("lab:m")
    assert portfolio.access_to("openai-responses:gpt-5") is access


def test_an_endpoint_is_one_per_account_and_tells_nothing_of_the_key() -> None:
    first = Access("openai", SecretStr("sk-very-secret"), None)
    same = Access("openai", SecretStr("sk-very-secret"), None, "other")
    changed = Access("openai", SecretStr("sk-new"), None)

    assert first.endpoint == same.endpoint
    assert first.endpoint != changed.endpoint
    assert first.endpoint.startswith("openai-")
    assert "secret" not in first.endpoint


def test_a_provider_that_reads_variables_of_its_own_is_open_only_when_the_operator_named_it() -> (
    None
):
    assert Portfolio.assemble(env(handywriterz_model="groq:x")).configured("groq:x")
    assert not Portfolio.assemble(env(), choices=[{"default": "groq:x"}]).configured("groq:x")


def test_a_key_of_nobody_reaches_nothing() -> None:
    access = Access("anthropic", None, None, "mine", "user")

    portfolio = Portfolio.assemble(env(anthropic_api_key="deployment"), connections=[access])

    assert not portfolio.configured("mine:claude")
