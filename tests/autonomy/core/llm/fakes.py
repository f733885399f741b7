"""An account and a clock that keep everything in memory, and a gateway between them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from autonomy.core.llm import ROLES, Access, CallLimits, Gateway, Portfolio, Providers
from autonomy.core.llm.health import LocalHealth
from autonomy.core.llm.record import CallRecord
from autonomy.core.packing import Part, Prompt
from autonomy.core.ports import BudgetExhausted
from autonomy.core.types import EventDraft
from tests.autonomy.memory_effects import MemoryEffects
from tests.providers.openai_server import OpenAIServer


class MemoryLedger:
    """Fails loudly on a reservation that is ended twice, or never made."""

    def __init__(self, tokens: int = 1_000_000) -> None:
        self.limit = tokens
        self.open: dict[str, int] = {}
        self.settled: dict[str, dict[str, Any]] = {}
        self.released: list[str] = []

    async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> str:
        spent = sum(s["input_tokens"] + s["output_tokens"] for s in self.settled.values())
        if spent + sum(self.open.values()) + tokens > self.limit:
            raise BudgetExhausted("budget_tokens", "The token budget of this run is used up.")
        assert key not in self.open
        self.open[key] = tokens
        return key

    async def settle(
        self, key: str, *, input_tokens: int, output_tokens: int, usd: float, price_known: bool
    ) -> None:
        del self.open[key]
        self.settled[key] = {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "usd": usd,
            "price_known": price_known,
        }

    async def release(self, key: str) -> None:
        del self.open[key]
        self.released.append(key)


class MemoryLog:
    """`CallLog` as a list."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []

    def record(self, record: CallRecord) -> None:
        self.records.append(record)


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def said(user: str, system: str = "Be brief.") -> Prompt:
    """A prompt of one part."""
    return Prompt("test", "0", system, (Part(user),))


@dataclass
class Bench:
    """A gateway with everything around it in reach."""

    server: OpenAIServer
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    effects: MemoryEffects = field(default_factory=MemoryEffects)
    clock: Clock = field(default_factory=Clock)
    events: list[EventDraft] = field(default_factory=list)
    log: MemoryLog = field(default_factory=MemoryLog)
    api_key: str | None = None
    models: tuple[str, ...] = ("openai:simulated",)
    limits: CallLimits = field(default_factory=CallLimits)
    access: dict[str, Access] = field(default_factory=dict)
    """Besides `openai`, which is the server."""
    providers: Providers = field(init=False)

    def __post_init__(self) -> None:
        self.providers = Providers(LocalHealth(clock=self.clock, chance=lambda: 1.0))

    def portfolio(self) -> Portfolio:
        key = SecretStr(self.api_key) if self.api_key else None
        return Portfolio(
            models=dict.fromkeys(ROLES, self.models),
            access={"openai": Access("openai", key, self.server.base_url), **self.access},
            limits=self.limits,
        )

    def gateway(self, seconds_left: float | None = None) -> Gateway:
        async def left() -> float:
            return seconds_left or 0.0

        async def on_event(event: EventDraft) -> None:
            self.events.append(event)

        return Gateway(
            portfolio=self.portfolio(),
            ledger=self.ledger,
            effects=self.effects,
            on_event=on_event,
            log=self.log,
            seconds_left=None if seconds_left is None else left,
            providers=self.providers,
            sleep=self.clock.sleep,
            clock=self.clock,
            rng=random.Random(7),
        )

    def kinds(self) -> list[str]:
        return [event.type for event in self.events]
