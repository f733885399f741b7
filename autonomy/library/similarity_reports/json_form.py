"""Reports as JSON: our own form, what is posted when a report is ready, and the results of Turnitin's
programming interface. docs/similarity-reports.md has the schema."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from autonomy.core.originality import (
    MatchGroup,
    Percent,
    ReadReport,
    ReportedPassage,
    ReportedSource,
    ReportFormat,
)
from autonomy.library.encoding import decode
from autonomy.library.normalise import one_line
from autonomy.library.similarity_reports import figures
from autonomy.library.similarity_reports.errors import NotAReport, ReportDamaged
from autonomy.library.similarity_reports.labels import KINDS, meaning
from autonomy.library.similarity_reports.limits import ReportLimits

_T = TypeVar("_T")
_SIMILARITY = ("similarity", "observed_similarity", "overall_match_percentage")
_BY_KIND = {
    "internet_match_percentage": "internet",
    "publication_match_percentage": "publication",
    "submitted_works_match_percentage": "student_paper",
}
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
_TITLE_CHARS, _TEXT_CHARS, _LIST = 1_000, 20_000, 100


def read_json(data: bytes, limits: ReportLimits) -> ReadReport:
    """
    Raises:
        ReportDamaged: it is no JSON.
        NotAReport: it says nothing of similarity.
    """
    try:
        said = json.loads(decode(data))
    except (ValueError, RecursionError) as error:
        raise ReportDamaged("it is not valid JSON") from error
    if not isinstance(said, dict) or not any(key in said for key in (*_SIMILARITY, "sources")):
        raise NotAReport("JSON that has no `similarity`")
    return _Reading(said, limits).read()


class _Reading:
    def __init__(self, said: Mapping[str, Any], limits: ReportLimits) -> None:
        self._said = said
        self._limits = limits
        self._unread: dict[str, str] = {}

    def read(self) -> ReadReport:
        key = next((key for key in _SIMILARITY if self._said.get(key) is not None), _SIMILARITY[0])
        groups, counts = self._groups()
        language = self._said.get("language")
        return ReadReport(
            format=ReportFormat.JSON,
            language=language
            if isinstance(language, str) and _LANGUAGE.fullmatch(language)
            else "",
            title=self._text("title"),
            submission_id=self._text("submission_id", needed=False),
            word_count=self._count("word_count"),
            character_count=self._count("character_count", needed=False),
            similarity=self._percent("similarity", self._said.get(key)),
            by_kind=self._by_kind(),
            groups=groups,
            group_counts=counts,
            sources=tuple(self._list("sources", self._source, self._limits.max_sources)),
            passages=tuple(self._list("passages", self._passage, self._limits.max_passages)),
            flags=tuple(self._list("flags", _flag, _LIST)),
            excluded=tuple(self._list("excluded", _flag, _LIST)),
            unread=self._unread,
        )

    def _percent(self, field: str, value: object) -> Percent | None:
        if value is None:
            self._unread[field] = "it is not given"
            return None
        found = _as_percent(value)
        if found is None:
            self._unread[field] = f"{_shown(value)} is no percentage from 0 to 100"
        return found

    def _text(self, field: str, *, needed: bool = True) -> str | None:
        value = self._said.get(field)
        text = one_line(value)[:_TITLE_CHARS] if isinstance(value, str) else ""
        if text:
            return text
        if value is not None or needed:
            self._unread[field] = "it is not given" if value is None else "it is no text"
        return None

    def _count(self, field: str, *, needed: bool = True) -> int | None:
        value = self._said.get(field)
        found = _as_count(value)
        if found is None and (value is not None or needed):
            self._unread[field] = (
                "it is not given" if value is None else f"{_shown(value)} is no count"
            )
        return found

    def _by_kind(self) -> dict[str, Percent]:
        given: dict[str, object] = {
            kind: self._said[key] for key, kind in _BY_KIND.items() if key in self._said
        }
        own = self._said.get("by_kind")
        if isinstance(own, dict):
            given |= {str(key): value for key, value in own.items() if key in KINDS}
        found: dict[str, Percent] = {}
        for kind in KINDS:
            percent = self._percent(f"by_kind.{kind}", given.get(kind))
            if percent is not None:
                found[kind] = percent
        return found

    def _groups(self) -> tuple[dict[MatchGroup, Percent], dict[MatchGroup, int]]:
        given = self._said.get("groups")
        percents: dict[MatchGroup, Percent] = {}
        counts: dict[MatchGroup, int] = {}
        if not isinstance(given, dict):
            self._unread["groups"] = self._unread["group_counts"] = "they are not given"
            return percents, counts
        for group in MatchGroup:
            value = given.get(group.value)
            inner = value if isinstance(value, dict) else {"percent": value}
            percent = self._percent(f"groups.{group}", inner.get("percent"))
            if percent is not None:
                percents[group] = percent
            count = _as_count(inner.get("count"))
            if count is not None:
                counts[group] = count
        return percents, counts

    def _list(self, field: str, read: Callable[[object, int], _T | None], most: int) -> list[_T]:
        value = self._said.get(field)
        if field == "sources" and value is None:
            value = self._said.get("top_matches")
        if not isinstance(value, list):
            self._unread[field] = "they are not given" if value is None else "they are no list"
            return []
        found = [one for at, item in enumerate(value[:most], 1) if (one := read(item, at))]
        if len(found) < min(len(value), most):
            self._unread[field] = (
                f"{len(value[:most]) - len(found)} of {len(value)} have another form"
            )
        if len(value) > most:
            self._unread[field] = f"only the first {most:,} of {len(value):,} are read"
        return found

    def _source(self, item: object, at: int) -> ReportedSource | None:
        if not isinstance(item, dict):
            return None
        title = item.get("title", item.get("name"))
        if not isinstance(title, str) or not title.strip():
            return None
        number = _as_count(item.get("number"))
        given = item.get("percent", item.get("percentage"))
        percent = _as_percent(given) if given is not None else None
        if percent is None:
            self._unread["sources.percent"] = "some sources have no percentage from 0 to 100"
        kind = _kind(item.get("kind", item.get("source_type")))
        if not kind:
            self._unread["sources.kind"] = "some sources do not say of what kind they are"
        return ReportedSource(
            number=number or at, title=one_line(title)[:_TITLE_CHARS], kind=kind, percent=percent
        )

    def _passage(self, item: object, at: int) -> ReportedPassage | None:
        if isinstance(item, str):
            item = {"text": item}
        if not isinstance(item, dict):
            return None
        text = item.get("text")
        if not isinstance(text, str) or not text.strip():
            return None
        source = _as_count(item.get("source", item.get("source_number")))
        if source is None:
            self._unread["passages.source_number"] = "some passages do not name their source"
        group = item.get("group")
        known = group if isinstance(group, str) and group in set(MatchGroup) else None
        if known is None:
            self._unread["passages.group"] = "some passages do not say what is missing"
        return ReportedPassage(
            text=one_line(text)[:_TEXT_CHARS],
            page=_as_count(item.get("page")) or None,
            source_number=source,
            group=MatchGroup(known) if known else None,
        )


def _as_percent(value: object) -> Percent | None:
    if isinstance(value, dict):
        inner = _as_percent(value.get("value"))
        if inner is None or isinstance(value.get("value"), dict):
            return None
        return Percent(value=inner.value, below=inner.below or value.get("below") is True)
    if isinstance(value, str):
        return figures.only_percent(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return Percent(value=float(value)) if 0 <= value <= 100 else None


def _as_count(value: object) -> int | None:
    if isinstance(value, str):
        text = value.strip()
        return None if figures.after_count(text) else figures.count(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value) if 0 <= value <= figures.MOST_WORDS else None


def _kind(value: object) -> str:
    if not isinstance(value, str):
        return ""
    if value in KINDS:
        return value
    label = meaning(value.replace("_", " "), KINDS)
    return label.name if label else ""


def _flag(item: object, _at: int) -> str | None:
    return one_line(item)[:300] or None if isinstance(item, str) else None


def _shown(value: object) -> str:
    """What was given, short enough for a sentence."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"“{one_line(text)[:40]}”"
