"""What a call costs, and what to set aside for it. Unknown always counts high, never as zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from genai_prices import Usage, calc_price

from autonomy.core.llm.portfolio import Access, OfferedModel, name_of, provider_of

_PER_MILLION = 1_000_000
_DEAREST = 10_000.0
"""US dollars per million tokens; of those that are listed, none costs a tenth of it."""


@dataclass(frozen=True, slots=True)
class Cost:
    usd: float
    known: bool


def _said(usd_per_mtok: float | None) -> float | None:
    """A price that a server named, unless no model has ever cost anything like it: it would burst
    the books, or pay money back."""
    if usd_per_mtok is None or not 0 <= usd_per_mtok <= _DEAREST:
        return None
    return usd_per_mtok


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
    """As `price`, of the model `name` at `provider`, of which its connection says `offered`.

    Where the connection says the price of one side only, the other counts as unknown.
    """
    per_input = _said(offered.usd_per_mtok_input) if offered else None
    per_answer = _said(offered.usd_per_mtok_output) if offered else None
    if per_input is not None or per_answer is not None:
        sides = ((input_tokens, per_input), (output_tokens, per_answer))
        usd = sum(
            tokens * (unknown_usd_per_mtok if side is None else side) for tokens, side in sides
        )
        known = all(side is not None for tokens, side in sides if tokens)
        return Cost(usd / _PER_MILLION, known=known)
    listed = _listed(listed_as(provider), name, input_tokens, output_tokens)
    if listed is None:
        return Cost(
            (input_tokens + output_tokens) * unknown_usd_per_mtok / _PER_MILLION, known=False
        )
    return Cost(float(listed), known=True)
