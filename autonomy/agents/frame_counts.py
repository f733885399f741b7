"""What a rule-composed introduction and conclusion say of the body in figures, kept true after
passages of the body were changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher

from autonomy.agents.amending import Draft
from autonomy.agents.comparison import named, row
from autonomy.agents.gaps import SectionSummary, coverage, lone_voices
from autonomy.agents.literal import in_cell
from autonomy.agents.phrasing import count
from autonomy.agents.units import sentence_spans
from autonomy.core.markers import MARKER
from autonomy.core.originality import ChangeVerdict, PassageChange, Remedy, Teller
from autonomy.core.types import Author, Source
from autonomy.export.document import Document

FOLLOWS = "It says in figures what the sections hold, and they hold something else now."


def recount(
    document: Document,
    drafts: Mapping[str, Draft],
    body: Collection[str],
    added: Mapping[str, str],
) -> None:
    """Introduction and conclusion among `drafts`, whose `body` was changed, say what it holds now;
    what they say otherwise is noted with them.

    Args:
        added: passage id to source id, of passages that `document` does not cite.
    """
    passages = {**added, **{p.id: p.source_id for p in document.passages}}
    was = {section.id: section for section in document.sections}
    held = [section_id for section_id in body if section_id in was]

    def summary(section_id: str, markdown: str) -> SectionSummary:
        cited = [passages[m["id"]] for m in MARKER.finditer(markdown) if m["id"] in passages]
        return SectionSummary(was[section_id].heading, len(cited), len(set(cited)))

    def uses(texts: Sequence[str]) -> Counter[str]:
        ids = [m["id"] for text in texts for m in MARKER.finditer(text)]
        return Counter(passages[i] for i in ids if i in passages)

    before = [summary(s, was[s].markdown) for s in held]
    after = [summary(s, drafts[s].markdown) for s in held]
    old = uses([was[s].markdown for s in held])
    new = uses([drafts[s].markdown for s in held])
    used = {source.id: (old[source.id], new[source.id]) for source in document.sources}
    for section in document.sections:
        if section.author is not Author.RULE or section.id in body:
            continue
        draft = drafts[section.id]
        text = recounted(draft.markdown, before, after, used, document.sources)
        draft.changes[:0] = _noted(draft, text)
        draft.markdown = text


def _noted(draft: Draft, text: str) -> list[PassageChange]:
    """Each sentence or row of the section that reads otherwise in `text`, from its end."""
    old = [draft.markdown[start:end] for start, end, _ in sentence_spans(draft.markdown)]
    new = [text[start:end] for start, end, _ in sentence_spans(text)]
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pairs = (
            zip(old[a:b], new[c:d], strict=True)
            if b - a == d - c
            else [(" ".join(old[a:b]), " ".join(new[c:d]))]
        )
        found += [
            PassageChange(
                section_id=draft.id,
                heading=draft.heading,
                before=before,
                after=after,
                remedy=Remedy.RECOUNT,
                reason=FOLLOWS,
                told_by=Teller.REVISER,
                group=None,
                verdict=ChangeVerdict.SETTLED if after else ChangeVerdict.GONE,
            )
            for before, after in pairs
        ]
    return found[::-1]


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
