"""Arguments of learnt tools that a model reads out of a request.

What it gives is held against each tool's schema, and against what a rule read in the same request:
a model may add to what is said plainly, not change it, and what it leaves out of that is put in.
What does not fit is asked for once more, with what is wrong; what does not fit then is not called.
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
    """Arguments whose value stands in the request, as they are given: a body's in the body."""


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
        if one is None:
            continue  # it may name only what it was shown
        arguments, other = _with_said(call.arguments, one.said)
        whole = call.model_copy(update={"arguments": arguments})
        said = _complaints(one, arguments, other)
        if said:
            held.wrong.setdefault(call.tool, (call, said))
        elif whole not in fit:
            fit.append(whole)
    held.calls = tuple(fit)
    return held


def _with_said(
    given: Mapping[str, Any], said: Mapping[str, Any], path: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """A model's arguments with those that the request says in their places, and where it gave others.

    Args:
        path: of the arguments, as in `/body`.
    """
    whole = dict(given)
    other: list[str] = []
    for name, value in said.items():
        place = f"{path}/{name}"
        mine = given.get(name, value)
        if isinstance(value, dict):
            if isinstance(mine, dict):
                whole[name], inner = _with_said(mine, value, place)
                other += inner
        elif _same(mine, value):
            whole[name] = value
        else:
            other.append(f"{place}: the request says something else")
    return whole, other


def _complaints(one: Unfilled, arguments: Mapping[str, Any], other: Sequence[str]) -> list[str]:
    """What is wrong with a call's arguments; never their values.

    Args:
        other: what is wrong with them beside the schema.
    """
    try:
        found = problems((one.tool.schemas or ({}, {}))[0], arguments, MOST_COMPLAINTS)
    except TooMuchWork:
        return ["its schema asks for more work than can be done"]
    return [*(problem.words for problem in found), *other][:MOST_COMPLAINTS]


def _same(given: Any, said: Any) -> bool:
    """Whether two values say the same, whatever types they say it in: 5 and "5"."""
    if isinstance(said, list):
        mine = given if isinstance(given, list) else [given]
        return len(mine) == len(said) and all(map(_same, mine, said))
    if isinstance(given, dict | list) or given is None:
        return False
    if str(given).strip().casefold() == str(said).strip().casefold():
        return True
    if isinstance(given, bool) or isinstance(said, bool):
        return False
    try:
        return float(given) == float(said)
    except ValueError:
        return False
