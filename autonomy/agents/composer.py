"""The writer's rule path: sections composed of attributed quotations, without a language model.

It states only what it can know: which source says what, word for word, on which page; which terms
sources share; where evidence is full, thin or missing. It never paraphrases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autonomy.agents.comparison import figures_table, side_by_side, titles
from autonomy.agents.excerpts import table_excerpt
from autonomy.agents.gaps import SectionSummary, coverage, gaps, span_of_years
from autonomy.agents.outline import short_author
from autonomy.agents.phrasing import Reporter, count, number
from autonomy.agents.quotable import TELLS, Quote, candidates, contribution, leaning, select
from autonomy.agents.themes import Theme, by_source, choose
from autonomy.core.phrases import sentence_case, series
from autonomy.core.types import Passage, Source
from autonomy.core.words import overlap, stems, under_cue
from autonomy.export.document import words_of

_CONCLUDING = ("conclusion", "conclusions", "concluding", "summary")

ANSWERING_OVERLAP = 0.5
"""Share of a question's content words that one sentence must have to count as speaking to it."""
_OWN_ACCOUNT = ("abstract", "conclusion", "conclusions", "discussion", "summary")
_ACCOUNTS = 6
"""Most quotations that an account of the sources takes."""
_ASKING = stems("say tell mention state describe explain discuss think know mean answer")
"""What a question does with its subject: sources that treat the subject do not use these words."""
_ANSWER_TABLE_WORDS = 80
NEARBY_OVERLAP = 0.2
"""Share from which a sentence is worth showing at all."""
_FRAME_WORDS = 5
_QUOTATION_WORDS = 60
"""Words in which any one quotation finds room."""
_OPENING_FROM = 90
"""Words from which a section says who speaks in it."""
_TABLE_FROM = 200
"""Words from which a section may have a table of figures, of at most `_TABLE_SHARE` of them."""
_TABLE_SHARE = 0.4
_COMPARISON_FROM = 70
"""Words of an introduction from which sources are set side by side."""
_MEASURING = ("result", "findings", "evaluation", "experiment", "outcomes", "performance")


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
        return words_of(self.markdown)


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
    asked_sources: int = 0
    """How many sources the person named for the document; 0 leaves it to what was found."""
    cited: frozenset[str] = frozenset()
    """Ids of the sources that the body quotes, for the conclusion."""
    aspect: str = ""
    """What a person asked this section to be about, in their words."""
    asked_for: frozenset[str] = frozenset()
    """Ids of sources that the request itself asks for, as by naming a tool: they are told, whatever
    their words."""
    everything: Sequence[Passage] = ()
    """All that was found for the document, for what frames it."""
    onward: bool = False
    """The section stands already, with its opening and its tables: only more is said."""


def _composed(markdown: str, quotes: Sequence[Quote]) -> Composed:
    return Composed(
        markdown=markdown,
        passage_ids=tuple(dict.fromkeys(q.passage.id for q in quotes)),
        source_ids=tuple(dict.fromkeys(q.passage.source_id for q in quotes)),
        quotes=len(quotes),
        quotes_by_source=Counter(q.passage.source_id for q in quotes),
    )


def compose_section(evidence: Evidence, words: int) -> Composed:
    """A body section of about `words` words: who speaks to it and on what, a paragraph per theme,
    and a table where sources give figures. With no quotable evidence it says so and cites nothing.
    """
    pool = candidates(evidence.passages, evidence.queries, evidence.cues, evidence.signals)
    best = _written(evidence, pool, words, words)
    if not best.quotes and words < _QUOTATION_WORDS:
        # Where there is something to quote, too little room for it is no silence of the sources.
        best = _written(evidence, pool, words, _QUOTATION_WORDS)
    # Frames and tables cost words too, and how many depends on the choice: a few rounds settle it.
    budget = words
    for _ in range(4):
        if not best.quotes or abs(best.words - words) <= 0.05 * words:
            break
        budget = max(30, round(budget * words / max(best.words, 1)))
        tried = _written(evidence, pool, words, budget)
        if tried.quotes and abs(tried.words - words) < abs(best.words - words):
            best = tried
    return best


def _written(evidence: Evidence, pool: Sequence[Quote], words: int, budget: int) -> Composed:
    """The section with `budget` words for quotations and their frames."""
    table, rows = "", list[Quote]()
    if (
        not evidence.onward
        and words >= _TABLE_FROM
        and under_cue(" ".join(evidence.cues), _MEASURING)
    ):
        table, rows = figures_table(pool, evidence.sources, round(budget * _TABLE_SHARE))
    excerpt, shown = ("", list[Quote]()) if evidence.onward else _excerpt(evidence, budget)
    known = [*evidence.taken, *(quote.stems for quote in rows)]
    left = budget - sum(quote.words + 4 for quote in rows) - len(excerpt.split())
    themes = choose(
        [quote for quote in pool if quote not in rows],
        round(left * 0.85),
        taken=known,
        exclude=stems(evidence.topic),
    )
    quotes = [quote for theme in themes for quote in theme.quotes] + rows + shown
    if not quotes:
        return _composed(
            "The sources that were searched hold no passage that can be quoted on this point.", ()
        )
    reporter = Reporter(evidence.sources, evidence.turn)
    parts = [reporter.paragraph(theme.quotes, term=theme.term) for theme in themes]
    opening = "" if evidence.onward else _opening(evidence, quotes, themes)
    if opening and (words >= _OPENING_FROM or evidence.aspect):
        parts[:1] = [f"{opening} {parts[0]}"] if parts else [opening]
    if table:
        parts += ["Figures that the sources give:", table]
    parts += [excerpt] if excerpt else []
    return _composed("\n\n".join(parts), quotes)


def _excerpt(evidence: Evidence, budget: int) -> tuple[str, list[Quote]]:
    """A table of a source that speaks to the section, or those that the request asks for, and what
    it cites."""
    queries, room = stems(" ".join(evidence.queries)), round(budget * _TABLE_SHARE)
    excerpt, shown = _asked_tables(evidence, queries, room)
    if excerpt:
        return excerpt, shown
    subject = stems(evidence.aspect or evidence.topic)
    return table_excerpt(evidence.passages, subject, queries, room)


def _asked_tables(
    evidence: Evidence, wanted: frozenset[str], words: int
) -> tuple[str, list[Quote]]:
    """The tables of the sources that the request asks for, and what they are cited as."""
    parts: list[str] = []
    shown: list[Quote] = []
    for source_id in sorted(evidence.asked_for):
        own = [p for p in evidence.passages if p.source_id == source_id]
        excerpt, quotes = table_excerpt(own, None, wanted, words)
        if excerpt:
            parts.append(excerpt)
            shown += quotes
            words -= len(excerpt.split())
    return "\n\n".join(parts), shown


def _opening(evidence: Evidence, quotes: Sequence[Quote], themes: Sequence[Theme]) -> str:
    """How many of the sources speak here, and on which shared terms."""
    asked = stems(evidence.aspect)
    if asked and not any(asked & quote.stems for quote in quotes):
        return f"No passage that can be quoted names “{evidence.aspect}”; these come nearest."
    speaking = {quote.passage.source_id for quote in quotes}
    everyone = max(len(evidence.sources), evidence.asked_sources)
    if everyone < 2:
        return ""
    if len(speaking) == 1:
        only = next(iter(speaking))
        who = short_author(evidence.sources[only]) if only in evidence.sources else "one"
        said = f"Of {count(everyone, 'source')}, only {who} could be quoted on this"
    elif len(speaking) == everyone:
        said = (
            "Both sources speak to this"
            if everyone == 2
            else f"All {count(everyone, 'source')} speak to this"
        )
    else:
        said = (
            f"{sentence_case(number(len(speaking)))} of {count(everyone, 'source')} speak to this"
        )
    common = [f"*{theme.term}*" for theme in themes if theme.term and theme.sources > 1]
    if len(common) == 1 and themes[0].sources > 1:
        common = []  # the paragraph that follows begins with it
    return f"{said}, and meet on {series(common[:3])}." if common else f"{said}."


def compose_answer(evidence: Evidence, question: str, words: int) -> Composed:
    """The passages that speak to a question, or the plain word that none does."""
    wanted = stems(question) - _ASKING or stems(question)
    pool = candidates(evidence.passages, [question])
    near = [
        q
        for q in pool
        if overlap(wanted, q.stems) >= NEARBY_OVERLAP or q.passage.source_id in evidence.asked_for
    ]
    close = [q for q in near if overlap(wanted, q.stems) >= ANSWERING_OVERLAP]
    chosen = select(close, words - 20)[:5] if close else select(near, words - 20)[:2]
    excerpt, shown = _asked_tables(evidence, wanted, _ANSWER_TABLE_WORDS)
    asked = bool(excerpt)
    if not excerpt:
        excerpt, shown = table_excerpt(evidence.passages, wanted, wanted, _ANSWER_TABLE_WORDS)
    if asked and not close:
        return _composed(f"This is what was asked for.\n\n{excerpt}", shown)
    if excerpt and not close:
        opening = "A table among your sources speaks to this."
        return _composed(f"{opening}\n\n{excerpt}", shown)
    if not chosen:
        return _composed("**Your sources do not say.** No passage speaks to this question.", ())
    if close:
        who = count(len({q.passage.source_id for q in chosen}), "source")
        opening = f"Your library answers in the words of {who}."
    else:
        opening = "**Your sources do not answer this directly.** The nearest they come is this."
    parts = [opening, *_paragraphs(chosen, evidence.sources), *([excerpt] if excerpt else [])]
    return _composed("\n\n".join(parts), [*chosen, *shown])


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
    who = count(len({q.passage.source_id for q in chosen}), "source")
    opening = f"This is what {who} {'says' if who == 'one source' else 'say'}, word for word."
    return _composed("\n\n".join([opening, *_paragraphs(chosen, evidence.sources)]), chosen)


def compose_introduction(
    evidence: Evidence,
    openings: Sequence[Passage],
    headings: Sequence[str],
    used: Mapping[str, int],
    words: int,
) -> Composed:
    """What the document is about, which sources it rests on, set side by side where there is room,
    and its order.

    `used` maps source ids to how many quotations the body takes from each.
    """
    cited = [s for s in evidence.sources.values() if used.get(s.id)]
    years = span_of_years(cited)
    parts = [
        f"This document examines {evidence.topic}. It sets {count(len(cited), 'source')}"
        f"{f', {years},' if years else ''} in order and quotes {'it' if len(cited) == 1 else 'them'} word for word."
    ]
    order = (
        f"The sections take up, in this order: {series([f'“{h}”' for h in headings])}."
        if len(headings) > 1
        else ""
    )
    room = words - len(f"{parts[0]} {order}".split())
    pools = {
        source.id: candidates(
            [p for p in [*openings, *evidence.everything] if p.source_id == source.id],
            [evidence.topic],
        )
        for source in cited
    }
    table, quotes = (
        side_by_side(pools, evidence.sources, room) if room >= _COMPARISON_FROM else ("", [])
    )
    if table:
        lead = f"Side by side, {'both' if len(cited) == 2 else 'the'} sources say of themselves:"
        return _composed("\n\n".join([*parts, lead, table, order]).strip(), quotes)
    for source in cited:
        quote = contribution([p for p in openings if p.source_id == source.id], evidence.topic)
        if quote is not None and quote.words <= room:
            quotes.append(quote)
            room -= quote.words + _FRAME_WORDS
    if quotes:
        reporter = Reporter(evidence.sources)
        parts.append(" ".join(reporter.paragraph([quote]) for quote in quotes))
    parts += [order] if order else []
    if len(cited) > 1:
        parts.append(titles(cited, used))
    return _composed("\n\n".join(parts), quotes)


def compose_conclusion(
    evidence: Evidence,
    sections: Sequence[SectionSummary],
    words: int,
    available: Sequence[Source] = (),
) -> Composed:
    """What the sources themselves conclude, as far as the body left it unquoted; then where the
    evidence is full, where thin, and where missing."""
    total = sum(s.quotes for s in sections)
    cited = {k: s for k, s in evidence.sources.items() if k in evidence.cited}
    said = [f"On {evidence.topic}, the sections above set {count(total, 'quotation')} in order."]
    said += [line for line in [coverage(sections)] if line]
    said += gaps(evidence.topic, sections, evidence.everything, cited, available)
    room = words - sum(len(line.split()) for line in said)
    closing = [p for p in evidence.passages if under_cue(p.heading, _CONCLUDING)]
    pool = [q for q in candidates(closing, evidence.queries) if not leaning(q.text)]
    quotes = select(pool, room - _FRAME_WORDS * 2, taken=evidence.taken)[:3] if room > 25 else []
    parts = [" ".join(said)]
    if quotes:
        parts = [*_paragraphs(quotes, evidence.sources), *parts]
    return _composed("\n\n".join(parts), quotes)


def _paragraphs(quotes: Sequence[Quote], sources: Mapping[str, Source]) -> list[str]:
    """One paragraph per source and three quotations, sources with the most to say first."""
    reporter = Reporter(sources)
    return [reporter.paragraph(theme.quotes) for theme in by_source(quotes)]
