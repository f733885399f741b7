"""What a call costs, and what to set aside for it. Unknown always counts high, never as zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from genai_prices import Usage, calc_price

from autonomy.core.llm.portfolio import provider_of
from autonomy.core.tokens import estimate_tokens

__all__ = ["Cost", "estimate_tokens", "price"]


@dataclass(frozen=True, slots=True)
class Cost:
    usd: float
    known: bool


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
    model: str, input_tokens: int, output_tokens: int, *, unknown_usd_per_mtok: float
) -> Cost:
    """US dollars for a call of `model`, by the bundled price list of genai-prices.

    A model that is not in the list costs `unknown_usd_per_mtok` per million tokens of either kind.
    """
    name = model.split(":", 1)[-1]
    provider = provider_of(model).removesuffix("-chat").removesuffix("-responses")
    listed = _listed(provider, name, input_tokens, output_tokens)
    if listed is None:
        return Cost((input_tokens + output_tokens) * unknown_usd_per_mtok / 1_000_000, known=False)
    return Cost(float(listed), known=True)
