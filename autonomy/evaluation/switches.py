"""Behaviours that an evaluation can switch off, to show that its tasks would notice.

Each is on for everybody. In a deployment with EVALUATION=on, whoever staff put into the group
“Evaluation: without NAME” has that one off in their runs; no setting, request or page reaches it.
A switch changes what a segment is given (`Grounds`, `Deps`), never the code that uses it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from autonomy.core.llm import Answer
from autonomy.core.llm.ladder import Rung
from autonomy.core.packing import Prompt
from autonomy.core.ports import (
    BudgetExhausted,
    Deps,
    ModelGateway,
    ModelUnavailable,
    NoToolRepairs,
    Repeat,
)
from autonomy.core.sandbox import NoSandbox
from autonomy.runtime import context
from autonomy.runtime.budgets_ledger import RunLedger
from autonomy.runtime.context import Grounds, Segment
from autonomy.runtime.effects import RunEffects

M = TypeVar("M", bound=BaseModel)

GROUP = "Evaluation: without {name}"


@dataclass(frozen=True, slots=True)
class Switch:
    """One behaviour that can be off."""

    name: str
    behaviour: str
    """What is gone when it is off."""
    grounds: Callable[[Segment, Grounds], Grounds] = lambda _, grounds: grounds
    deps: Callable[[Deps], Deps] = lambda deps: deps

    @property
    def group(self) -> str:
        """Name of the group whose members have it off."""
        return GROUP.format(name=self.name)


def build_deps(segment: Segment) -> Deps:
    """`runtime.context.build_deps`, with what is off for the run's owner taken away."""
    off = _off_for(segment.run.owner_id)
    grounds = Grounds.of(segment)
    for switch in off:
        grounds = switch.grounds(segment, grounds)
    deps = context.build_deps(segment, grounds)
    for switch in off:
        deps = switch.deps(deps)
    return deps


def _off_for(owner_id: int) -> list[Switch]:
    from django.contrib.auth.models import Group

    names = Group.objects.filter(user=owner_id).values_list("name", flat=True)
    groups = {switch.group: switch for switch in SWITCHES.values()}
    return [groups[name] for name in names if name in groups]


# ------------------------------------------------------------------------- what replaces what


class _Spendthrift(RunLedger):
    """Books, and never refuses."""

    async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> str:
        try:
            return await super().reserve(key, role, model, tokens, usd)
        except BudgetExhausted:
            return key

    async def exhausted(self) -> str | None:
        return None


class _Forgetful(RunEffects):
    """Makes every call anew, whatever was recorded."""

    async def once(
        self, key: str, kind: str, call: Callable[[], Awaitable[M]], model: type[M], **_: Any
    ) -> M:
        return await call()


class _OnlyPerfect(RunEffects):
    """Takes a structured answer of a model as it came, or not at all."""

    async def once(
        self,
        key: str,
        kind: str,
        call: Callable[[], Awaitable[M]],
        model: type[M],
        *,
        repeat: Repeat | None = None,
        **more: Any,
    ) -> M:
        async def checked() -> M:
            made = await call()
            if isinstance(made, Answer) and made.data is not None and made.rung is not Rung.NATIVE:
                raise ModelUnavailable("its answer was not in the form asked for.", "malformed")
            return made

        return await super().once(key, kind, checked, model, repeat=repeat, **more)


class _NoOtherWay:
    """A gateway behind which there are no rules: a model that cannot be had is an error."""

    def __init__(self, models: ModelGateway) -> None:
        self._models = models

    def available(self, role: str) -> bool:
        return True

    def unavailable(self, role: str) -> str:
        return ""

    def simulated(self, key: str) -> bool:
        return self._models.simulated(key)

    async def structured(self, role: str, *, key: str, prompt: Prompt, output: type[M]) -> M:
        try:
            return await self._models.structured(role, key=key, prompt=prompt, output=output)
        except ModelUnavailable as error:
            raise LookupError(error.reason) from error

    async def text(self, role: str, *, key: str, prompt: Prompt, on_token: Any = None) -> str:
        try:
            return await self._models.text(role, key=key, prompt=prompt, on_token=on_token)
        except ModelUnavailable as error:
            raise LookupError(error.reason) from error


def _one_attempt(_: Segment, grounds: Grounds) -> Grounds:
    limits = replace(grounds.portfolio.limits, attempts=1)
    return replace(grounds, portfolio=replace(grounds.portfolio, limits=limits))


def _journey(**changed: int) -> Callable[[Deps], Deps]:
    return lambda deps: replace(deps, journey=deps.journey.model_copy(update=changed))


def _guard(**off: bool) -> Callable[[Deps], Deps]:
    return lambda deps: replace(deps, guards=replace(deps.guards, **off))


SWITCHES = {
    switch.name: switch
    for switch in (
        Switch("retries", "a model call that failed is made again", grounds=_one_attempt),
        Switch(
            "budget",
            "a run may spend no more than its budget",
            grounds=lambda segment, g: replace(g, ledger=_Spendthrift(segment.claim.fence)),
        ),
        Switch(
            "rule path",
            "the work goes on by rule where no model can be had",
            deps=lambda deps: replace(deps, models=_NoOtherWay(deps.models)),
        ),
        Switch(
            "parse ladder",
            "a damaged answer of a model is read all the same",
            grounds=lambda segment, g: replace(g, effects=_OnlyPerfect(segment.claim.fence)),
        ),
        Switch(
            "effects",
            "what was paid for before a crash is not paid for again",
            grounds=lambda segment, g: replace(g, effects=_Forgetful(segment.claim.fence)),
        ),
        Switch(
            "prose guard",
            "what a model was talked into writing stays words",
            deps=_guard(prose=False),
        ),
        Switch(
            "claim check",
            "each claim is held against the passage that it cites",
            deps=_guard(claims=False),
        ),
        Switch(
            "revision",
            "a draft is revised after its similarity report",
            deps=_journey(max_cycles=1),
        ),
        Switch(
            "code steps",
            "programs compute with a person's data",
            deps=lambda deps: replace(deps, sandbox=NoSandbox()),
        ),
        Switch(
            "expand",
            "a search that finds too little is widened",
            deps=_journey(max_expansions=0),
        ),
        Switch("repair", "a step that failed is mended", deps=_journey(max_repairs=0)),
        Switch(
            "tool repair",
            "a learnt tool whose API has changed is mended",
            deps=lambda deps: replace(deps, repairs=NoToolRepairs()),
        ),
    )
}
"""By name."""
