"""Two versions of a document side by side: section by section, word by word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from autonomy.core.csl import families, in_short
from autonomy.core.markers import MARKER
from autonomy.core.types import Source
from autonomy.export.document import Document, Section
from autonomy.export.exhibits import PLACED
from autonomy.export.word_diff import MOST_TOKENS, Op, Part, diff, words_in


class SectionChange(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class ComparedPart(BaseModel):
    model_config = ConfigDict(frozen=True)

    op: Op
    text: str
    """Markdown; citations as “(Lee 2020, p. 4)”."""


class ComparedSection(BaseModel):
    """One section of either version."""

    model_config = ConfigDict(frozen=True)

    id: str
    heading: str
    before_heading: str = ""
    """Where it was called otherwise."""
    change: SectionChange
    moved: bool = False
    """It stands elsewhere among the sections that both versions have."""
    words_added: int = 0
    words_removed: int = 0
    parts: tuple[ComparedPart, ...] = ()


class Comparison(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: tuple[ComparedPart, ...] = ()
    """Empty when it stayed the same."""
    style_before: str
    style_after: str
    sections: tuple[ComparedSection, ...] = ()
    """In the order of the newer version, what it has no more where it stood."""
    words_added: int = 0
    words_removed: int = 0
    sources_added: tuple[str, ...] = ()
    sources_removed: tuple[str, ...] = ()
    """Titles of works that only one of them cites."""


def compare(before: Document, after: Document, *, most_tokens: int = MOST_TOKENS) -> Comparison:
    """What is different in `after`.

    Args:
        most_tokens: words and signs of one changed stretch that are compared one by one.
    """
    labels = _labels(before, after)
    pairs = _paired(before.sections, after.sections)
    moved = _moved(pairs)
    sections = [
        _section(
            None if pair.old is None else before.sections[pair.old],
            None if pair.new is None else after.sections[pair.new],
            labels,
            pair.new in moved,
            most_tokens,
        )
        for pair in pairs
    ]
    title = () if before.title == after.title else _parts(diff(before.title, after.title))
    return Comparison(
        title=title,
        style_before=before.style,
        style_after=after.style,
        sections=tuple(sections),
        words_added=sum(s.words_added for s in sections),
        words_removed=sum(s.words_removed for s in sections),
        sources_added=_missing(after.sources, before.sources),
        sources_removed=_missing(before.sources, after.sources),
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """A section in both versions, or in one: its place in each."""

    old: int | None
    new: int | None


def _paired(old: Sequence[Section], new: Sequence[Section]) -> list[_Pair]:
    """Each section with what it was. A section is the same one by id and heading, else by heading,
    else by id: a plan that was made anew numbers its sections from the beginning."""
    was: dict[int, int] = {}
    rest = dict(enumerate(old))
    for same in _SAME:
        for j, section in enumerate(new):
            if j not in was:
                found = next((i for i, former in rest.items() if same(former, section)), None)
                if found is not None:
                    was[j] = found
                    del rest[found]
    pairs: list[_Pair] = []
    gone = list(rest)
    for j in range(len(new)):
        at = was.get(j)
        while at is not None and gone and gone[0] < at:
            pairs.append(_Pair(gone.pop(0), None))
        pairs.append(_Pair(at, j))
    return pairs + [_Pair(i, None) for i in gone]


_SAME: tuple[Callable[[Section, Section], bool], ...] = (
    lambda a, b: a.id == b.id and a.heading == b.heading,
    lambda a, b: bool(a.heading) and a.heading.lower() == b.heading.lower(),
    lambda a, b: a.id == b.id,
)


def _moved(pairs: Sequence[_Pair]) -> set[int]:
    """Places in the newer version of sections that left the order which most others have kept."""
    kept = [(pair.old, pair.new) for pair in pairs if pair.old is not None and pair.new is not None]
    # The longest rising sequence of former places, by its ends (patience sorting).
    lines: list[list[int]] = []
    ends: list[int] = []
    for index, (place, _) in enumerate(kept):
        at = bisect_left(ends, place)
        line = [*(lines[at - 1] if at else []), index]
        ends[at : at + 1] = [place]
        lines[at : at + 1] = [line]
    stays = set(lines[-1]) if lines else set()
    return {new for index, (_, new) in enumerate(kept) if index not in stays}


def _section(
    old: Section | None, new: Section | None, labels: dict[str, str], moved: bool, most: int
) -> ComparedSection:
    shown = new or old
    assert shown is not None  # noqa: S101 - a pair has one of the two
    before = _readable(old.markdown, labels) if old else ""
    after = _readable(new.markdown, labels) if new else ""
    found = diff(before, after, most_tokens=most)
    renamed = old is not None and new is not None and old.heading != new.heading
    change = (
        SectionChange.ADDED
        if old is None
        else SectionChange.REMOVED
        if new is None
        else SectionChange.SAME
        if before == after and not renamed
        else SectionChange.CHANGED
    )
    return ComparedSection(
        id=shown.id,
        heading=shown.heading,
        before_heading=old.heading if old is not None and renamed else "",
        change=change,
        moved=moved,
        words_added=words_in(found, Op.INSERT),
        words_removed=words_in(found, Op.DELETE),
        parts=_parts(found),
    )


def _parts(found: Iterable[Part]) -> tuple[ComparedPart, ...]:
    return tuple(ComparedPart(op=part.op, text=part.text) for part in found)


# ------------------------------------------------------------------------------- citations


def _labels(*documents: Document) -> dict[str, str]:
    """What stands for a citation of each passage."""
    labels: dict[str, str] = {}
    for document in documents:
        works = {source.id: source for source in document.sources}
        for passage in document.passages:
            work = works.get(passage.source_id)
            name = _short(work) if work else "source"
            labels[passage.id] = f"{name}, p. {passage.page}" if passage.page else name
    return labels


def _short(source: Source) -> str:
    issued = (source.csl.get("issued") or {}).get("date-parts") or [[]]
    year = str(issued[0][0]) if issued[0] else ""
    name = in_short(families(source.csl)) or str(source.csl.get("title") or source.file_name)
    return f"{name} {year}".strip()


def _readable(markdown: str, labels: dict[str, str]) -> str:
    """Markers as their citations, so that a reader sees which work came or went."""
    cited = MARKER.sub(lambda m: f"({labels.get(m['id'], 'source')})", markdown)
    return PLACED.sub(lambda m: f"[{m['label']}]", cited)


def _missing(here: Sequence[Source], there: Sequence[Source]) -> tuple[str, ...]:
    known = {source.id for source in there}
    titles = (str(s.csl.get("title") or s.file_name) for s in here if s.id not in known)
    return tuple(titles)
