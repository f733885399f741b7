"""The parse ladder: from what a model wrote to a value of the asked type, rung by rung.

    native → stripped → repaired → coerced

Each rung is tried only when the one before gave nothing valid, and which one fired is recorded. The
last two rungs of the design, one re-ask and the rule path, belong to the gateway and the agents.

Whatever the text, it ends in a value that the text states, or in `Unusable` with a complaint that a
model can act on. Time grows with the length of the text, and no more than `LONGEST` of it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from autonomy.core.llm import lenient, plain_lists, refusals
from autonomy.core.llm.coercion import Incomplete, coerce, cut, free_form
from autonomy.core.llm.failures import FailureKind, Unusable
from autonomy.core.llm.latex import double_backslashes
from autonomy.core.llm.lenient import TooDeep, Unreadable
from autonomy.core.llm.thinking import split, without_thinking
from autonomy.core.llm.values import cleaned, load, scan

__all__ = ["LONGEST", "Parsed", "Rung", "complaint", "parse", "without_thinking"]

M = TypeVar("M", bound=BaseModel)

LONGEST = 600_000
"""Characters of an answer that are read: some 150,000 tokens, more than any model writes at once."""

_OPENER = re.compile(
    # "[1]" in prose or "{…}" of a formula is no JSON: an object starts with a key or closes, a list
    # starts with an object.
    r"""\{\s*(?:\\*["'“‘„«`]|\}|[^\W\d][\w-]{0,60}\s*[:=]|//|/\*|\#)|\[\s*(?:\{|//|/\*)"""
)
_FENCE = re.compile(r"(?:```|~~~)[^\n`]{0,60}\n(.*?)(?:\n[ \t]*(?:```|~~~)|\Z)", re.S)
_HEADLESS = re.compile(r"""\s*["'“]?[^\W\d]\w{0,60}["'”]?\s*:\s*["'\[{\d]""")
_PARAMETER = re.compile(r"<parameter(?:=|\s+name=\")(\w{1,60})\"?\s*>", re.I)
_PARAMETER_END = "</parameter>"
_STRING_BEFORE = re.compile(r'"(?:\\+")*\s*\Z')
_ESCAPED = re.compile(r'\\([n"\\/])')
_FALSE_STARTS = 8
"""Brackets that turn out to open nothing, before a text is given up."""
_FENCES = 6


class Rung(StrEnum):
    """How far down the ladder an answer had to go."""

    NATIVE = "native"
    STRIPPED = "stripped"
    REPAIRED = "repaired"
    COERCED = "coerced"
    REASKED = "reasked"


@dataclass(frozen=True, slots=True)
class Parsed(Generic[M]):
    value: M
    rung: Rung


@dataclass(slots=True)
class _Found:
    """A value in the text, and what it took to read it."""

    value: Any
    rung: Rung


class _Search(Generic[M]):
    """One text on its way down the ladder."""

    def __init__(self, output: type[M]) -> None:
        self.output = output
        self.problem = ""
        """What the lowest rung that got anywhere had to complain about."""

    # ------------------------------------------------------------------ values to a model

    def fitting(self, found: list[_Found], *, whole: bool) -> Parsed[M] | None:
        """The last of `found` that is valid, else the last that can be made so, else all of them as
        the items of a list.

        Args:
            whole: nothing in the text was passed over, so that they may be taken as a list.
        """
        for item in reversed(found):
            try:
                return Parsed(self.output.model_validate(item.value), item.rung)
            except ValidationError as error:
                self.problem = complaint(error)
        for item in reversed(found):
            parsed = self._coerced(deepcopy(item.value))
            if parsed is not None:
                return parsed
        items = [item.value for item in found if isinstance(item.value, dict)]
        if whole and items and len(items) == len(found):
            problem = self.problem
            parsed = self._coerced(deepcopy(items))
            self.problem = problem
            return parsed
        return None

    def _coerced(self, value: Any) -> Parsed[M] | None:
        try:
            return Parsed(coerce(value, self.output), Rung.COERCED)
        except ValidationError as error:
            self.problem = complaint(error)
        return None

    # ------------------------------------------------------------------ text to values

    def region(self, text: str, rung: Rung) -> Parsed[M] | None:
        """The answer in one stretch of text."""
        inner = _in_a_string(text)
        if inner is not None:
            return _descend(inner, self)
        found: list[_Found] = []
        whole = True
        for item in self._values(text, rung):
            if item is None:
                whole = False
            elif item.value:
                found.append(item)
        return self.fitting(found, whole=whole) if found else None

    def _values(self, text: str, rung: Rung) -> Iterator[_Found | None]:
        """Every object and list in `text`; None for a bracket that opened nothing readable."""
        at, false_starts = 0, 0
        while false_starts < _FALSE_STARTS:
            opener = _OPENER.search(text, at)
            if opener is None:
                return
            at = opener.start()
            if rung is not Rung.REPAIRED:
                try:
                    value, at = scan(text, at)
                    yield _Found(cleaned(value), rung)
                    continue
                except TooDeep as error:
                    self.problem = str(error)
                    return
                except ValueError:
                    pass  # The reader below takes it, or says why not.
            try:
                reading = lenient.read(text, at)
                yield _Found(cleaned(cut(reading, self.output)), Rung.REPAIRED)
                at = reading.end
            except TooDeep as error:
                self.problem = str(error)
                return
            except Incomplete as error:
                self.problem = str(error)
                yield None
                return  # A part of it might be taken for the whole.
            except Unreadable as error:
                self.problem = str(error)
                if free_form(self.output):
                    return
                false_starts += 1
                at += 1
                yield None

    def headless(self, text: str) -> Parsed[M] | None:
        """An object whose opening brace was left out."""
        if not _HEADLESS.match(text):
            return None
        try:
            reading = lenient.read(text, inside=True)
            if reading.torn == () and not reading.lost:
                reading = replace(reading, torn=None)  # Its closing brace was left out as well.
            value = cleaned(cut(reading, self.output))
        except (Unreadable, Incomplete):
            return None
        return self.fitting([_Found(value, Rung.REPAIRED)], whole=False)


def parse(text: str, output: type[M]) -> Parsed[M]:
    """`text` as `output`, by the first rung that gives a valid value.

    Raises:
        Unusable: `malformed`, whose detail says what was wrong in words for the model; `refused`
            when the text is an apology instead of an answer.
    """
    if len(text) > LONGEST:
        raise Unusable(FailureKind.MALFORMED, "The answer was far too long.")
    search = _Search(output)
    parsed = _descend(text, search)
    if parsed is not None:
        return parsed
    if not search.problem and refusals.refuses(without_thinking(text)):
        raise Unusable(FailureKind.REFUSED, "The model declined to answer.")
    raise Unusable(FailureKind.MALFORMED, search.problem or "The answer was not a JSON object.")


def _descend(text: str, search: _Search[M]) -> Parsed[M] | None:
    spelled = double_backslashes(text)
    # With LaTeX in it, it might parse, with form feeds where the model wrote \frac.
    rung = Rung.STRIPPED if spelled == text else Rung.REPAIRED
    if rung is Rung.STRIPPED:
        try:
            value = cleaned(load(text))
        except TooDeep as error:
            search.problem = str(error)
            return None
        except Unreadable as error:
            search.problem = str(error)
        except ValueError:
            pass
        else:
            if isinstance(value, str):
                return _descend(value, search) if value != text else None
            if isinstance(value, dict | list) and value:
                parsed = search.fitting([_Found(value, Rung.NATIVE)], whole=True)
                # All of the text is JSON: there is nothing around it, only in it.
                return parsed or _held(value, search)
    answer, unclosed = split(spelled.lstrip("\ufeff"))
    for region in _regions(answer):
        parsed = search.region(region, rung)
        if parsed is not None:
            return parsed
    return _unlikely(spelled, answer, unclosed, search, rung) or _unbracketed(text, search)


def _held(value: Any, search: _Search[M]) -> Parsed[M] | None:
    """The answer in the one text of `value` that holds an object."""
    texts = value.values() if isinstance(value, dict) else value
    held = [text for text in texts if isinstance(text, str) and _OPENER.search(text)]
    return _descend(held[0], search) if len(held) == 1 else None


def _in_a_string(text: str) -> str | None:
    """What a JSON string holds in which the first object of `text` stands."""
    opener = _OPENER.search(text)
    before = (
        _STRING_BEFORE.search(text[max(0, opener.start() - 20) : opener.start()])
        if opener
        else None
    )
    if opener is None or before is None:
        return None
    try:
        value, _ = scan(text, opener.start() - len(before.group()))
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _regions(answer: str) -> Iterator[str]:
    """Where to look for the answer. Of several fences the last is it, those before are drafts or
    examples; without one it is the text."""
    fenced = [part for part in _FENCE.findall(answer) if _OPENER.search(part)]
    yield from reversed(fenced[-_FENCES:])
    yield answer


def _unlikely(
    text: str, answer: str, unclosed: str, search: _Search[M], rung: Rung
) -> Parsed[M] | None:
    """The rarer ways to say it, each tried where it shows itself."""
    first = _OPENER.search(text)
    if first and answer and not text[: first.start()].strip() and len(answer) < len(text.strip()):
        # It opens as JSON: what looked like reasoning stands in one of its strings.
        parsed = search.region(text, rung)
        if parsed is not None:
            return parsed
    if unclosed.rstrip(" \n`~").endswith(("}", "]")):
        # Reasoning that never ended, but whose last word is an answer.
        for region in _regions(unclosed):
            parsed = search.region(region, rung)
            if parsed is not None:
                return parsed
    opener = _OPENER.search(answer)
    if opener and opener.group().endswith(('\\"', "\\'")):
        # JSON inside a JSON string that lost its quotes.
        once = _ESCAPED.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], answer)
        parsed = search.region(once, Rung.REPAIRED)
        if parsed is not None:
            return parsed
    return search.headless(answer)


def _unbracketed(text: str, search: _Search[M]) -> Parsed[M] | None:
    """An answer in another notation than JSON. Its backslashes are nobody's escapes."""
    answer = without_thinking(text)
    given = _parameters(answer)
    if given:
        return search.fitting([_Found(cleaned(given), Rung.REPAIRED)], whole=False)
    listed = None if _OPENER.search(answer) else plain_lists.read(answer)
    if not listed:
        return None
    return search.fitting([_Found(cleaned(listed), Rung.REPAIRED)], whole=True)


def _parameters(text: str) -> dict[str, Any]:
    """What a tool call in tags gives: `<parameter=title>…</parameter>`."""
    given: dict[str, Any] = {}
    at = 0
    while (name := _PARAMETER.search(text, at)) is not None:
        end = text.find(_PARAMETER_END, name.end())
        if end < 0:
            return {}
        held = text[name.end() : end].strip()
        given[name[1]] = None if held in ("null", "None") else held
        at = end
    return given


def complaint(problem: ValidationError) -> str:
    """What to tell the model about its answer. Names fields, never repeats its values."""
    items = problem.errors(include_url=False, include_input=False, include_context=False)[:6]
    return "; ".join(
        f"{'.'.join(str(part)[:60] for part in item['loc'][:6]) or 'answer'}: {item['msg']}"
        for item in items
    )
