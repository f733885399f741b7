"""Which learnt tools a request asks to be called, and with what.

By rule a tool is called when the request names it, or plainly asks for what it gives, and gives
every argument that it wants. A model may fill in what words say otherwise; it chooses among the
tools that rules found to fit, and its arguments are held against their schemas. Nothing that a tool
says of itself selects it: only words of the request do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from autonomy.agents.argument_reading import Unfilled, read_out
from autonomy.core.ports import Deps, Repeat
from autonomy.core.types import Step
from autonomy.core.words import stems
from autonomy.tools.learnt.answer_text import asked_words
from autonomy.tools.learnt.call_tool import CALL, gives
from autonomy.tools.learnt.filling import Filled, filled
from autonomy.tools.learnt.searching import best, finds_works, worth
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
    notes: tuple[str, ...] = ()
    """For the person, a sentence each: what a model made of the request's words, and why a tool that
    it asks for is not called."""


@dataclass(frozen=True, slots=True)
class _Fit:
    tool: Tool[Any, Any]
    named: bool
    filled: Filled


@dataclass(frozen=True, slots=True)
class Brought:
    """What calls that the request asked for have brought."""

    queries: tuple[str, ...]
    """One for each, that finds its answer: a request may share no word with it."""
    source_ids: tuple[str, ...]


def brought(steps: Sequence[Step]) -> Brought:
    """Of the steps of a plan, those that called a learnt tool and are done."""
    called = [s for s in steps if s.tool == CALL and s.result.get("source_ids")]
    given = [(str(s.input["tool"]), s.input["arguments"]) for s in called]
    words = (f"{re.sub(r'[._-]', ' ', name)} {asked_words(arguments)}" for name, arguments in given)
    return Brought(
        queries=tuple(dict.fromkeys(one.strip() for one in words)),
        source_ids=tuple(str(i) for step in called for i in step.result["source_ids"]),
    )


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
    read = await read_out(deps, [Unfilled(fit.tool, fit.filled.values) for fit in wanting], key=key)
    more = [ToolCall(tool=made.tool, arguments=made.arguments) for made in read.calls]
    calls = [*certain, *more][:MOST_CALLS]
    called = {call.tool for call in calls}
    left_out = (
        _why_not(fit, read.unfit.get(fit.tool.name, ""))
        for fit in fits
        if fit.tool.name not in called
    )
    told = (
        f"A model read for {call.tool} out of the request: {asked_words(call.arguments)}."
        for call in calls[len(certain) :]
    )
    return Calls(tuple(calls), (*told, *filter(None, left_out)))


def offered(tools: Iterable[Tool[Any, Any]], request: str, most: int) -> list[Tool[Any, Any]]:
    """The learnt tools that a run has: those that its request names, then those that are worth most
    for it."""
    able = list(tools)
    named = [tool for tool in able if is_named(tool, request)]
    others = best((tool for tool in able if tool not in named), request, most)
    return [*named, *others][:most]


def _why_not(fit: _Fit, unfit: str) -> str:
    """Why a tool that was asked for is not called; nothing where it only seemed to fit.

    Args:
        unfit: what is wrong with what a model gave for it, if it gave anything.
    """
    missing = ", ".join(fit.filled.missing)
    reasons = [f"the request does not say its {missing}"] if missing else []
    reasons += [f"what the model gave for it does not fit ({unfit})"] if unfit else []
    if not reasons or not (fit.named or unfit):
        return ""
    return f"{fit.tool.name} is left out: {', and '.join(reasons)}."


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
