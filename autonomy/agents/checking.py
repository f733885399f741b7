"""Everything that is checked of a document before it is handed over."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.agents.judge import judge_claims
from autonomy.agents.verification import check_citations, lacks_any
from autonomy.core.markers import MARKER
from autonomy.core.ports import Deps
from autonomy.core.types import CitationCheck, CitationVerdict, Passage
from autonomy.export.claims import citations_in_order
from autonomy.export.document import Document


async def check_claims(document: Document, deps: Deps, task: str) -> list[CitationCheck]:
    """Each citation of the document with its verdict: by rule, and by a model where there is one
    and the rule could only compare words."""
    passages = {p.id: p for p in document.passages}
    claims = [
        (c.marker, c.passage_id, c.claim)
        for c in citations_in_order(document)
        if c.passage_id in passages
    ]
    data = computed_markers(document)
    why = dict.fromkeys(data, "Computed from this file as a whole; how is kept with the document.")
    if not deps.guards.claims:
        why = {marker: "Not held against the passage." for marker, _, _ in claims}
    left = [
        CitationCheck(
            marker=marker,
            claim=claim,
            passage_id=passage_id,
            source_id=passages[passage_id].source_id,
            page=passages[passage_id].page,
            verdict=CitationVerdict.CLOSE,
            reason=why[marker],
        )
        for marker, passage_id, claim in claims
        if marker in why
    ]
    told = [claim for claim in claims if claim[0] not in why]
    checks = await _by_rule(told, document, passages, deps)
    judged = await judge_claims(checks, passages, deps, task)
    return sorted([*judged, *left], key=lambda check: check.marker)


def computed_markers(document: Document) -> frozenset[int]:
    """The markers of computed sections: they name the file that was computed with, whose rows no
    sentence repeats."""
    found: set[int] = set()
    number = 0
    for section in document.sections:
        count = len(MARKER.findall(section.markdown))
        if section.computed:
            found.update(range(number + 1, number + count + 1))
        number += count
    return frozenset(found)


async def _by_rule(
    claims: Sequence[tuple[int, str, str]],
    document: Document,
    passages: dict[str, Passage],
    deps: Deps,
) -> list[CitationCheck]:
    """Rule verdicts; only for claims that lack something are the passages around looked at."""
    sources = {s.id: s for s in document.sources}
    checks = check_citations(claims, passages, sources)
    lacking = dict.fromkeys(c.passage_id for c in checks if lacks_any(c))
    if not lacking:
        return checks
    around = {pid: await deps.library.neighbours(pid) for pid in lacking}
    open_claims = [(c.marker, c.passage_id, c.claim) for c in checks if lacks_any(c)]
    again = {c.marker: c for c in check_citations(open_claims, passages, sources, around)}
    return [again.get(c.marker, c) for c in checks]
