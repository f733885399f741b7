"""The writer's rule path: sections composed of attributed quotations, without a language model.

It states only what it can know: which source says what, word for word, on which page; which terms
recur; where evidence is full, thin or missing. It never paraphrases.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from autonomy.agents.outline import short_author
from autonomy.agents.quotable import TELLS, Quote, candidates, contribution, leaning, select
from autonomy.core.types import Passage, Source
from autonomy.core.words import key_terms, overlap, stems, under_cue

_CONCLUDING = ("conclusion", "conclusions", "concluding", "summary")

ANSWERING_OVERLAP = 0.5
"""Share of a question's content words that one sentence must have to count as speaking to it."""
_OWN_ACCOUNT = ("abstract", "conclusion", "conclusions", "discussion", "summary")
_ACCOUNTS = 6
"""Most quotations that an account of the sources takes."""
NEARBY_OVERLAP = 0.2
"""Share from which a sentence is worth showing at all."""

_CUES: tuple[tuple[re.Pattern[str], tuple[str, str]], ...] = (
    (
        re.compile(r"\d+(?:\.\d+)?\s*%|\d\.\d|\boutperform|\bachiev|\bresults?\b", re.I),
        ("report", "reports"),
    ),
    (re.compile(r"\bbecause\b|\bdue to\b|\breason|\bsince\b", re.I), ("explain", "explains")),
    (re.compile(r"\bpropos|\bintroduc|\bpresent\b|\bdesign", re.I), ("propose", "proposes")),
    (re.compile(r"\blimit|\bfuture\b|\bhowever\b|\bremain|\bfail", re.I), ("note", "notes")),
    (re.compile(r"\bfind\b|\bfound\b|\bobserv|\bshow", re.I), ("observe", "observes")),
)
_OPEN = ("{n} {v}: “{q}”", "{n} further {v}: “{q}”", "{n} also {v}: “{q}”")
_TURN = (
    "{n}, for {their} part, {v}: “{q}”",
    "Turning to another source, {n} {v}: “{q}”",
    "{n} {v} on the same matter: “{q}”",
)
_ADD = (
    "The same source adds: “{q}” {p}.",
    "A further passage reads: “{q}” {p}.",
    "To this it adds: “{q}” {p}.",
    "Elsewhere in the same source stands: “{q}” {p}.",
)
_GO_ON = ("It continues: “{q}” {p}.", "It goes on to say: “{q}” {p}.")
"""Only between sentences of one passage: over pages they would claim a connection."""
_FRAME_WORDS = 5
_QUOTES_PER_PARAGRAPH = 3


@dataclass(frozen=True, slots=True)
class Composed:
    """A section's Markdown and what it rests on."""

    markdown: str
    passage_ids: tuple[str, ...]
    source_ids: tuple[str, ...]
    quotes: int
    quotes_by_source: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> int:
        return len(re.sub(r"\[\[[pn]:[^\]]*\]\]", " ", self.markdown).split())


@dataclass(frozen=True, slots=True)
class SectionSummary:
    """What introduction and conclusion may say of a section that was written."""

    heading: str
    quotes: int
    sources: int


@dataclass(slots=True)
class Evidence:
    """What one section may be composed from."""

    topic: str
    passages: Sequence[Passage]
    sources: Mapping[str, Source]
    queries: Sequence[str]
    cues: Sequence[str] = ()
    signals: Sequence[str] = ()
    taken: list[frozenset[str]] = field(default_factory=list)
    """Stems of sentences that the document quotes elsewhere."""
    turn: int = 0
    """Where this section enters the cycle of phrases, so that sections do not sound alike."""


def _plural(source: Source | None) -> bool:
    return len(source.csl.get("author", [])) > 1 if source else False


def _verb(quote: str, *, plural: bool) -> str:
    for cue, (many, one) in _CUES:
        if cue.search(quote):
            return many if plural else one
    return "state" if plural else "states"


def _narrative(quote: Quote) -> str:
    return f"[[n:{quote.passage.id}]]"


def _cited(quote: Quote) -> str:
    return f"[[p:{quote.passage.id}]]"


def _first(quote: Quote, source: Source | None, frames: Sequence[str], turn: int) -> str:
    plural = _plural(source)
    return frames[turn % len(frames)].format(
        n=_narrative(quote),
        v=_verb(quote.text, plural=plural),
        q=quote.text,
        their="their" if plural else "its",
    )


def _more(quote: Quote, turn: int, *, after: Quote) -> str:
    text = quote.text[:-1] if quote.text.endswith(".") else quote.text
    frames = _GO_ON if quote.passage.id == after.passage.id else _ADD
    return frames[turn % len(frames)].format(q=text, p=_cited(quote))


def _paragraphs(quotes: Sequence[Quote], sources: Mapping[str, Source], turn: int = 0) -> list[str]:
    """One paragraph per source and three quotations, sources with the most to say first."""
    by_source: dict[str, list[Quote]] = {}
    for quote in quotes:
        by_source.setdefault(quote.passage.source_id, []).append(quote)
    ordered = sorted(
        by_source.items(), key=lambda item: (-len(item[1]), -max(q.score for q in item[1]), item[0])
    )
    paragraphs: list[str] = []
    for place, (source_id, own) in enumerate(ordered):
        own.sort(key=lambda q: (q.passage.ordinal, q.passage.text.find(q.text[:40])))
        source = sources.get(source_id)
        for start in range(0, len(own), _QUOTES_PER_PARAGRAPH):
            group = own[start : start + _QUOTES_PER_PARAGRAPH]
            if start:
                opening = _first(group[0], source, _OPEN, start // _QUOTES_PER_PARAGRAPH)
            elif place:
                opening = _first(group[0], source, _TURN, turn + place - 1)
            else:
                opening = _first(group[0], source, _OPEN, 0)
            lines = [opening]
            for before, quote in pairwise(group):
                lines.append(_more(quote, turn, after=before))
                turn += 1
            paragraphs.append(" ".join(lines))
    return paragraphs


def _series(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _count(number: int, noun: str) -> str:
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    word = small[number] if number < len(small) else str(number)
    return f"{word} {noun}" if number == 1 else f"{word} {noun}s"


def _composed(markdown: str, quotes: Sequence[Quote]) -> Composed:
    return Composed(
        markdown=markdown,
        passage_ids=tuple(dict.fromkeys(q.passage.id for q in quotes)),
        source_ids=tuple(dict.fromkeys(q.passage.source_id for q in quotes)),
        quotes=len(quotes),
        quotes_by_source=Counter(q.passage.source_id for q in quotes),
    )


def compose_section(evidence: Evidence, lead: str, words: int) -> Composed:
    """A body section of about `words` words: its opening sentence, the terms that recur, and
    quotations grouped by source. With no quotable evidence it says so and cites nothing."""
    pool = candidates(evidence.passages, evidence.queries, evidence.cues, evidence.signals)
    terms = key_terms(
        (p.text for p in evidence.passages), limit=4, minimum=4, exclude=stems(evidence.topic)
    )
    opening = [lead] if lead else []
    if len(terms) >= 2 and words >= 120:
        opening.append(
            f"Terms that recur in these passages are {_series([f'*{t}*' for t in terms])}."
        )
    overhead = sum(len(line.split()) for line in opening)
    room = max(words - overhead, 20)
    quotes: list[Quote] = []
    # Frames cost words too, and how many depends on the choice: two or three rounds settle it.
    budget = round(room * 0.82)
    for _ in range(3):
        quotes = select(pool, budget, taken=evidence.taken)
        used = sum(q.words for q in quotes) + _FRAME_WORDS * len(quotes)
        if abs(used - room) <= 0.05 * room:
            break
        budget = (
            max(20, round(budget * room / max(used, 1))) if used > room else budget + (room - used)
        )
    if not quotes:
        missing = "The sources that were searched hold no passage that can be quoted on this point."
        return _composed(" ".join([*opening[:1], missing]), ())
    paragraphs = _paragraphs(quotes, evidence.sources, evidence.turn)
    if opening:
        paragraphs[0] = f"{' '.join(opening)} {paragraphs[0]}"
    return _composed("\n\n".join(paragraphs), quotes)


def compose_answer(evidence: Evidence, question: str, words: int) -> Composed:
    """The passages that speak to a question, or the plain word that none does."""
    wanted = stems(question)
    pool = candidates(evidence.passages, [question])
    near = [q for q in pool if overlap(wanted, q.stems) >= NEARBY_OVERLAP]
    close = [q for q in near if overlap(wanted, q.stems) >= ANSWERING_OVERLAP]
    chosen = select(close, words - 20)[:5] if close else select(near, words - 20)[:2]
    if not chosen:
        return _composed("**Your sources do not say.** No passage speaks to this question.", ())
    if close:
        count = _count(len({q.passage.source_id for q in chosen}), "source")
        opening = f"Your library answers in the words of {count}."
    else:
        opening = "**Your sources do not answer this directly.** The nearest they come is this."
    return _composed("\n\n".join([opening, *_paragraphs(chosen, evidence.sources)]), chosen)


def compose_account(
    evidence: Evidence, openings: Sequence[Passage], question: str, words: int
) -> Composed:
    """What each source says of itself, for a question about the sources as such: whatever they
    treat, sentences that propose, find or conclude, and not sentences with the question's words."""
    pool = candidates([*openings, *evidence.passages], evidence.queries, _OWN_ACCOUNT)
    telling = [q for q in pool if TELLS.search(q.text) and not leaning(q.text)]
    chosen = select(telling, words - 20)[:_ACCOUNTS]
    if not chosen:
        return compose_answer(evidence, question, words)
    count = _count(len({q.passage.source_id for q in chosen}), "source")
    opening = f"This is what {count} {'says' if count == 'one source' else 'say'}, word for word."
    return _composed("\n\n".join([opening, *_paragraphs(chosen, evidence.sources)]), chosen)


def compose_introduction(
    evidence: Evidence,
    openings: Sequence[Passage],
    headings: Sequence[str],
    used: Mapping[str, int],
    words: int,
) -> Composed:
    """What the document is about, which sources it rests on (as a table), and its order.

    `used` maps source ids to how many quotations the body takes from each.
    """
    cited = [s for s in evidence.sources.values() if used.get(s.id)]
    quotes: list[Quote] = []
    room = words - 40
    for source in cited:
        quote = contribution([p for p in openings if p.source_id == source.id], evidence.topic)
        if quote is not None and quote.words <= room:
            quotes.append(quote)
            room -= quote.words + _FRAME_WORDS
    parts = [
        f"This document examines {evidence.topic}. It quotes {_count(len(cited), 'source')} word for word."
    ]
    if quotes:
        parts.append(
            " ".join(
                _first(q, evidence.sources.get(q.passage.source_id), _OPEN[:1], 0) for q in quotes
            )
        )
    if len(headings) > 1:
        parts.append(
            f"The sections take up, in this order: {_series([f'“{h}”' for h in headings])}."
        )
    rows = [
        f"| {_cell(_named(s))} | {_cell(str(s.csl.get('title') or s.file_name))} | {used[s.id]} |"
        for s in cited
    ]
    markdown = "\n\n".join(parts)
    if len(rows) > 1:
        head = "| Source | Title | Quotations in the sections |\n|:---|:-------|---:|\n"
        markdown += "\n\n" + head + "\n".join(rows)
    return _composed(markdown, quotes)


def _named(source: Source) -> str:
    """Authors and year as plain text: a table of sources makes no claim that needs a page."""
    issued = source.csl.get("issued", {}).get("date-parts") or [[""]]
    return f"{short_author(source)} {issued[0][0]}".strip()


def _cell(text: str) -> str:
    """Title text made safe for a pipe table's cell."""
    return re.sub(r"([\\`*_\[\]<>$|~^#])", r"\\\1", " ".join(text.split()))


def compose_conclusion(
    evidence: Evidence, sections: Sequence[SectionSummary], words: int
) -> Composed:
    """Where the evidence is full, where thin, where missing; and what the sources themselves
    conclude, if the body left that unquoted."""
    filled = [s for s in sections if s.quotes]
    empty = [s for s in sections if not s.quotes]
    quotes_total = sum(s.quotes for s in filled)
    parts = [
        f"On {evidence.topic}, the sections above set {_count(quotes_total, 'quotation')} in order."
    ]
    if filled:
        fullest = max(filled, key=lambda s: (s.sources, s.quotes))
    if (
        filled
        and sum((s.sources, s.quotes) == (fullest.sources, fullest.quotes) for s in filled) == 1
    ):
        parts.append(
            f"The evidence is fullest on “{fullest.heading}”, with {_count(fullest.quotes, 'quotation')} "
            f"from {_count(fullest.sources, 'source')}."
        )
    alone = [f"“{s.heading}”" for s in filled if s.sources == 1 and len(evidence.sources) > 1]
    if alone:
        parts.append(
            f"Only one source speaks on {_series(alone)}, so what is said there stands uncorroborated."
        )
    if empty:
        parts.append(f"On {_series([f'“{s.heading}”' for s in empty])} the sources are silent.")
    room = words - sum(len(p.split()) for p in parts)
    closing = [p for p in evidence.passages if under_cue(p.heading, _CONCLUDING)]
    pool = [q for q in candidates(closing, evidence.queries) if not leaning(q.text)]
    quotes = select(pool, room - _FRAME_WORDS * 2, taken=evidence.taken)[:3] if room > 25 else []
    markdown = " ".join(parts)
    if quotes:
        markdown += "\n\n" + "\n\n".join(_paragraphs(quotes, evidence.sources))
    return _composed(markdown, quotes)
