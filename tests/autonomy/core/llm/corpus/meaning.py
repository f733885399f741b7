"""What may be made of a damaged answer: what it said, or less, never something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from tests.autonomy.core.llm.corpus.bases import Base


def _in_full(base: Base) -> dict[str, Any]:
    return base.output.model_validate(base.value).model_dump()


def same(base: Base, got: BaseModel) -> bool:
    """Whether `got` is the base answer, every value as it was."""
    return got.model_dump() == _in_full(base)


def strayed(base: Base, got: BaseModel) -> str:
    """Where `got` says what the base answer did not: empty when it says the same or less.

    Less is: list items missing (never one changed or moved), a text that may be left out missing,
    values of a tool's input all there or all gone.
    """
    said, whole = got.model_dump(), _in_full(base)
    for key, value in said.items():
        if key in ("sections", "verdicts"):
            problem = _strayed_items(key, value, whole[key])
            if problem:
                return problem
        elif value != whole[key] and not (key == "rationale" and value == ""):
            return f"{key}: {value!r} instead of {whole[key]!r}"
    return ""


def _strayed_items(name: str, got: list[Mapping[str, Any]], whole: list[Mapping[str, Any]]) -> str:
    at = 0
    for item in got:
        while at < len(whole) and not _alike(item, whole[at]):
            at += 1
        if at == len(whole):
            return f"{name}: {dict(item)!r} was never said"
        at += 1
    return ""


def _alike(item: Mapping[str, Any], original: Mapping[str, Any]) -> bool:
    return all(
        value == original[key] or (key == "reason" and value == "") for key, value in item.items()
    )
