"""What an API changed about its answers, and the wrapper that turns them back: by comparing recorded
results with new answers to the same arguments.

A candidate is proposed only when the evidence decides. Everything that was recorded and promised
must come out the same; a place that is gone must be found again by its values, uniquely, under a
name that does not contradict; a new form must be turned back without loss, in one way only. Else
the change is refused with a reason, because a tool that fails does less harm than one that says
something else than it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from autonomy.core.learnt import Exchange, LearntTool
from autonomy.core.phrases import sentence_case
from autonomy.tools.learnt import answers
from autonomy.tools.learnt.evidence import Pair, Steadiness, good, invalid, lost, pairs_of
from autonomy.tools.learnt.leaves import TooManyLeaves
from autonomy.tools.learnt.realign import NotAligned, aligned
from autonomy.tools.learnt.wrapper import Operation, Wrapper, WrapperError


class Kind(StrEnum):
    """What changed."""

    RENAME = "rename"
    MOVE = "move"
    NEST = "nest"
    FLATTEN = "flatten"
    TYPE = "type"
    VALUES = "values"
    LIST = "list"
    PAGINATION = "pagination"
    PARAMETER = "parameter"
    STATUS = "status"
    CONTENT_TYPE = "content_type"


@dataclass(frozen=True)
class Change:
    """One thing that the API changed, in words for people: “renamed `title` to `name`”."""

    kind: Kind
    said: str


@dataclass(frozen=True)
class Candidate:
    """A wrapper under which everything that was compared is as it was."""

    text: str
    changes: tuple[Change, ...]
    compared: int
    """Calls whose new answer was held against its recording."""


@dataclass(frozen=True)
class Refused:
    """The change is not mended, and why."""

    reason: str


def propose(
    tool: LearntTool, recordings: Sequence[Exchange], fresh: Sequence[Exchange]
) -> Candidate | Refused:
    """The wrapper that makes of the `fresh` answers what was recorded, or why there is none that
    is sure.

    Args:
        recordings: calls that succeeded and failed, oldest first.
        fresh: calls as they are answered now, at least one of them to recorded arguments.
    """
    try:
        return _propose(tool, recordings, fresh)
    except TooManyLeaves as error:
        return Refused(f"The answers are too large to be compared: {error}.")
    except WrapperError as error:
        return Refused(f"The changes cannot be written as a wrapper: {error}")


def _propose(
    tool: LearntTool, recordings: Sequence[Exchange], fresh: Sequence[Exchange]
) -> Candidate | Refused:
    for exchange in fresh:
        why = answers.no_result(exchange)
        if why:
            return Refused(why)
    pairs = pairs_of(recordings, fresh)
    if not pairs:
        return Refused(
            "None of the new answers is to arguments that were recorded, so nobody can say "
            "whether a value is still the same."
        )
    wrapper = Wrapper.parse(tool.wrapper)
    changes: list[Change] = []
    statuses = frozenset(p.fresh.status for p in pairs if not wrapper.accepts(p.fresh.status))
    if statuses:
        wrapper = wrapper.plus(accept=statuses)
        now = ", ".join(map(str, sorted(statuses)))
        changes.append(Change(Kind.STATUS, f"answers with status {now}"))
    steadiness = Steadiness(recordings)
    if steadiness.lists_vary:
        return Refused("The recorded answers to the same arguments differ in what they list.")
    form = answers.text_form(pairs)
    if form and form not in answers.FORMS:
        return Refused(form)
    parse: tuple[Operation, ...] = (("parse", {"as": form}),) if form else ()
    if form:
        changes.append(Change(Kind.CONTENT_TYPE, f"answers as {answers.FORMS[form]}"))
    paired = {id(pair.fresh) for pair in pairs}
    others = [exchange for exchange in fresh if id(exchange) not in paired]
    refusal = ""
    for before in (False, True):
        # After what the wrapper does already, or else in front of it, on the answers as they come.
        if not before and parse and not wrapper.responses:
            continue
        try:
            found = _aligned(tool, wrapper, parse, pairs, steadiness, before=before)
        except NotAligned as error:
            refusal = refusal or str(error)
            continue
        candidate, more = found
        why = judged(tool, candidate, recordings, pairs, steadiness) or _invalid(
            tool, candidate, others
        )
        if not why:
            if candidate == Wrapper.parse(tool.wrapper):
                return Refused(
                    "The new answers are as they always were; the wrapper is not at fault."
                )
            return Candidate(candidate.text(), (*changes, *more), len(pairs))
        refusal = refusal or why
    return Refused(sentence_case(refusal) + "." * (not refusal.endswith(".")))


def _aligned(
    tool: LearntTool,
    wrapper: Wrapper,
    parse: tuple[Operation, ...],
    pairs: Sequence[Pair],
    steadiness: Steadiness,
    *,
    before: bool,
) -> tuple[Wrapper, list[Change]]:
    """The wrapper with what brings the new answers back into the recorded form."""
    start = Wrapper(responses=parse) if before else Wrapper(responses=parse + wrapper.responses)
    try:
        new = [start.response(pair.fresh.answer) for pair in pairs]
    except WrapperError as error:
        raise NotAligned(str(error)) from error
    known = [
        leaf
        for pair in pairs
        for leaf in answers.known_places(pair.recorded, Wrapper() if before else wrapper)
    ]
    found = aligned(
        tool.output_schema, [p.recorded.result for p in pairs], new, set(known), steadiness
    )
    changes = [Change(Kind(kind), said) for kind, said in found.changes]
    if before:
        return wrapper.plus(first=parse + found.operations), changes
    if parse:
        return wrapper.plus(first=parse, response=found.operations), changes
    return wrapper.plus(response=found.operations), changes


def _invalid(tool: LearntTool, candidate: Wrapper, others: Sequence[Exchange]) -> str:
    """Why answers to arguments that were never recorded are no results; empty when they are."""
    for exchange in others:
        try:
            why = invalid(tool.output_schema, candidate.response(exchange.answer))
        except WrapperError as error:
            return f"a new answer does not go through: {error}"
        if why:
            return f"a new answer is not what the tool promises: {why}"
    return ""


def judged(
    tool: LearntTool,
    candidate: Wrapper,
    recordings: Sequence[Exchange],
    pairs: Sequence[Pair],
    steadiness: Steadiness,
) -> str:
    """Why a candidate is not good enough; empty when it is. Old answers must come out as they did,
    new ones must be valid and hold every promised value that was recorded for their arguments."""
    for recording in good(recordings):
        try:
            result = candidate.response(recording.answer)
        except WrapperError as error:
            return f"an answer recorded before no longer goes through: {error}"
        if result != recording.result:
            return "an answer recorded before would give another result"
    for pair in pairs:
        try:
            result = candidate.response(pair.fresh.answer)
        except WrapperError as error:
            return f"a new answer does not go through: {error}"
        why = invalid(tool.output_schema, result)
        if why:
            return f"a new answer is not what the tool promises: {why}"
        why = lost(tool.output_schema, pair.recorded.result, result, steadiness)
        if why:
            return f"the values are not the same: {why}"
    return ""
