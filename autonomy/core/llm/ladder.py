"""The parse ladder: from what a model wrote to a value of the asked type, rung by rung.

    native → stripped → repaired → coerced

Each rung is tried only when the one before gave nothing valid, and which one fired is recorded. The
last two rungs of the design, one re-ask and the rule path, belong to the gateway and the agents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

import json_repair
from pydantic import BaseModel, ValidationError

from autonomy.core.llm.coercion import coerce
from autonomy.core.llm.failures import FailureKind, Unusable
from autonomy.core.llm.latex import double_backslashes

M = TypeVar("M", bound=BaseModel)

_THINK = re.compile(r"<(think|thinking|reasoning|scratchpad)\b[^>]*>.*?</\1\s*>", re.S | re.I)
_THINK_TAIL = re.compile(r"^.*?</(?:think|thinking|reasoning|scratchpad)\s*>", re.S | re.I)
_THINK_OPEN = re.compile(r"<(?:think|thinking|reasoning|scratchpad)\b[^>]*>.*\Z", re.S | re.I)
_FENCE = re.compile(r"```[\w+-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.S)
_REFUSAL = re.compile(
    r"\b(?:I(?:'|’)?m (?:very |really )?(?:sorry|unable)|I am (?:sorry|unable)|I (?:can(?:no|')?t|can’t|cannot|won(?:'|’)t|will not)"
    r" (?:help|assist|comply|do|fulfil|provide|answer|complete|write)|as an AI\b)",
    re.I,
)


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


def without_thinking(text: str) -> str:
    """`text` without the reasoning that some models put between tags, closed or not."""
    text = _THINK.sub("", text)
    text = _THINK_TAIL.sub("", text)
    return _THINK_OPEN.sub("", text).strip()


def _object_span(text: str) -> str | None:
    """From the first bracket that opens a JSON value to its partner, or to the end if cut."""
    for match in re.finditer(r"[{\[]", text):
        start = match.start()
        rest = text[start + 1 :].lstrip()
        # "[1]" in prose or "{…}" of a formula is no JSON: an object starts with a key or closes,
        # a list starts with an object.
        opens_json = rest[:1] in ('"', "'", "}", "“") if text[start] == "{" else rest[:1] == "{"
        if not opens_json and not (text[start] == "{" and re.match(r"[A-Za-z_]\w*\s*:", rest)):
            continue
        depth, quoted, escaped = 0, False, False
        for index in range(start, len(text)):
            char = text[index]
            if quoted:
                escaped = char == "\\" and not escaped
                if char == '"' and text[index - 1] != "\\":
                    quoted = False
                continue
            if char == '"':
                quoted = True
            elif char in "{[":
                depth += 1
            elif char in "}]":
                depth -= 1
                if depth == 0:
                    return text[start : index + 1]
        return text[start:]
    return None


def stripped(text: str) -> str:
    """The JSON inside `text`: no thinking, no fence, no prose around it."""
    text = without_thinking(text).lstrip("\ufeff")
    fenced = [part for part in _FENCE.findall(text) if re.search(r"[{\[]", part)]
    # Several fences: the last is the answer, those before are drafts or examples.
    for candidate in (*reversed(fenced), text):
        found = _object_span(candidate)
        if found is not None:
            return found
    return text


def _load(text: str) -> Any:
    return json.loads(text, strict=False)


def _repair(text: str) -> Any:
    return json_repair.loads(text, skip_json_loads=True)


def parse(text: str, output: type[M]) -> Parsed[M]:
    """`text` as `output`, by the first rung that gives a valid value.

    Raises:
        Unusable: `malformed`, whose detail says what was wrong in words for the model; `refused`
            when the text is an apology instead of an answer.
    """
    problem: ValidationError | None = None
    value: Any = None
    bare = stripped(text)
    escaped = double_backslashes(bare)
    attempts: list[tuple[Rung, Callable[[str], Any], str]] = [
        (Rung.NATIVE, _load, text),
        (Rung.STRIPPED, _load, bare),
        (Rung.REPAIRED, _load, escaped),
        (Rung.REPAIRED, _repair, escaped),
    ]
    for rung, load, candidate in attempts:
        if rung is not Rung.REPAIRED and escaped != bare:
            continue  # It would parse, with form feeds where the model wrote LaTeX.
        try:
            value = load(candidate)
        except ValueError:
            continue
        if not isinstance(value, dict | list) or not value:
            value = None
            continue
        try:
            return Parsed(output.model_validate(value), rung)
        except ValidationError as error:
            problem = error
    if value is not None:
        try:
            return Parsed(coerce(value, output), Rung.COERCED)
        except ValidationError as error:
            problem = error
    if value is None and _REFUSAL.search(without_thinking(text)[:400]):
        raise Unusable(FailureKind.REFUSED, "The model declined to answer.")
    raise Unusable(FailureKind.MALFORMED, complaint(problem))


def complaint(problem: ValidationError | None) -> str:
    """What to tell the model about its answer. Names fields, never repeats its values."""
    if problem is None:
        return "The answer was not a JSON object."
    items = problem.errors(include_url=False, include_input=False, include_context=False)[:6]
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'answer'}: {item['msg']}"
        for item in items
    )
