"""The last look at a draft that is about to be handed over: what is not borne out is taken out of
it, and what stays in doubt is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autonomy.agents.cutting import Removal, cut
from autonomy.agents.retractions import retracted_ids, undeclared
from autonomy.agents.verification import BAD, check_citations, lacks_any
from autonomy.core.phrases import counted
from autonomy.core.ports import Deps
from autonomy.core.types import (
    Author,
    CitationCheck,
    CitationVerdict,
    EventDraft,
    ReferenceCheck,
    ReferenceVerdict,
)
from autonomy.core.versions import WHY_CHARS, Made, VersionCause
from autonomy.export.claims import citations_in_order
from autonomy.export.document import Document

DOUBTFUL = BAD | {CitationVerdict.PARTLY}
NAMED = 3
"""Removals that the run's log spells out."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft with everything that was found of it."""

    document_id: str
    document: Document
    checks: list[CitationCheck]
    references: list[ReferenceCheck]
    removals: tuple[Removal, ...] = ()
    events: list[EventDraft] = field(default_factory=list)


def to_cut(judged: Judged) -> Mapping[int, str]:
    """Markers whose claims may not be handed over, with the reason. That words differ is no
    reason by itself: such a claim is flagged, because nobody has judged it."""
    retracted = retracted_ids(judged.document.sources, judged.references)
    bad = {
        c.marker: c.reason
        for c in judged.checks
        if c.verdict in BAD and (c.author is not Author.RULE or lacks_any(c))
    }
    return {**bad, **undeclared(judged.checks, retracted)}


async def cleaned(judged: Judged, deps: Deps) -> Judged | None:
    """A new version of the draft without what must not be handed over, stored with its checks;
    None when there is nothing to take out."""
    bad = to_cut(judged)
    if not bad:
        return None
    made = cut(judged.document, bad)
    if made.document == judged.document:
        return None
    document_id = await deps.artifacts.save(
        "document",
        made.document.title,
        made.document.model_dump(mode="json"),
        Made(
            cause=VersionCause.CLEANED,
            why=_cut_note(made.removals, made.rebound).content[:WHY_CHARS],
            made_from=judged.document_id,
            words=made.document.words(),
        ),
    )
    checks = _carried(made.document, judged.checks)
    await deps.artifacts.bind_citations(document_id, checks)
    return Judged(
        document_id=document_id,
        document=made.document,
        checks=checks,
        references=[r for r in judged.references if _cites(made.document, r.source_id)],
        removals=made.removals,
        events=[_cut_note(made.removals, made.rebound), _created(document_id, made.document)],
    )


def _carried(document: Document, before: Sequence[CitationCheck]) -> list[CitationCheck]:
    """The checks of what is left, under its new numbers; nothing is judged anew."""
    known = {(c.passage_id, c.claim): c for c in before}
    passages = {p.id: p for p in document.passages}
    checks: list[CitationCheck] = []
    for marker, passage_id, claim in citations_in_order(document):
        check = known.get((passage_id, claim))
        if check is None:
            # Its clause reads otherwise now that another one is gone.
            sources = {s.id: s for s in document.sources}
            (check,) = check_citations([(marker, passage_id, claim)], passages, sources)
        checks.append(check.model_copy(update={"marker": marker}))
    return checks


def _cites(document: Document, source_id: str) -> bool:
    return any(s.id == source_id for s in document.sources)


def _cut_note(removals: Sequence[Removal], rebound: int) -> EventDraft:
    said = [f"“{r.text[:160]}” ({r.reason[:160]})" for r in removals[:NAMED]]
    more = f", and {len(removals) - NAMED} more" if len(removals) > NAMED else ""
    content = (
        f"{counted(len(removals), 'sentence')} taken out before delivery: {'; '.join(said)}{more}."
        if removals
        else f"{counted(rebound, 'citation')} that did not bear out its sentence was dropped."
    )
    meta = {"removals": [r._asdict() for r in removals[:50]], "rebound": rebound}
    return EventDraft(type="note", source="critic", content=content, meta=meta)


def _created(document_id: str, document: Document) -> EventDraft:
    return EventDraft(
        type="artifact.created",
        source="critic",
        content="Document without what its sources do not bear out.",
        meta={"artifact_id": document_id, "kind": "document", "title": document.title},
    )


# ---------------------------------------------------------------------------------- report


def doubtful(reference: ReferenceCheck) -> bool:
    return reference.retracted or reference.verdict in (
        ReferenceVerdict.MISMATCH,
        ReferenceVerdict.NOT_FOUND,
        ReferenceVerdict.UNREACHABLE,
    )


async def report(judged: Judged, removals: Sequence[Removal], deps: Deps) -> str | None:
    """Store what stays in doubt and what was taken out, as an artifact of kind `report`; its id,
    or None when there is nothing to tell."""
    claims = [c for c in judged.checks if c.verdict in DOUBTFUL]
    references = [r for r in judged.references if doubtful(r) or r.notices]
    if not (claims or references or removals):
        return None
    body = {
        "document_id": judged.document_id,
        "claims": [c.model_dump(mode="json") for c in claims],
        "references": [
            r.model_dump(mode="json", exclude={"offered", "fingerprint"}) for r in references
        ],
        "removed": [r._asdict() for r in removals],
    }
    return await deps.artifacts.save("report", "Citation checks", body)
