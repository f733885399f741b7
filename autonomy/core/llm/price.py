"""What a call costs, and what to set aside for it. Unknown always counts high, never as zero."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import ceil

from genai_prices import Usage, calc_price

from autonomy.core.llm.portfolio import provider_of

# English runs at 4 to 5 letters per token. Tokenizers differ most on everything else: some make a
# token of each digit, scripts without spaces take up to two per character, emoji three.
_LETTERS_PER_TOKEN = 3
_BYTES_PER_TOKEN = 1.5
_WORDS = re.compile(r"[A-Za-z\s]+")


@dataclass(frozen=True, slots=True)
class Cost:
    usd: float
    known: bool


def estimate_tokens(*texts: str) -> int:
    """Tokens of `texts`, estimated high; at least 1."""
    letters = rest = 0
    for text in texts:
        in_words = sum(found.end() - found.start() for found in _WORDS.finditer(text))
        letters += in_words
        rest += len(text.encode("utf-8", "replace")) - in_words
    return max(1, ceil(letters / _LETTERS_PER_TOKEN + rest / _BYTES_PER_TOKEN))


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
