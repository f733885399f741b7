"""Which learnt tools a request asks to be called, and with what.

By rule a tool is called when the request names it, or plainly asks for what it gives, and gives
every argument that it wants. A model may fill in what words say otherwise; it chooses among the
tools that rules found to fit, and its arguments are held against their schemas. Nothing that a tool
says of itself selects it: only words of the request do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from autonomy.core import prompts
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable, Repeat
from autonomy.core.words import stems
from autonomy.tools.learnt.answer_text import asked_words
from autonomy.tools.learnt.call_tool import CALL, gives
from autonomy.tools.learnt.filling import Filled, filled
from autonomy.tools.learnt.schemas import problems
from autonomy.tools.learnt.searching import finds_works, worth
from autonomy.tools.registry import Tool, ToolRegistry

MOST_CALLS = 4
"""In one plan."""
MOST_SHOWN = 4
"""Tools that a model may choose among."""
LEAST_SHARED = 2
"""Words of what a tool gives that a request must share to ask for it without naming it."""
GOAL_CHARS = 2_000

_NAMED = re.compile(
    r"\b(?:use|using|call|calling|ask|asking|query|with|from|via|by|through)\s+"
    r"(?:(?:the|my|our)\s+)?(?P<what>[\w'’./-]+(?:\s+[\w'’./-]+){0,4}?)\s+(?:tool|api|service)\b",
    re.IGNORECASE,
)


class ToolCall(BaseModel):
    """One call of a learnt tool."""

    model_config = ConfigDict(frozen=True)

    tool: str
    arguments: dict[str, Any]

    @property
    def title(self) -> str:
        asked = asked_words(self.arguments)
        return f"Use {self.tool}: {asked}" if asked else f"Use {self.tool}"


@dataclass(frozen=True, slots=True)
class Calls:
    """What a request asks for."""

    calls: tuple[ToolCall, ...] = ()
    left_out: tuple[str, ...] = ()
    """Of tools that it names and that cannot be called: why, a sentence each."""


@dataclass(frozen=True, slots=True)
class _Fit:
    tool: Tool[Any, Any]
    named: bool
    filled: Filled


async def calls_for(deps: Deps, *, key: str) -> Calls:
    """The calls that the run's request asks for, and why others are left out.

    Args:
        key: of the model's answer.
    """
    registry: ToolRegistry = deps.tools
    if deps.shelf is None or CALL not in registry.names():
        return Calls()
    goal = deps.task.goal[:GOAL_CHARS]
    fits = _fits(registry.learnt(), goal)
    if not fits:
        return Calls()
    certain = _certain(fits)
    wanting = [fit for fit in fits if fit.tool.name not in {c.tool for c in certain}]
    more = await _by_model(deps, wanting, key) if wanting else []
    calls = [*certain, *more][:MOST_CALLS]
    called = {call.tool for call in calls}
    left_out = tuple(
        f"{fit.tool.name} is left out: the request does not say its "
        f"{', '.join(fit.filled.missing)}."
        for fit in fits
        if fit.named and fit.tool.name not in called and fit.filled.missing
    )
    return Calls(tuple(calls), left_out)


def _fits(tools: Sequence[Tool[Any, Any]], goal: str) -> list[_Fit]:
    """Tools that the request may ask for, best first. What finds works is searched with instead."""
    wanted = stems(goal)
    found: list[_Fit] = []
    for tool in tools:
        if finds_works(tool):
            continue
        named = is_named(tool, goal)
        # What may change something is never called because it seems to fit.
        fits = tool.repeat is Repeat.READ and len(stems(gives(tool)) & wanted) >= LEAST_SHARED
        if named or fits:
            found.append(_Fit(tool, named, filled((tool.schemas or ({}, {}))[0], goal)))
    found.sort(key=lambda fit: (not fit.named, -worth(fit.tool, goal), fit.tool.name))
    return found[:MOST_SHOWN]


def is_named(tool: Tool[Any, Any], goal: str) -> bool:
    """Whether the request names the tool: by its name, or in words with “tool” behind them."""
    if re.search(rf"(?<![\w.]){re.escape(tool.name)}(?![\w])", goal, re.IGNORECASE):
        return True
    about = stems(f"{re.sub(r'[._-]', ' ', tool.name)} {gives(tool)}")
    phrases = (re.sub(r"[._-]", " ", match["what"]) for match in _NAMED.finditer(goal))
    return any(words and words <= about for words in map(stems, phrases))


def _certain(fits: Sequence[_Fit]) -> list[ToolCall]:
    """Calls that leave no doubt: the tool is named, or it is the one tool that gives what is asked
    for; and the request gives its arguments. Several tools by one name are a choice, not a call."""
    able = [fit for fit in fits if fit.filled.whole]
    named = [fit for fit in able if fit.named]
    if named:
        exact = named if len(named) == 1 else _best_filled(named)
    else:
        exact = [fit for fit in able if fit.filled.said]
        exact = exact if len(exact) == 1 else []
    return [ToolCall(tool=fit.tool.name, arguments=fit.filled.arguments) for fit in exact]


def _best_filled(named: Sequence[_Fit]) -> list[_Fit]:
    """Of several tools that one phrase names, the one that takes most of what the request gives;
    none where two take as much."""
    most = max(len(fit.filled.said) for fit in named)
    best = [fit for fit in named if len(fit.filled.said) == most]
    return best if len(best) == 1 else []


async def _by_model(deps: Deps, fits: Sequence[_Fit], key: str) -> list[ToolCall]:
    """Calls that a model reads out of the request, as far as the tools' schemas take them."""
    if not deps.models.available("planner"):
        return []
    known = {fit.tool.name: fit.tool for fit in fits}
    prompt = prompts.caller(task=deps.task, tools=[fit.tool.schema() for fit in fits])
    try:
        answer = await deps.models.structured(
            "planner", key=key, prompt=prompt, output=prompts.PlannedCalls
        )
    except (ModelUnavailable, BudgetExhausted):
        return []
    calls: list[ToolCall] = []
    for planned in answer.calls:
        tool = known.get(planned.tool)
        if tool is None or problems((tool.schemas or ({}, {}))[0], planned.arguments):
            continue
        call = ToolCall(tool=tool.name, arguments=planned.arguments)
        if call not in calls:
            calls.append(call)
    return calls
