"""Every provider and role that there is can be used everywhere."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from autonomy.core.llm import Access
from autonomy.core.llm.catalogue import DIALECTS, EMBEDDER, NONE, PROVIDERS, ROLES, home_of
from autonomy.core.llm.portfolio import Portfolio
from autonomy.core.llm.providers import build
from autonomy.runtime import metrics
from autonomy.services.connections import RESERVED
from tests.autonomy.core.llm.test_portfolio import env


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_model_of_each_provider_can_be_built_at_its_home_or_a_given_address(
    provider: str,
) -> None:
    known = PROVIDERS[provider]
    address = "https://typed.example/v1" if known.needs_address else None

    model = build(f"{provider}:vendor/m", Access(provider, SecretStr("k"), address))

    assert str(model.base_url).startswith(address or home_of(provider))


def test_a_prefix_of_a_dialect_means_its_provider() -> None:
    portfolio = Portfolio.from_env(env(openai_api_key="k"))

    assert DIALECTS == {"openai-chat": "openai", "openai-responses": "openai"}
    for dialect, provider in DIALECTS.items():
        assert portfolio.access_to(f"{dialect}:m") is portfolio.access[provider]


def test_what_has_no_address_of_its_own_takes_one_and_no_other_needs_one() -> None:
    for provider in PROVIDERS.values():
        assert provider.takes_address or not provider.needs_address
        assert provider.needs_key is not provider.needs_address
    assert home_of("nobody") == ""


def test_metrics_and_names_of_connections_follow_the_catalogue() -> None:
    for prefix in (*PROVIDERS, *DIALECTS):
        assert metrics.provider_label(prefix) == prefix
    assert set(ROLES) == metrics.ROLES
    assert {*ROLES, *DIALECTS, EMBEDDER, NONE} <= RESERVED
