"""Claim against passage: what can be said of each citation before a document is delivered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from autonomy.core.types import (
    Author,
    CitationCheck,
    CitationVerdict,
    Finding,
    FindingKind,
    FindingWeight,
    Passage,
    Source,
)
from autonomy.core.words import overlap, stems
from autonomy.library.quotations import quotations
from autonomy.tools.facts.compare import Facts, findings

BAD = frozenset(
    {CitationVerdict.NOT_FOUND, CitationVerdict.UNSUPPORTED, CitationVerdict.CONTRADICTED}
)
"""Verdicts with which no claim is handed over as if it were sound."""

FACTS = frozenset({FindingKind.QUOTATION, FindingKind.NUMBER, FindingKind.UNIT, FindingKind.DATE})
"""What no opinion changes. A name is none of them: it may go by another."""

CLOSE_RATIO = 70.0
"""rapidfuzz token-set ratio, 0 to 100, from which a claim counts as closely matching."""
CLOSE_OVERLAP = 0.5
"""Share of the claim's content words that the passage must have besides."""

MENTION_WORDS = 3
"""Fewer content words than this make no claim: a row of the table of sources, "see also"."""

FRAME_WORDS = 10
"""Up to this many content words around a quotation only introduce it (who says so, and where)."""

_YEARS_APART = re.compile(r"[\w-]+(?: [\w-]+)? years? (?:earlier|later), ", re.IGNORECASE)
"""How far two works are apart ("Seven years earlier, …")."""
_WHOSE = r"(?:the [\w-]+ of )?"

_NO_QUOTES = str.maketrans("", "", '“”„"')
_SAME = str.maketrans("’‘–—", "''--", "\u00ad")
SCARE_CHARS = 12
"""What is shorter between quotation marks names something, and is no quotation."""


def normal(text: str) -> str:
    """Text as it is compared: NFKC, one kind of quote, dash and space, lower case."""
    text = unicodedata.normalize("NFKC", text)
    text = text.translate(_SAME)
    return " ".join(text.split()).lower()


def quoted_spans(claim: str, least: int = SCARE_CHARS) -> list[str]:
    """What the claim puts between quotation marks, without a final stop, of at least `least`
    characters."""
    return [claim[start:end].strip().rstrip(".,;") for start, end in _quotations(claim, least)]


def _quotations(text: str, least: int = SCARE_CHARS) -> list[tuple[int, int]]:
    """Spans without their marks. A straight single mark may be an apostrophe and opens none."""
    return [
        (start, end)
        for start, end in quotations(text)
        if end - start >= least and text[start - 1 : start] != "'"
    ]


def _unquoted(text: str, by: str) -> str:
    """The text with `by` for each quotation and its marks."""
    parts, at = [], 0
    for start, end in _quotations(text):
        parts.append(text[at : max(at, start - 1)])
        at = end + 1
    return by.join([*parts, text[at:]])


class Checked(NamedTuple):
    """What rules can say of one claim."""

    verdict: CitationVerdict
    reason: str
    findings: tuple[Finding, ...] = ()


def known_of(source: Source | None, passage: Passage) -> str:
    """What a claim may say without the passage saying it: who wrote the source, when and under
    which title, and the heading the passage stands under."""
    if source is None:
        return passage.heading
    csl = source.csl
    people = [
        " ".join(str(person.get(part, "")) for part in ("given", "family", "literal"))
        for role in ("author", "editor")
        for person in csl.get(role) or []
        if isinstance(person, dict)
    ]
    issued = csl.get("issued")
    dates = issued.get("date-parts") or [[]] if isinstance(issued, dict) else [[]]
    year = str(dates[0][0]) if dates[0] else ""
    titles = [str(csl.get(name) or "") for name in ("title", "container-title", "publisher")]
    return ". ".join(part for part in [*titles, *people, year, passage.heading] if part)


def check_claim(
    claim: str,
    passage: Passage,
    source: Source | None = None,
    neighbours: Sequence[Passage] = (),
) -> Checked:
    """The rule verdict: quoted verbatim, closely matching, or not found in the passage.

    Likeness of words says nothing of meaning, so this never says `supported`. `neighbours` are the
    passages before and after: what stands there is said to stand beside, and is no error.
    """
    if len(stems(claim)) < MENTION_WORDS:
        return Checked(CitationVerdict.CLOSE, "names the source without a claim about its content")
    spans = [span for span in quoted_spans(claim) if not _is_title(span, source)]
    found = _facts(claim, passage, source, neighbours, framed=bool(spans))
    if invented := _invented(spans, passage):
        found = [_not_quoted(span) for span in invented] + found
    missing = [f for f in found if f.weight is FindingWeight.MISSING]
    if missing:
        return Checked(CitationVerdict.NOT_FOUND, missing[0].message, tuple(found))
    if spans:
        reason = "every quoted span stands on the cited page"
        return Checked(CitationVerdict.QUOTED, reason, tuple(found))
    ratio = fuzz.token_set_ratio(normal(claim), normal(passage.text))
    shared = overlap(stems(claim), stems(passage.text))
    close = ratio >= CLOSE_RATIO and shared >= CLOSE_OVERLAP
    return Checked(
        CitationVerdict.CLOSE if close else CitationVerdict.NOT_FOUND,
        f"{'' if close else 'only '}{shared:.0%} of the claim's content words stand in the passage",
        tuple(found),
    )


def _is_title(span: str, source: Source | None) -> bool:
    """Whether the span only names the work: one without an author is called by its title."""
    return source is not None and normal(span) == normal(str(source.csl.get("title") or ""))


def _not_quoted(span: str) -> Finding:
    return Finding(
        kind=FindingKind.QUOTATION,
        text=span[:300],
        weight=FindingWeight.MISSING,
        message=f"not in the passage: “{span[:120]}”",
    )


def _facts(
    claim: str,
    passage: Passage,
    source: Source | None,
    neighbours: Sequence[Passage],
    *,
    framed: bool,
) -> list[Finding]:
    """Facts of the claim that the passage lacks. Of a claim with a quotation that is only what
    stands around it; there a name may introduce the quotation and come from elsewhere."""
    text = _without_years_apart(claim, source)
    text = _around(text) if framed else text
    known = known_of(source, passage)
    found = findings(text, Facts(passage.text, known=known))
    if framed:
        found = [_introducing(f) for f in found if f.kind in _FRAME_KINDS]
    lacking = [f for f in found if f.weight is FindingWeight.MISSING]
    if not lacking or not neighbours:
        return found
    around = Facts(" ".join(p.text for p in neighbours), known=known)
    still = {(f.kind, f.text) for f in findings(text, around) if f.weight is FindingWeight.MISSING}
    return [
        f if f not in lacking or (f.kind, f.text) in still else _beside(f, neighbours)
        for f in found
    ]


_FRAME_KINDS = frozenset({FindingKind.NUMBER, FindingKind.UNIT, FindingKind.DATE, FindingKind.NAME})


def _introducing(finding: Finding) -> Finding:
    if finding.kind is not FindingKind.NAME:
        return finding
    return finding.model_copy(update={"weight": FindingWeight.WARNING})


def _beside(finding: Finding, neighbours: Sequence[Passage]) -> Finding:
    page = next((p.page for p in neighbours if p.page is not None), None)
    where = f"beside the passage (p. {page})" if page is not None else "beside the passage"
    return finding.model_copy(
        update={
            "weight": FindingWeight.BESIDE,
            "message": f"{finding.text} stands {where}, not in it",
        }
    )


def _without_years_apart(claim: str, source: Source | None) -> str:
    """The claim without how far its source is from the one named before. That is told of two
    works, so no passage says it; it is only taken so where the source's name follows at once."""
    lead = _YEARS_APART.match(claim)
    if lead is None or source is None:
        return claim
    rest = claim[lead.end() :]
    people = source.csl.get("author") or source.csl.get("editor") or []
    first = people[0] if people and isinstance(people[0], dict) else {}
    called = str(first.get("family") or first.get("literal") or source.csl.get("title") or "")
    begins = [str(first.get("non-dropping-particle") or ""), called.translate(_NO_QUOTES)]
    name = " ".join(part for part in begins if part)
    named = bool(name) and re.match(_WHOSE + re.escape(name), rest, re.IGNORECASE)
    return rest if named else claim


def _around(claim: str) -> str:
    return _unquoted(claim, " ")


def _invented(spans: Sequence[str], passage: Passage) -> list[str]:
    """The spans that do not stand verbatim in the passage."""
    have = normal(passage.text)
    return [span for span in spans if normal(span) not in have]


def lacks_a_fact(check: CitationCheck) -> bool:
    """Whether a quotation, number, unit or date of the claim is not in its passage."""
    return any(f.weight is FindingWeight.MISSING and f.kind in FACTS for f in check.findings)


def lacks_any(check: CitationCheck) -> bool:
    """As `lacks_a_fact`, or a name."""
    return any(f.weight is FindingWeight.MISSING for f in check.findings)


def judgeable(claim: str, passage: Passage) -> bool:
    """Whether a model may say more of the claim than the rule did.

    A mention has nothing to judge, and whether a quotation is verbatim is a fact that no opinion
    changes; but a claim made around a true quotation wants judging like any other.
    """
    if len(stems(claim)) < MENTION_WORDS:
        return False
    spans = quoted_spans(claim)
    if _invented(spans, passage):
        return False
    return not spans or len(stems(_around(claim))) > FRAME_WORDS


def check_citations(
    claims: Sequence[tuple[int, str, str]],
    passages: Mapping[str, Passage],
    sources: Mapping[str, Source] | None = None,
    neighbours: Mapping[str, Sequence[Passage]] | None = None,
) -> list[CitationCheck]:
    """Rule verdicts for (marker, passage id, claim) triples, in their order. `neighbours` has, by
    passage id, the passages around it where they were fetched."""
    checks = []
    for marker, passage_id, claim in claims:
        passage = passages[passage_id]
        verdict, reason, found = check_claim(
            claim,
            passage,
            (sources or {}).get(passage.source_id),
            (neighbours or {}).get(passage_id, ()),
        )
        checks.append(
            CitationCheck(
                marker=marker,
                claim=claim,
                passage_id=passage_id,
                source_id=passage.source_id,
                page=passage.page,
                verdict=verdict,
                author=Author.RULE,
                reason=reason,
                findings=found,
            )
        )
    return checks
