"""What a call costs, and what to set aside for it. Unknown always counts high, never as zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from genai_prices import Usage, calc_price

from autonomy.core.llm.portfolio import provider_of

# English runs at 4 to 5 characters per token; scripts without spaces at about 1. Counting bytes
# covers both: 3 bytes per token errs on the high side for all of them.
_BYTES_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Cost:
    usd: float
    known: bool


def estimate_tokens(*texts: str) -> int:
    """Tokens of `texts`, estimated high; at least 1."""
    return max(1, sum(len(text.encode()) for text in texts) // _BYTES_PER_TOKEN)


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
