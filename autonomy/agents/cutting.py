"""Taking out of a document what its sources do not bear out, whole sentences at a time.

Only markers decide: the n-th marker of the text is the n-th check. A sentence goes with its
marker; what leaned on it goes too; where nothing is left, a sentence says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from autonomy.core.markers import MARKER, PARENTHETICAL, unattributed
from autonomy.core.phrases import sentence_case
from autonomy.export.claims import citations_in_order
from autonomy.export.document import Document, Section
from autonomy.library.sentences import sentences

NOTHING_LEFT = (
    "What had been written here was taken out, because the cited sources do not bear it out."
)

_LEANS = re.compile(
    r"(?:This|These|That|Those|Such|It|They|He|She|Its|Their|The (?:same|latter|former))\b"
)
_CONNECTS = re.compile(
    r"(?:However|Moreover|Furthermore|Therefore|Thus|Hence|Consequently|In contrast|By contrast|"
    r"Similarly|Likewise|Instead|Also|In addition|Additionally|As a result|Accordingly|Nevertheless|"
    r"Nonetheless|Meanwhile|Besides),?\s+(?=\S)"
)
_ITEM = re.compile(r"^\s{0,12}(?:[-*+]|\d{1,9}[.)])\s+")
_ROW = re.compile(r"^\s{0,3}\|.*\|\s*$")
_RULE = re.compile(r"^\s{0,3}\|?[\s:|-]+\|[\s:|-]*$")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s")
_TRAILING = re.compile(rf"(?:\s*{PARENTHETICAL})+")


class Removal(NamedTuple):
    """A sentence that was taken out, and why."""

    section: str
    """Heading; empty for an answer."""
    text: str
    """Without markers."""
    reason: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A document without what was taken out of it."""

    document: Document
    removals: tuple[Removal, ...]
    rebound: int = 0
    """Markers that were dropped beside others that bear the same sentence out."""


def cut(document: Document, bad: Mapping[int, str]) -> Cut:
    """`document` without the claims of these markers (number to reason). The passages and sources
    that it holds afterwards are exactly those that it still cites."""
    marks = _marks(document)
    removals: list[Removal] = []
    rebound = 0
    sections: list[Section] = []
    for section, numbers in zip(document.sections, marks, strict=True):
        if numbers is None or not any(n in bad for n in numbers):
            sections.append(section)
            continue
        text, gone, dropped = _without(section.markdown, numbers, bad, _clauses(document))
        removals += [Removal(section.heading, said, why) for said, why in gone]
        rebound += dropped
        sections.append(section.model_copy(update={"markdown": text or NOTHING_LEFT}))
    changed = document.model_copy(update={"sections": tuple(sections)})
    cited = set(changed.cited_passage_ids())
    passages = tuple(p for p in document.passages if p.id in cited)
    used = {p.source_id for p in passages}
    sources = tuple(s for s in document.sources if s.id in used)
    return Cut(
        changed.model_copy(update={"passages": passages, "sources": sources}),
        tuple(removals),
        rebound,
    )


def _marks(document: Document) -> list[list[int] | None]:
    """Per section the numbers of its markers in the order of its text; None where text and checks
    do not count alike (a marker inside code), and nothing may be cut by number."""
    per_section: list[list[int] | None] = []
    before = 0
    for section in document.sections:
        claims = citations_in_order(document.model_copy(update={"sections": (section,)}))
        ids = [m["id"] for m in MARKER.finditer(section.markdown)]
        # A fence may span blocks; nothing is taken out of the middle of one.
        fenced = "```" in section.markdown or "~~~" in section.markdown
        alike = [c.passage_id for c in claims] == ids and not fenced
        per_section.append([before + c.marker for c in claims] if alike else None)
        before += len(claims)
    return per_section


def _clauses(document: Document) -> dict[int, str]:
    return {c.marker: c.claim for c in citations_in_order(document)}


# ------------------------------------------------------------------------------- one section


def _without(
    markdown: str, numbers: Sequence[int], bad: Mapping[int, str], clauses: Mapping[int, str]
) -> tuple[str, list[tuple[str, str]], int]:
    """The section's text without its bad claims, what was removed with the reason, and how many
    markers alone were dropped."""
    turn = iter(numbers)
    gone: list[tuple[str, str]] = []
    dropped = 0
    blocks: list[str] = []
    for block in re.split(r"\n[ \t]*\n", markdown):
        here = [next(turn) for _ in MARKER.finditer(block)]
        if not any(n in bad for n in here):
            blocks.append(block)
            continue
        kept, removed, loose = _block(block, here, bad, clauses)
        gone += removed
        dropped += loose
        if kept.strip():
            blocks.append(kept)
    return "\n\n".join(blocks), gone, dropped


def _block(
    block: str, numbers: Sequence[int], bad: Mapping[int, str], clauses: Mapping[int, str]
) -> tuple[str, list[tuple[str, str]], int]:
    lines = block.split("\n")
    if all(_ROW.match(line) or _RULE.match(line) for line in lines if line.strip()):
        return _rows(lines, numbers, bad)
    pieces = _pieces(lines)
    turn = iter(numbers)
    gone: list[tuple[str, str]] = []
    dropped = 0
    kept: list[str] = []
    for opening, text in pieces:
        here = [next(turn) for _ in MARKER.finditer(text)]
        if not any(n in bad for n in here):
            kept.append(opening + text)
            continue
        if _HEADING.match(opening + text):
            kept.append(opening + _drop(text, here, bad))
            dropped += sum(n in bad for n in here)
            continue
        rest, removed, loose = _prose(text, here, bad, clauses)
        gone += removed
        dropped += loose
        if rest:
            kept.append(opening + rest)
    return "\n".join(kept), gone, dropped


def _pieces(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Items of a list and headings each alone, other lines together: (what opens it, its text).
    The text of a quotation keeps no ">" within."""
    pieces: list[tuple[str, str]] = []
    for line in lines:
        item = _ITEM.match(line)
        quote = re.match(r"^\s{0,3}>\s?", line)
        if item:
            pieces.append((item[0], line[item.end() :]))
        elif _HEADING.match(line):
            pieces.append(("", line))
        elif quote and not (pieces and pieces[-1][0].lstrip().startswith(">")):
            pieces.append((quote[0], line[quote.end() :]))
        elif pieces and not _HEADING.match(pieces[-1][1]):
            opening, text = pieces[-1]
            more = line[quote.end() :] if quote else line.strip()
            pieces[-1] = (opening, f"{text}\n{more}")
        else:
            pieces.append(("", line))
    return pieces


def _rows(
    lines: Sequence[str], numbers: Sequence[int], bad: Mapping[int, str]
) -> tuple[str, list[tuple[str, str]], int]:
    """A table without the rows of bad claims; without rows there is no table."""
    turn = iter(numbers)
    kept: list[str] = []
    gone: list[tuple[str, str]] = []
    for line in lines:
        here = [next(turn) for _ in MARKER.finditer(line)]
        why = next((bad[n] for n in here if n in bad), None)
        if why is None:
            kept.append(line)
        else:
            gone.append((_shown(line.strip().strip("|").replace("|", " · ")), why))
    body = [line for line in kept if line.strip() and not _RULE.match(line)]
    return ("\n".join(kept) if len(body) > 1 else ""), gone, 0


def _prose(
    text: str, numbers: Sequence[int], bad: Mapping[int, str], clauses: Mapping[int, str]
) -> tuple[str, list[tuple[str, str]], int]:
    turn = iter(numbers)
    kept: list[str] = []
    gone: list[tuple[str, str]] = []
    dropped = 0
    after_gap = False
    for sentence in _sentences(text):
        here = [next(turn) for _ in MARKER.finditer(sentence)]
        wrong = [n for n in here if n in bad]
        borne = {clauses.get(n) for n in here if n not in bad}
        if wrong and all(clauses.get(n) in borne for n in wrong):
            # Another source bears the same words out: only the wrong marker goes.
            kept.append(_drop(sentence, here, bad))
            dropped += len(wrong)
            after_gap = False
        elif wrong:
            gone.append((_shown(sentence), bad[wrong[0]]))
            after_gap = True
        elif after_gap and not here and _LEANS.match(sentence):
            gone.append((_shown(sentence), "it leaned on a sentence that was taken out"))
        else:
            kept.append(_standing(sentence) if after_gap else sentence)
            after_gap = False
    return " ".join(kept), gone, dropped


def _sentences(text: str) -> list[str]:
    """The sentences of `text`; markers behind a full stop belong to the sentence before."""
    found: list[str] = []
    for start, end in sentences(text):
        sentence = text[start:end]
        leading = _TRAILING.match(sentence)
        if found and leading:
            found[-1] += f" {leading[0].strip()}"
            sentence = sentence[leading.end() :].lstrip()
        if sentence:
            found.append(sentence)
    return found


def _standing(sentence: str) -> str:
    """The sentence without a connective to what is no longer before it."""
    rest = _CONNECTS.sub("", sentence, count=1) if _CONNECTS.match(sentence) else sentence
    return sentence_case(rest)


def _drop(text: str, numbers: Sequence[int], bad: Mapping[int, str]) -> str:
    """`text` without its bad markers; the authors in a narrative one become "the source"."""
    turn = iter(numbers)

    def replace(match: re.Match[str]) -> str:
        if next(turn) not in bad:
            return match[0]
        return "the source" if match["kind"] == "n" else ""

    return re.sub(r"\s+([.,;:!?])", r"\1", MARKER.sub(replace, text)).rstrip()


def _shown(text: str) -> str:
    return " ".join(re.sub(r"\s+([.,;:!?])", r"\1", unattributed(text)).split())[:500]
