"""What stays in doubt about a document, gathered from its citations and works as they stand now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autonomy.core.types import CitationVerdict, ReferenceVerdict
from autonomy.memory import reference_repo
from autonomy.models import Artifact, ArtifactKind, Citation, Source
from autonomy.services.originality_statement import originality_statement

if TYPE_CHECKING:
    from autonomy.export.appendix import Appendix

MOST = 200
"""Rows of one table of the appendix."""

_CLAIMS = {
    CitationVerdict.NOT_FOUND: "not found in the source",
    CitationVerdict.PARTLY: "partly supported",
    CitationVerdict.UNSUPPORTED: "not supported",
    CitationVerdict.CONTRADICTED: "contradicted",
}
_REFERENCES = {
    ReferenceVerdict.MISMATCH: "described otherwise",
    ReferenceVerdict.NOT_FOUND: "not found",
    ReferenceVerdict.UNREACHABLE: "could not be checked",
}


def appendix_of(artifact: Artifact) -> Appendix:
    """The appendix of a document's export; empty when nothing is in doubt."""
    # Imported on first use: what draws documents would slow the start of every process.
    from autonomy.export.appendix import Appendix, FlaggedClaim, TakenOut

    rows = (
        Citation.objects.filter(artifact=artifact, verdict__in=list(_CLAIMS))
        .select_related("source")
        .order_by("marker")[:MOST]
    )
    claims = tuple(
        FlaggedClaim(
            claim=row.claim,
            source=named(row.source) if row.source else "a source that was deleted since",
            page=row.page,
            verdict=verdict_in_words(row),
            reason=row.reason,
        )
        for row in rows
    )
    removed = tuple(
        TakenOut(text=str(one.get("text", "")), reason=str(one.get("reason", "")))
        for one in _removed(artifact)[:MOST]
    )
    return Appendix(
        claims=claims,
        references=tuple(_works(artifact)),
        removed=removed,
        originality=originality_statement(artifact.run),
    )


def verdict_in_words(row: Citation) -> str:
    """As people read it: a contradiction that one judgement saw is asked, not told."""
    verdict = CitationVerdict(row.verdict)
    said = _CLAIMS.get(verdict, str(verdict))
    single = verdict is CitationVerdict.CONTRADICTED and row.judgements < 2
    return f"{said}?" if single else said


def named(source: Source) -> str:
    """Authors and year, or the title."""
    from autonomy.tools.citations import short_authors
    from autonomy.tools.csl.reference import clean_reference

    item = clean_reference(source.csl, "", fallback_title=source.file_name)
    people = short_authors(item, "en") if item.get("author") else ""
    parts = (item.get("issued") or {}).get("date-parts") or [[""]]
    return f"{people} ({parts[0][0]})" if people and parts[0][0] else people or str(source)


def _works(artifact: Artifact) -> list[Any]:
    from autonomy.export.appendix import FlaggedReference

    ids = [str(one.get("id")) for one in artifact.body.get("sources", [])]
    rows = reference_repo.references(artifact.run.owner_id, ids)
    flagged = []
    for source_id in ids[:MOST]:
        row = rows.get(source_id)
        check = reference_repo.stored(row) if row is not None else None
        if row is None or check is None:
            continue
        said = [_REFERENCES[check.verdict]] if check.verdict in _REFERENCES else []
        if row.retracted:
            said.insert(0, "retracted")
        elif check.notices:
            said.append("there is a notice")
        if not said:
            continue
        values = [f"{d.field}: “{d.ours}”, registry “{d.theirs}”." for d in check.differences]
        notices = [
            r for r in check.remarks if (check.notices and "It has been" in r) or "concern" in r
        ]
        flagged.append(
            FlaggedReference(
                work=f"{named(row)}: {row.csl.get('title') or row.file_name}",
                verdict=", ".join(said),
                reason=" ".join([check.reason, *values, *notices]),
            )
        )
    return flagged


def _removed(artifact: Artifact) -> list[dict[str, Any]]:
    """What was taken out of this version, as the report of the run has it."""
    report = (
        Artifact.objects.filter(
            run_id=artifact.run_id,
            kind=ArtifactKind.REPORT,
            body__document_id=str(artifact.pk),
        )
        .order_by("-version")
        .first()
    )
    body = report.body if report is not None else {}
    removed = body.get("removed", [])
    return [one for one in removed if isinstance(one, dict)] if isinstance(removed, list) else []
