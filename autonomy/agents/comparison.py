"""Tables that set sources side by side: what each set out to do, did and found, and its figures.

Every cell is a sentence of the source between quotation marks with its page, so that a reader can
compare; the table itself compares nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autonomy.agents.literal import in_cell
from autonomy.agents.outline import short_author
from autonomy.agents.phrasing import cited
from autonomy.agents.quotable import CONTRIBUTION, Quote, leaning, points_elsewhere
from autonomy.core.csl import year_of
from autonomy.core.types import Source
from autonomy.core.words import STOP_WORDS, likeness, under_cue

MOST_SIDE_BY_SIDE = 6
"""Sources that fit a table of quotations; more are listed by title only."""
CELL_WORDS = 30
LEAST_FIGURES = 3
"""Fewer statements with figures make no table."""
MOST_FIGURES = 6
FIGURE_WORDS = 32

_DID = re.compile(
    r"\b(?:we|was|were)\s+(?:\w+ly\s+)?(?:use|used|apply|applied|train|trained|collect|collected|measured?|sampled?|"
    r"surveyed|compared?|counted|photographed|logged|interviewed|analy[sz]ed?|recorded|construct(?:ed)?|buil[dt]|"
    r"fitted|asked|selected|recruited|tested|estimated?|modelled|employ(?:ed)?|conduct(?:ed)?|random(?:is|iz)ed)\b",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"\b(?:achiev|outperform|increas|decreas|reduc|improv|fell|rose|declin|grew|doubl|halv|lost|gain)\w*"
    r"|\b(?:find|found|show|shows|showed|observe[sd]?|conclude[sd]?)\b|%|\bper ?cent\b",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"\blimit|\bfuture (?:work|research|studies)\b|\bcannot\b|\bremains? (?:open|unclear|difficult)\b"
    r"|\bbeyond the scope\b|\bcaution\b|\bfurther (?:work|research|studies)\b|\bnot (?:chosen|able|possible|addressed?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Aspect:
    """A row of the comparison: what its sentences look like and where sources say such things."""

    name: str
    sign: re.Pattern[str]
    cues: tuple[str, ...]


ASPECTS = (
    Aspect(
        "What it sets out to do", CONTRIBUTION, ("abstract", "introduction", "aim", "objective")
    ),
    Aspect(
        "What was done", _DID, ("method", "methods", "methodology", "materials", "data", "design")
    ),
    Aspect("What was found", _FOUND, ("results", "result", "findings", "abstract", "conclusion")),
    Aspect(
        "What it leaves open", _LIMITS, ("limitation", "limitations", "discussion", "conclusion")
    ),
)


def side_by_side(
    pools: Mapping[str, Sequence[Quote]], sources: Mapping[str, Source], words: int
) -> tuple[str, list[Quote]]:
    """A table of quotations, one column (with up to three sources) or row per source, and the
    quotations in it; empty when there is too little to compare or too little room.

    Args:
        pools: source id to its candidate quotations, best first.
        words: most that the cells may have together.
    """
    if not 2 <= len(pools) <= MOST_SIDE_BY_SIDE:
        return "", []
    cells: dict[str, dict[str, Quote]] = {}
    left = words
    for aspect in ASPECTS:
        found: dict[str, Quote] = {}
        for source_id, pool in pools.items():
            said = [found[source_id] for found in cells.values() if source_id in found]
            if (quote := _best(pool, aspect, said)) is not None:
                found[source_id] = quote
        cost = sum(quote.words for quote in found.values())
        # A row that only one source can fill compares nothing.
        if len(found) >= 2 and cost <= left:
            cells[aspect.name] = found
            left -= cost
    if len(cells) < 2:
        return "", []
    # A source that fills no cell says nothing here: a row of dashes helps nobody.
    pools = {key: pool for key, pool in pools.items() if any(key in own for own in cells.values())}
    names = {key: in_cell(named(sources[key])) for key in pools}
    used = [quote for found in cells.values() for quote in found.values()]
    if len(pools) <= 3:
        lines = [row(["", *names.values()]), rule(len(pools) + 1)]
        lines += [row([name, *_filled(found, pools)]) for name, found in cells.items()]
    else:
        lines = [row(["Source", *cells]), rule(len(cells) + 1)]
        for key, name in names.items():
            lines.append(row([name, *(_quoted(found.get(key)) for found in cells.values())]))
    return "\n".join(lines), used


def _filled(found: Mapping[str, Quote], pools: Mapping[str, Sequence[Quote]]) -> list[str]:
    return [_quoted(found.get(key)) for key in pools]


def _best(pool: Sequence[Quote], aspect: Aspect, said: Sequence[Quote]) -> Quote | None:
    """The sentence that shows the aspect best and stands well alone."""
    fitting = [
        quote
        for quote in pool
        if quote.words <= CELL_WORDS
        and aspect.sign.search(quote.text)
        and not leaning(quote.text)
        and not points_elsewhere(quote.text)
        and all(likeness(quote.stems, other.stems) < 0.4 for other in said)
    ]
    # Under a heading where such things are said, then as the pool ranks them.
    fitting.sort(key=lambda quote: not under_cue(quote.passage.heading, aspect.cues))
    return fitting[0] if fitting else None


# ------------------------------------------------------------------------------------ figures


_FIGURE = re.compile(
    r"(?<![\w.\[(–-])(?:[$€£]\s?)?\d+(?:[.,]\d+)*(?:\s?(?:%|per ?cent\b|percentage points?\b|times\b|fold\b)|(?:-fold)\b)?(?![\w.]*[\])])"
)
_LABEL = re.compile(
    r"(?:Table|Figure|Fig\.|Section|Appendix|Chapter|Equation|p\.|pp\.|GPT|version|v)[-\s]*$", re.I
)


def figures_in(text: str) -> list[str]:
    """The measured figures of a sentence as it spells them, with the word they count: “31 per
    cent”, “28.4 BLEU”, “2.4 times”. Years, labels and reference marks are none."""
    found: list[str] = []
    for match in _FIGURE.finditer(text):
        figure = match.group().strip()
        bare = figure.replace(",", "")
        if _LABEL.search(text[: match.start()]):
            continue
        if re.fullmatch(r"(?:1[5-9]|20)\d\d", bare) or re.fullmatch(r"\d", bare):
            continue
        if not re.search(r"[^\d.,]", figure):
            unit = re.match(r"\s([A-Za-z]+(?:-[A-Za-z]+ [A-Za-z]+)?)(?![\w-])", text[match.end() :])
            if unit and unit[1].split()[0].lower() not in STOP_WORDS:
                figure = f"{figure} {unit[1]}"
        found.append(figure)
    return list(dict.fromkeys(found))


def figures_table(
    quotes: Sequence[Quote], sources: Mapping[str, Source], words: int
) -> tuple[str, list[Quote]]:
    """A table of statements with their figures set before them, and the quotations in it; empty
    when there are too few. `words` is the most that it may take."""
    rows: list[tuple[list[str], Quote]] = []
    left = words
    for quote in quotes:
        figures = figures_in(quote.text)
        cost = quote.words + 4
        if not figures or quote.words > FIGURE_WORDS or leaning(quote.text) or cost > left:
            continue
        if any(likeness(quote.stems, other.stems) > 0.45 for _, other in rows):
            continue
        rows.append((figures, quote))
        left -= cost
        if len(rows) == MOST_FIGURES:
            break
    if len(rows) < LEAST_FIGURES:
        return "", []
    order = list(dict.fromkeys(quote.passage.source_id for _, quote in rows))
    rows.sort(key=lambda item: (order.index(item[1].passage.source_id), item[1].passage.ordinal))
    lines = [row(["Figure", "Reported as", "Source"]), "|:---|:--------|:---|"]
    lines += [
        row(
            [
                in_cell("; ".join(figures[:3])),
                _quoted(quote),
                in_cell(named(sources[quote.passage.source_id])),
            ]
        )
        for figures, quote in rows
        if quote.passage.source_id in sources
    ]
    return "\n".join(lines), [quote for _, quote in rows]


# -------------------------------------------------------------------------------------- cells


def titles(sources: Sequence[Source], used: Mapping[str, int]) -> str:
    """The table of sources that were quoted, and how often."""
    lines = [row(["Source", "Title", "Quotations in the sections"]), "|:---|:-------|---:|"]
    lines += [
        row([in_cell(named(s)), in_cell(str(s.csl.get("title") or s.file_name)), str(used[s.id])])
        for s in sources
    ]
    return "\n".join(lines)


def named(source: Source) -> str:
    """Authors and year as plain text: a table's label makes no claim that needs a page."""
    return f"{short_author(source)} {year_of(source.csl) or 'n.d.'}"


def _quoted(quote: Quote | None) -> str:
    return f"“{in_cell(quote.text)}” {cited(quote)}" if quote else "–"


def row(cells: Sequence[str]) -> str:
    """A line of a pipe table."""
    return f"| {' | '.join(cells)} |"


def rule(columns: int) -> str:
    """The line under its header: the first column narrow, the others wide."""
    return "|" + "|".join([":---", *[":--------"] * (columns - 1)]) + "|"
