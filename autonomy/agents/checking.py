"""Everything that is checked of a document before it is handed over."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.agents.judge import judge_claims
from autonomy.agents.verification import check_citations, lacks_any
from autonomy.core.ports import Deps
from autonomy.core.types import CitationCheck, Passage
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
    checks = await _by_rule(claims, document, passages, deps)
    return await judge_claims(checks, passages, deps, task)


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
