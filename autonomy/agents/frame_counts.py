"""What a rule-composed introduction and conclusion say of the body in figures, kept true after
passages of the body were changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autonomy.agents.comparison import named, row
from autonomy.agents.gaps import SectionSummary, coverage, lone_voices
from autonomy.agents.literal import in_cell
from autonomy.agents.phrasing import count
from autonomy.core.types import Source


def recounted(
    markdown: str,
    before: Sequence[SectionSummary],
    after: Sequence[SectionSummary],
    used: Mapping[str, tuple[int, int]],
    sources: Sequence[Source],
) -> str:
    """A frame's Markdown with the figures of `after` where it has those of `before`; all else as it
    is.

    Args:
        used: source id to its quotations in the body, before and after.
    """
    pairs = [
        (_total(before), _total(after)),
        (coverage(before), coverage(after)),
        (lone_voices(before), lone_voices(after)),
    ]
    pairs += [
        (_row(source, used[source.id][0]), _row(source, used[source.id][1]))
        for source in sources
        if source.id in used
    ]
    for old, new in pairs:
        if old and old != new and old in markdown:
            markdown = markdown.replace(old if new else f" {old}", new, 1)
    return markdown


def _total(sections: Sequence[SectionSummary]) -> str:
    return f"the sections above set {count(sum(s.quotes for s in sections), 'quotation')} in order"


def _row(source: Source, number: int) -> str:
    title = str(source.csl.get("title") or source.file_name)
    return row([in_cell(named(source)), in_cell(title), str(number)])
