"""How an API of studies changes its answers, each in a way that can be turned back for certain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Answer = dict[str, Any]
Change = Callable[[Answer], Any]

CHANGES: dict[str, Change] = {}
"""By the names that tasks draw from."""


def change(make: Change) -> Change:
    CHANGES[make.__name__] = make
    return make


def _each(answer: Answer, renamed: Callable[[dict[str, Any]], dict[str, Any]]) -> Answer:
    return {**answer, "studies": [renamed(study) for study in answer["studies"]]}


def _under(old: str, new: str) -> Change:
    return lambda answer: _each(
        answer, lambda study: {new if key == old else key: value for key, value in study.items()}
    )


CHANGES["rename_title"] = _under("title", "headline")
CHANGES["rename_abstract"] = _under("abstract", "summary")


@change
def nest_study(answer: Answer) -> Any:
    return _each(answer, lambda study: {"kind": "study", "attributes": study})


@change
def nest_text(answer: Answer) -> Any:
    def nested(study: dict[str, Any]) -> dict[str, Any]:
        text = {"title": study["title"], "abstract": study["abstract"]}
        rest = {k: v for k, v in study.items() if k not in text}
        return {**rest, "text": text}

    return _each(answer, nested)


@change
def year_as_text(answer: Answer) -> Any:
    return _each(answer, lambda study: {**study, "year": str(study["year"])})


@change
def total_as_text(answer: Answer) -> Any:
    return {**answer, "total": str(answer["total"])}


@change
def two_at_once(answer: Answer) -> Any:
    return CHANGES["rename_title"](year_as_text(answer))
