"""A repair by rule, from the failed call to a candidate: recorded calls are made again to see how
they are answered now, and compared. Nothing is changed here; `proof` has the last word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autonomy.core.learnt import Exchange, LearntTool
from autonomy.tools.learnt import drift
from autonomy.tools.learnt.drift import Candidate, Change, Kind, Refused
from autonomy.tools.learnt.evidence import Steadiness, good, of_arguments, pairs_of
from autonomy.tools.learnt.leaves import TooManyLeaves, leaves_of
from autonomy.tools.learnt.parameters import asked_for
from autonomy.tools.learnt.wrapper import Wrapper, WrapperError

ROUNDS = 3
"""Parameters that an API may ask for, one after the other."""
REFUSALS = frozenset({400, 404, 409, 422})
"""Statuses under which an API says what is wrong with a request."""

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Exchange]]
"""Makes the call under a wrapper with arguments, and tells how it was answered, whatever the
answer is. Only for calls that change nothing."""


@dataclass(frozen=True)
class Mended:
    """A candidate with what it rests on."""

    candidate: Candidate
    fresh: tuple[Exchange, ...]


@dataclass(frozen=True)
class Gathered:
    """How the API answers now, and what its errors made of the request."""

    tool: LearntTool
    """With a request that the API takes."""
    fresh: tuple[Exchange, ...]
    changes: tuple[Change, ...] = ()


async def mend(
    tool: LearntTool,
    recordings: Sequence[Exchange],
    failed: Exchange,
    ask: Ask | None,
    *,
    probes: int,
) -> Mended | Refused:
    """Find the wrapper under which the tool does what it did; see `gather` and `by_rule`."""
    found = await gather(tool, recordings, failed, ask, probes=probes)
    return found if isinstance(found, Refused) else by_rule(found, recordings)


async def gather(
    tool: LearntTool,
    recordings: Sequence[Exchange],
    failed: Exchange,
    ask: Ask | None,
    *,
    probes: int,
) -> Gathered | Refused:
    """Make recorded calls again and see how they are answered, with what the API's errors ask for.

    Args:
        recordings: oldest first.
        ask: None when the call may not be made again; then only the failed answer is compared.
        probes: recorded calls that are made again.
    """
    changes: list[Change] = []
    under = tool
    for _ in range(ROUNDS):
        fresh = [failed, *await _answers(under, recordings, failed, ask, probes)]
        refused = next((e for e in fresh if e.status in REFUSALS), None)
        if refused is None:
            return Gathered(under, tuple(fresh), tuple(changes))
        found = asked_for(under, recordings, refused)
        if isinstance(found, str):
            return Refused(found)
        if ask is None:
            return Refused(
                "The call may change something, so it is not tried with another request."
            )
        operation, said = found
        changes.append(Change(Kind.PARAMETER, said))
        try:
            grown = Wrapper.parse(under.wrapper).plus(request=(operation,))
        except WrapperError as error:
            return Refused(str(error))
        under = under.model_copy(update={"wrapper": grown.text()})
        failed = await ask(under.wrapper, failed.arguments)
    return Refused(f"The API asked for more after {ROUNDS} changes of the request.")


async def _answers(
    tool: LearntTool,
    recordings: Sequence[Exchange],
    failed: Exchange,
    ask: Ask | None,
    probes: int,
) -> list[Exchange]:
    """How recorded calls are answered now, those that say most first."""
    if ask is None or failed.status in REFUSALS:
        return []
    chosen = telling(recordings, probes, without=failed.arguments)
    return [await ask(tool.wrapper, recording.arguments) for recording in chosen]


def telling(
    recordings: Sequence[Exchange], most: int, *, without: Mapping[str, Any]
) -> list[Exchange]:
    """The recordings of different arguments with the most values in them."""
    latest = {of_arguments(r.arguments): r for r in good(recordings)}
    latest.pop(of_arguments(without), None)
    return sorted(latest.values(), key=_values, reverse=True)[:most]


def _values(recording: Exchange) -> int:
    try:
        return sum(map(len, leaves_of(recording.result).values()))
    except TooManyLeaves:
        return 0


def by_rule(gathered: Gathered, recordings: Sequence[Exchange]) -> Mended | Refused:
    """The candidate that the comparison proves, or why there is none."""
    tool, fresh, changes = gathered.tool, gathered.fresh, gathered.changes
    if changes:
        # The request was the whole matter, where the answers are as they were.
        found = stands(tool, tool.wrapper, recordings, fresh)
        if isinstance(found, int):
            return Mended(Candidate(tool.wrapper, changes, found), fresh)
    proposed = drift.propose(tool, recordings, fresh)
    if isinstance(proposed, Refused):
        return proposed
    return Mended(Candidate(proposed.text, (*changes, *proposed.changes), proposed.compared), fresh)


def stands(
    tool: LearntTool, text: str, recordings: Sequence[Exchange], fresh: Sequence[Exchange]
) -> int | str:
    """How many new answers give what was recorded under a wrapper; or why they do not all."""
    pairs = pairs_of(recordings, fresh)
    if not pairs:
        return "None of the new answers is to arguments that were recorded."
    try:
        wrapper, steadiness = Wrapper.parse(text), Steadiness(recordings)
        if not all(wrapper.accepts(exchange.status) for exchange in fresh):
            return "The status of a new answer is not accepted."
        why = drift.judged(tool, wrapper, recordings, pairs, steadiness)
    except (WrapperError, TooManyLeaves) as error:
        return str(error)
    return why or len(pairs)
