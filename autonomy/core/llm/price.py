"""What a call costs, and what to set aside for it. Unknown always counts high, never as zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from genai_prices import Usage, calc_price

from autonomy.core.llm.portfolio import Access, OfferedModel, name_of, provider_of
from autonomy.core.tokens import estimate_tokens

__all__ = ["Cost", "cost_of", "estimate_tokens", "listed_as", "price"]

_PER_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    usd: float
    known: bool


def listed_as(provider: str) -> str:
    """The provider's name in the price list."""
    return provider.removesuffix("-chat").removesuffix("-responses")


@lru_cache(maxsize=4_096)
def _listed(provider: str, name: str, input_tokens: int, output_tokens: int) -> Decimal | None:
    try:
        found = calc_price(
            Usage(input_tokens=input_tokens, output_tokens=output_tokens),
            name,
            provider_id=provider,
        )
    except (LookupError, ValueError):
        return None
    return found.total_price


def price(
    model: str,
    input_tokens: int,
    output_tokens: int,
    *,
    access: Access | None = None,
    unknown_usd_per_mtok: float,
) -> Cost:
    """US dollars for a call of `model`: what its connection says, else by the bundled price list of
    genai-prices.

    A model that neither knows costs `unknown_usd_per_mtok` per million tokens of either kind, also
    on a machine of one's own: electricity is somebody's money too.
    """
    name = name_of(model)
    return cost_of(
        access.provider if access else provider_of(model),
        name,
        access.offers(name) if access else None,
        input_tokens,
        output_tokens,
        unknown_usd_per_mtok=unknown_usd_per_mtok,
    )


def cost_of(
    provider: str,
    name: str,
    offered: OfferedModel | None,
    input_tokens: int,
    output_tokens: int,
    *,
    unknown_usd_per_mtok: float,
) -> Cost:
    """As `price`, of the model `name` at `provider`, of which its connection says `offered`."""
    if offered is not None and offered.usd_per_mtok_input is not None:
        per_answer = offered.usd_per_mtok_output
        per_answer = offered.usd_per_mtok_input if per_answer is None else per_answer
        usd = input_tokens * offered.usd_per_mtok_input + output_tokens * per_answer
        return Cost(usd / _PER_MILLION, known=True)
    listed = _listed(listed_as(provider), name, input_tokens, output_tokens)
    if listed is None:
        return Cost(
            (input_tokens + output_tokens) * unknown_usd_per_mtok / _PER_MILLION, known=False
        )
    return Cost(float(listed), known=True)
