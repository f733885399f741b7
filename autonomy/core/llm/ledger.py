"""What the gateway asks of the run's account."""

from __future__ import annotations

from typing import Protocol


class Ledger(Protocol):
    """Sets budget aside before a call and books what it cost after.

    Every reservation is ended by exactly one `settle` or `release`, also when the call is
    cancelled. Only a killed process leaves one open; the same key is then reserved again by the
    attempt that takes its place, and the open reservation counts as spent in full: the provider
    may have charged for it. None of the three is cancelled while it is written: the gateway lets it
    finish first.
    """

    async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> str:
        """Set aside `tokens` and `usd` for one request. Returns the key under which the books have
        it: another where `key` is taken by an attempt whose process died.

        Raises:
            BudgetExhausted: they would go over a limit of the run; nothing is set aside.
        """
        ...

    async def settle(
        self, key: str, *, input_tokens: int, output_tokens: int, usd: float, price_known: bool
    ) -> None:
        """Book what the request cost. `price_known` False marks figures that are estimates."""
        ...

    async def release(self, key: str) -> None:
        """Give the reservation back: the request cost nothing."""
        ...
