"""What a reader would write in the margin: things worth a look that no rule should change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from autonomy.core.phrases import counted
from autonomy.core.types import Wish
from autonomy.library.drafts.draft import Draft, DraftBlock, DraftKind, HeldKind, MarkKind
from autonomy.library.sentences import sentences
from autonomy.tools.prose.marks import InText, citations, quotations

OVERLONG_WORDS = 40
SAME_OPENINGS = 3
"""Sentences after one another that begin alike."""
PASSIVE_SENTENCES = 3
"""Of one paragraph, and at least half of them."""
LONG_PARAGRAPH_WORDS = 250
QUOTED_WORDS = 4
"""Of a quotation that wants a citation: fewer are often a term or a title."""

_PASSIVE = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?(?:not\s+)?"
    r"(?:\w{3,}ed|known|shown|seen|given|taken|made|found|done|said|held|kept|lost|left|sent|built|"
    r"thought|brought|drawn|grown|written|chosen|driven|broken|spoken|understood|put|set|cut)\b",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(?:(?:recent |previous |earlier |several |many |some )?(?:studies|research|scholars|experts|"
    r"scientists|surveys|statistics|evidence|literature)\s+(?:have |has )?(?:show|shows|shown|suggest\w*|"
    r"found|find|finds|indicate\w*|demonstrate\w*|agree\w*|argue\w*|prove\w*|report\w*)|"
    r"it (?:is|has been) (?:well |widely |generally )?(?:known|accepted|established|argued|shown|"
    r"reported|estimated|believed)|according to)\b|\b\d+(?:\.\d+)?\s?(?:%|per cent|percent)",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:we|i|our|my|this (?:study|survey|paper|thesis|report|chapter)|table \d|figure \d|"
    r"fig\. ?\d|appendix)\b",
    re.IGNORECASE,
)


class RemarkKind(StrEnum):
    OVERLONG = "overlong"
    OPENINGS = "openings"
    PASSIVES = "passives"
    UNCITED_QUOTE = "uncited_quote"
    UNCITED_CLAIM = "uncited_claim"
    NO_REFERENCE = "no_reference"
    NOT_CITED = "not_cited"
    PARAGRAPH = "paragraph"
    HEADING = "heading"


WISHED: dict[RemarkKind, Wish] = {
    RemarkKind.OVERLONG: Wish.CLARITY,
    RemarkKind.OPENINGS: Wish.CLARITY,
    RemarkKind.PASSIVES: Wish.CLARITY,
    RemarkKind.UNCITED_QUOTE: Wish.CITATIONS,
    RemarkKind.UNCITED_CLAIM: Wish.CITATIONS,
    RemarkKind.NO_REFERENCE: Wish.CITATIONS,
    RemarkKind.NOT_CITED: Wish.CITATIONS,
    RemarkKind.PARAGRAPH: Wish.STRUCTURE,
    RemarkKind.HEADING: Wish.STRUCTURE,
}
ALWAYS = frozenset({RemarkKind.UNCITED_QUOTE, RemarkKind.NO_REFERENCE})
"""What is told whatever was asked for: words of others without their source, and references that
a reader would look for in vain."""


@dataclass(frozen=True, slots=True)
class Remark:
    block: str
    start: int
    end: int
    kind: RemarkKind
    message: str
    """A sentence for people, with what could be done."""


def remarks(draft: Draft, wishes: frozenset[Wish]) -> list[Remark]:
    """What is worth a look, in the order of the draft."""
    found: list[Remark] = []
    for block in draft.blocks:
        if block.prose:
            found += [*_sentences(block), *_uncited(block)]
            if len(block.text.split()) > LONG_PARAGRAPH_WORDS:
                said = (
                    f"This paragraph has {len(block.text.split())} words. Could it be two, each "
                    "with one thought?"
                )
                found.append(Remark(block.id, 0, len(block.text), RemarkKind.PARAGRAPH, said))
    found += [*_headings(draft), *_references(draft)]
    places = {block.id: number for number, block in enumerate(draft.blocks)}
    wanted = [one for one in found if one.kind in ALWAYS or WISHED[one.kind] in wishes]
    return sorted(wanted, key=lambda one: (places[one.block], one.start))


# ----------------------------------------------------------------------------- sentences


def _sentences(block: DraftBlock) -> Iterator[Remark]:
    spans = sentences(block.text)
    passive: list[tuple[int, int]] = []
    openings: list[str] = []
    for start, end in spans:
        text = block.text[start:end]
        words = len(text.split())
        if words > OVERLONG_WORDS:
            said = f"This sentence has {words} words. Could it be two?"
            yield Remark(block.id, start, end, RemarkKind.OVERLONG, said)
        if _PASSIVE.search(text):
            passive.append((start, end))
        first = re.match(r"\W*(\w+)", text)
        openings.append(first[1].lower() if first else "")
    if len(passive) >= PASSIVE_SENTENCES and 2 * len(passive) >= len(spans):
        said = (
            f"{len(passive)} of {counted(len(spans), 'sentence')} are passive. Who does it? Say so "
            "where that matters."
        )
        yield Remark(block.id, passive[0][0], passive[-1][1], RemarkKind.PASSIVES, said)
    at = 0
    for word, group in groupby(openings):
        size = len(list(group))
        if word and size >= SAME_OPENINGS:
            said = f"{size} sentences in a row begin with “{word.capitalize()}”."
            span = (spans[at][0], spans[at + size - 1][1])
            yield Remark(block.id, *span, RemarkKind.OPENINGS, said)
        at += size


# ------------------------------------------------------------------------- what wants a source


def _uncited(block: DraftBlock) -> Iterator[Remark]:
    text = block.text
    cited = [(c.start, c.end) for c in citations(text)]
    cited += [(h.start, h.end) for h in block.held if h.kind is HeldKind.CITATION]
    cited += [(m.at, m.at) for m in block.marks if m.kind in (MarkKind.FOOTNOTE, MarkKind.ENDNOTE)]
    spans = sentences(text)
    for index, (start, end) in enumerate(spans):
        # A citation in the sentence, or behind it at the beginning of the next.
        until = spans[index + 1][1] if index + 1 < len(spans) else len(text)
        near = any(start <= a and b <= until for a, b in cited)
        if near:
            continue
        quoted = [
            (a, b)
            for a, b in quotations(text)
            if start <= a < end and len(text[a:b].split()) >= QUOTED_WORDS
        ]
        for a, b in quoted:
            said = "These words are quoted, and no source stands beside them. Cite where they come from."
            yield Remark(block.id, a, b, RemarkKind.UNCITED_QUOTE, said)
        sentence = text[start:end]
        if not quoted and _CLAIM.search(sentence) and not _OWN.search(sentence):
            said = "This says what others found, and cites nobody. Whose finding is it?"
            yield Remark(block.id, start, end, RemarkKind.UNCITED_CLAIM, said)


def _references(draft: Draft) -> Iterator[Remark]:
    """Citations without an entry in the list of references, and entries that nothing cites."""
    entries = [b for b in draft.blocks if b.kind is DraftKind.REFERENCE and b.text.strip()]
    if not entries:
        return
    prose = [b for b in draft.blocks if b.kind is not DraftKind.REFERENCE]
    cited: list[tuple[DraftBlock, InText]] = [(b, c) for b in prose for c in citations(b.text)]
    told: Counter[tuple[str, str]] = Counter()
    for block, citation in cited:
        for family, year in citation.keys:
            known = any(_matches(entry.text, family, year) for entry in entries)
            told[family, year] += not known
            if not known and told[family, year] == 1:
                said = f"The list of references has no entry for {family} {year}."
                yield Remark(block.id, citation.start, citation.end, RemarkKind.NO_REFERENCE, said)
        over = [number for number in citation.numbers if number > len(entries)]
        if over and _numbered(entries):
            said = f"The list of references ends before number {over[0]}."
            yield Remark(block.id, citation.start, citation.end, RemarkKind.NO_REFERENCE, said)
    keys = {key for _, citation in cited for key in citation.keys}
    held = " ".join(
        b.text[h.start : h.end] for b in prose for h in b.held if h.kind is HeldKind.CITATION
    )
    if not keys:
        return
    for entry in entries:
        if not any(_matches(entry.text, family, year) for family, year in keys) and not _in(
            held, entry.text
        ):
            said = "Nothing in the text cites this entry."
            yield Remark(entry.id, 0, len(entry.text), RemarkKind.NOT_CITED, said)


def _matches(entry: str, family: str, year: str) -> bool:
    head = entry[:400].casefold()
    bare = year[:4].casefold()
    return family.casefold() in head and (bare in entry or not bare.isdigit())


def _in(held: str, entry: str) -> bool:
    """Whether a reference manager's citation names the entry's first author."""
    first = re.match(r"\W*(?:\[?\d+[\].]\s*)?([^\W\d_][\w’'-]+)", entry)
    return first is not None and first[1].casefold() in held.casefold()


def _numbered(entries: Sequence[DraftBlock]) -> bool:
    return any(e.numbered or re.match(r"\s*\[?\d+[\].]", e.text) for e in entries)


# ----------------------------------------------------------------------------- structure


def _headings(draft: Draft) -> Iterator[Remark]:
    level = 0
    blocks = [b for b in draft.blocks if b.text.strip()]
    for index, block in enumerate(blocks):
        if block.kind is not DraftKind.HEADING:
            continue
        if level and block.level > level + 1:
            said = f"A heading of level {level} is followed by one of level {block.level}."
            yield Remark(block.id, 0, len(block.text), RemarkKind.HEADING, said)
        level = block.level
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        empty = following is None or (
            following.kind is DraftKind.HEADING and following.level <= block.level
        )
        if empty:
            said = "Nothing stands under this heading."
            yield Remark(block.id, 0, len(block.text), RemarkKind.HEADING, said)
