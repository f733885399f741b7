"""Arguments of learnt tools that a model reads out of a request.

What it gives is held against each tool's schema, and against what a rule read in the same request:
a model may add to what is said plainly, not change it. What does not fit is asked for once more, with
what is wrong; what does not fit then is not called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autonomy.core import prompts
from autonomy.core.answers import PlannedCall, PlannedCalls
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.tools.learnt.schemas import TooMuchWork, problems
from autonomy.tools.registry import Tool

MOST_COMPLAINTS = 5
"""About one call."""


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A tool that a request may ask for, and what a rule read for it there."""

    tool: Tool[Any, Any]
    said: Mapping[str, Any]
    """Arguments whose value stands in the request, those of a body by their own names."""


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What a model made of a request."""

    calls: tuple[PlannedCall, ...] = ()
    unfit: dict[str, str] = field(default_factory=dict)
    """Names of tools whose arguments fit neither at first nor when asked again, and why."""


async def read_out(deps: Deps, tools: Sequence[Unfilled], *, key: str) -> ReadOut:
    """The calls of `tools` that a model reads out of the run's request; none without a model.

    Args:
        key: of its answer.
    """
    if not tools or not deps.models.available("planner"):
        return ReadOut()
    first = _held(await _asked(deps, tools, key=key), tools)
    if not first.wrong:
        return ReadOut(first.calls)
    wanting = [one for one in tools if one.tool.name in first.wrong]
    answer = await _asked(deps, wanting, key=f"{key}:again", wrong=list(first.wrong.values()))
    second = _held(answer, wanting)
    mended = {call.tool for call in second.calls}
    unfit = {
        name: "; ".join((second.wrong.get(name) or wrong)[1])
        for name, wrong in first.wrong.items()
        if name not in mended
    }
    more = [call for call in second.calls if call not in first.calls]
    return ReadOut((*first.calls, *more), unfit)


@dataclass(slots=True)
class _Held:
    calls: tuple[PlannedCall, ...] = ()
    wrong: dict[str, tuple[PlannedCall, list[str]]] = field(default_factory=dict)
    """By tool, the first call that does not fit, with what is wrong with it."""


async def _asked(
    deps: Deps,
    tools: Sequence[Unfilled],
    *,
    key: str,
    wrong: Sequence[tuple[PlannedCall, list[str]]] = (),
) -> list[PlannedCall]:
    shown = [(call.model_dump(), said) for call, said in wrong]
    described = [one.tool.schema() for one in tools]
    prompt = prompts.caller(task=deps.task, tools=described, wrong=shown)
    try:
        answer = await deps.models.structured(
            "planner", key=key, prompt=prompt, output=PlannedCalls
        )
    except (ModelUnavailable, BudgetExhausted):
        return []
    return answer.calls


def _held(answer: Sequence[PlannedCall], tools: Sequence[Unfilled]) -> _Held:
    known = {one.tool.name: one for one in tools}
    fit: list[PlannedCall] = []
    held = _Held()
    for call in answer:
        one = known.get(call.tool)
        if one is None or call in fit:
            continue  # it may name only what it was shown
        said = _complaints(one, call.arguments)
        if said:
            held.wrong.setdefault(call.tool, (call, said))
        else:
            fit.append(call)
    held.calls = tuple(fit)
    return held


def _complaints(one: Unfilled, arguments: Mapping[str, Any]) -> list[str]:
    """What is wrong with a call's arguments; never their values."""
    try:
        found = problems((one.tool.schemas or ({}, {}))[0], arguments, MOST_COMPLAINTS)
    except TooMuchWork:
        return ["its schema asks for more work than can be done"]
    body = arguments.get("body")
    given = {**(body if isinstance(body, dict) else {}), **arguments}
    other = [
        f"/{name}: the request says something else"
        for name, value in one.said.items()
        if name in given and not _same(given[name], value)
    ]
    return [*(problem.words for problem in found), *other][:MOST_COMPLAINTS]


def _same(given: Any, said: Any) -> bool:
    if isinstance(given, str) and isinstance(said, str):
        return given.strip().casefold() == said.strip().casefold()
    return bool(given == said)
