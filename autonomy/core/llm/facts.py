"""What is known of a model: how much it reads and writes, what it costs. Nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from genai_prices.data_snapshot import get_snapshot

from autonomy.core.llm.portfolio import Access, OfferedModel, name_of, provider_of
from autonomy.core.llm.price import cost_of, listed_as

# What a price per million tokens is read off: prices may have tiers, and most calls are small.
_SAMPLE = 1_000
_PER_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """None means that nobody said."""

    context_tokens: int | None = None
    """Prompt and answer together."""
    output_tokens: int | None = None
    """The longest answer."""
    structured: bool | None = None
    """Whether it takes a JSON schema for its answer."""
    tools: bool | None = None
    usd_per_mtok_input: float | None = None
    usd_per_mtok_output: float | None = None
    price_known: bool = False
    simulated: bool = False
    thinks: bool | None = None
    """Whether it spends tokens of its answer on thinking unless told otherwise."""


def facts(model: str, access: Access | None) -> ModelFacts:
    """What the connection was found to offer, else what the price list and the provider's profile
    of Pydantic AI say of `model`."""
    name = name_of(model)
    provider = access.provider if access else provider_of(model)
    simulated = name.startswith("simulated") or (access is not None and access.simulated)
    return _facts(provider, name, access.offers(name) if access else None, simulated)


@lru_cache(maxsize=1_024)
def _facts(provider: str, name: str, offered: OfferedModel | None, simulated: bool) -> ModelFacts:
    said = offered or OfferedModel(name)
    profile = _profile(provider, name)
    entry, answer = (
        cost_of(provider, name, said, *sample, unknown_usd_per_mtok=0)
        for sample in ((_SAMPLE, 0), (0, _SAMPLE))
    )
    return ModelFacts(
        context_tokens=said.context_tokens or _listed_window(provider, name),
        output_tokens=said.output_tokens or profile.get("anthropic_max_output_tokens"),
        structured=_first(said.structured, profile.get("supports_json_schema_output")),
        tools=_first(said.tools, profile.get("supports_tools")),
        usd_per_mtok_input=entry.usd / _SAMPLE * _PER_MILLION if entry.known else None,
        usd_per_mtok_output=answer.usd / _SAMPLE * _PER_MILLION if answer.known else None,
        price_known=entry.known and answer.known,
        simulated=simulated,
        thinks=profile.get("thinking_enabled_by_default"),
    )


def _first(*values: bool | None) -> bool | None:
    return next((value for value in values if value is not None), None)


def _listed_window(provider: str, name: str) -> int | None:
    """The window of the price list. A server of one's own may run a model with any window, so its
    names say nothing."""
    if provider in ("ollama", "compatible"):
        return None
    try:
        _, found = get_snapshot().find_provider_model(
            name, provider=None, provider_id=listed_as(provider), provider_api_url=None
        )
    except LookupError:
        return None
    return found.context_window


def _profile(provider: str, name: str) -> dict[str, Any]:
    """What Pydantic AI knows of a provider's own models, without loading the provider's SDK."""
    profile: Any = None
    if provider in ("openai", "openai-chat", "openai-responses"):
        from pydantic_ai.profiles.openai import openai_model_profile as profile
    elif provider == "anthropic":
        from pydantic_ai.profiles.anthropic import anthropic_model_profile as profile
    elif provider == "google":
        from pydantic_ai.profiles.google import google_model_profile as profile
    return dict(profile(name) or {}) if profile else {}
