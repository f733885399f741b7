"""A rewritten draft: its changes, what its person decides of them, and what is kept."""

from __future__ import annotations

from collections import Counter
from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import once
from autonomy.api.ownership import owned
from autonomy.api.schemas.artifacts import ArtifactOut
from autonomy.api.schemas.rewriting import (
    ChangeOut,
    DecisionCounts,
    DecisionsIn,
    DecisionsOut,
    DraftBlockOut,
    RewritingOut,
)
from autonomy.api.shapes import artifacts as shapes
from autonomy.core.rewriting import Decision
from autonomy.core.types import Author
from autonomy.library.drafts.draft import DraftBlock
from autonomy.library.sniff import DOCX
from autonomy.models import Artifact, RewriteChange, Run

router = Router(tags=["deliverables"])

MOST_BLOCKS = 400


@router.get("/{uuid:run_id}/rewriting/{uuid:artifact_id}", response=RewritingOut)
def get_rewriting(
    request: ApiRequest,
    run_id: UUID,
    artifact_id: UUID,
    first: Annotated[int, Query(ge=0, alias="from")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_BLOCKS)] = 200,
) -> RewritingOut:
    """A version of a draft, block by block, with the changes that are proposed of each and what was
    decided. 404 for a document that is no draft of yours."""
    artifact = _artifact(request, run_id, artifact_id)
    found = services.rewritten(artifact)
    blocks = found.draft.blocks[first : first + limit]
    rows = RewriteChange.objects.filter(artifact=artifact, block__in=[b.id for b in blocks])
    by_block: dict[str, list[RewriteChange]] = {}
    for row in rows.order_by("number"):
        by_block.setdefault(row.block, []).append(row)
    after = first + len(blocks)
    told = found.told if first == 0 else {}
    return RewritingOut(
        artifact_id=artifact.pk,
        version=artifact.version,
        title=found.draft.title,
        file_name=found.ref.file_name,
        word=found.ref.media_type == DOCX,
        notice=found.document.notice,
        outcome=str(found.told.get("outcome", "")),
        simulated=found.document.simulated,
        author=found.document.sections[0].author if found.document.sections else Author.RULE,
        wishes=list(found.told.get("wishes", [])),
        counts=_counts(artifact),
        blocks=[_block(block, by_block.get(block.id, [])) for block in blocks],
        next_block=after if after < len(found.draft.blocks) else None,
        total_blocks=len(found.draft.blocks),
        left=list(told.get("left", [])),
        remarks=list(told.get("remarks", [])),
        reading=list(told.get("reading", [])),
    )


@router.get("/{uuid:run_id}/rewriting/{uuid:artifact_id}/decisions", response=DecisionsOut)
def get_decisions(request: ApiRequest, run_id: UUID, artifact_id: UUID) -> DecisionsOut:
    """What is decided so far, for a view that was left for a while."""
    return _decisions(_artifact(request, run_id, artifact_id), [])


@router.patch("/{uuid:run_id}/rewriting/{uuid:artifact_id}/decisions", response=DecisionsOut)
def decide(request: ApiRequest, run_id: UUID, artifact_id: UUID, body: DecisionsIn) -> DecisionsOut:
    """Accept or reject changes, or take it back. The same again changes nothing; the last word
    counts, and the answer tells how all of them stand."""
    artifact = _artifact(request, run_id, artifact_id)
    changed = services.decide(artifact, body.decision, body.numbers, by=request.auth)
    return _decisions(artifact, changed)


@router.post(
    "/{uuid:run_id}/rewriting/{uuid:artifact_id}/keep",
    response={201: ArtifactOut},
    openapi_extra=IDEMPOTENT,
)
def keep(request: ApiRequest, run_id: UUID, artifact_id: UUID) -> HttpResponse:
    """The draft with what was accepted, as the newest version. 409 while the run is at work, 422
    where nothing is accepted."""
    artifact = _artifact(request, run_id, artifact_id)
    return once(
        request, lambda: (201, shapes.artifact(services.keep_decided(artifact, by=request.auth)))
    )


def _artifact(request: ApiRequest, run_id: UUID, artifact_id: UUID) -> Artifact:
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = Artifact.objects.documents().filter(run=run).select_related("run")
    return owned(rows, request.auth, artifact_id, owner="run__owner")


def _counts(artifact: Artifact) -> DecisionCounts:
    return DecisionCounts(**{d.value: n for d, n in services.counts_of(artifact).items()})


def _decisions(artifact: Artifact, changed: list[int]) -> DecisionsOut:
    # Read once, so that the numbers and their sums are of the same moment.
    rows = RewriteChange.objects.filter(artifact=artifact).values_list("number", "decision")
    said = {number: Decision(decision) for number, decision in rows}
    of = Counter(said.values())
    return DecisionsOut(
        counts=DecisionCounts(**{decision.value: of[decision] for decision in Decision}),
        changed=changed,
        decided={n: decision for n, decision in said.items() if decision != Decision.UNDECIDED},
    )


def _block(block: DraftBlock, changes: list[RewriteChange]) -> DraftBlockOut:
    return DraftBlockOut(
        id=block.id,
        kind=block.kind,
        level=block.level,
        numbered=block.numbered,
        text=block.text,
        right_to_left=block.right_to_left,
        table=block.table,
        row=block.row,
        column=block.column,
        held=list(block.held),
        marks=list(block.marks),
        changes=[_change(row) for row in changes],
    )


def _change(row: RewriteChange) -> ChangeOut:
    return ChangeOut(
        number=row.number,
        start=row.start,
        end=row.end,
        before=row.before,
        after=row.after,
        edits=[tuple(edit) for edit in row.edits],
        kind=row.kind,
        reason=row.reason,
        author=Author(row.author),
        simulated=row.simulated,
        checks=row.checks,
        decision=Decision(row.decision),
        decided_at=row.decided_at,
    )
