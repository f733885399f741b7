"""The versions of a run's document: why each was made, what is different, and back to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from autonomy.core.originality import FlaggedPassage
from autonomy.core.types import TERMINAL_STATUSES, Author, EventDraft
from autonomy.core.versions import Made, VersionCause
from autonomy.models import (
    Artifact,
    ArtifactKind,
    Citation,
    DocumentVersion,
    Episode,
    ModelCall,
    PassageChange,
    RewriteChange,
    Run,
)
from autonomy.models.fields import new_id
from autonomy.runtime.artifacts import digest, keep_made, unbind_deleted
from autonomy.runtime.events import append
from autonomy.runtime.flagged import flagged_in
from autonomy.services.errors import Conflict, Invalid
from autonomy.services.passage_changes import passage_changes, read_out
from handywriterz.env import env

if TYPE_CHECKING:
    from autonomy.export.comparison import Comparison


HEADLINES = {
    VersionCause.FIRST_DRAFT: "First draft",
    VersionCause.EVIDENCE: "Written again with more evidence",
    VersionCause.GATES: "Revised after checks",
    VersionCause.REPORT: "Revised after a similarity report",
    VersionCause.ASKED: "Changed as you asked",
    VersionCause.BUDGET: "Put together within the budget",
    VersionCause.CLEANED: "Claims without support taken out",
    VersionCause.AGAIN: "Put together again",
    VersionCause.RESTYLED: "Another citation style",
    VersionCause.RESTORED: "An earlier version brought back",
    VersionCause.EDITED: "Edited",
    VersionCause.UPLOADED: "Your draft",
    VersionCause.REWRITTEN: "With the proposed changes",
}


CHECKS = {
    "citations": "citations",
    "coverage": "evidence in each section",
    "grounding": "statements without a source",
    "length": "length",
    "meaning": "meaning kept",
    "originality": "words that are copied",
    "references": "list of references",
    "registries": "works in registries",
    "retractions": "retracted works",
    "similarity": "similarity report",
    "sources": "number of sources",
    "structure": "structure kept",
}
"""Gates in words for people."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version with all that is known of how it came about and how it was judged."""

    artifact: Artifact
    """Without its body."""
    about: DocumentVersion | None
    """None for one of before such things were kept."""
    newest: bool
    models: tuple[str, ...] = ()
    """Model strings that wrote for it, where a model did."""
    asked_by: dict[str, Any] | None = None
    """The verdict that led to it: `seq`, `kind`, `reason`, `gates`."""
    judged: dict[str, Any] | None = None
    """The verdict on it."""
    flagged: tuple[FlaggedPassage, ...] = ()
    """Passages of the draft before that its report, checker or engine flagged."""
    passages: tuple[tuple[PassageChange, str, str], ...] = ()
    """What was done about them in this version, each with its wording before and after."""

    @property
    def headline(self) -> str:
        """Why there is this version, in a few words for people."""
        if self.about is None:
            return "Made before reasons were kept"
        if self.about.cause == VersionCause.GATES and self.about.gates:
            names = [CHECKS.get(name, name) for name in self.about.gates]
            return f"Revised after checks: {', '.join(names)}"
        if self.about.cause == VersionCause.REPORT and self.about.cycle is not None:
            return f"Revised after the similarity report of cycle {self.about.cycle.number}"
        return HEADLINES[VersionCause(self.about.cause)]


def versions_of(run: Run) -> list[VersionRow]:
    """Every version of the run's document, newest first."""
    artifacts = list(Artifact.objects.documents().filter(run=run).defer("body").order_by("version"))
    about = {
        row.artifact_id: row
        for row in DocumentVersion.objects.filter(run=run).select_related("cycle", "person")
    }
    verdicts = _verdicts(run)
    calls = _writing_calls(run)
    rows: list[VersionRow] = []
    for index, artifact in enumerate(artifacts):
        own = about.get(artifact.pk)
        following = about.get(artifacts[index + 1].pk) if index + 1 < len(artifacts) else None
        since = artifacts[index - 1].created_at if index else run.created_at
        rows.append(
            VersionRow(
                artifact=artifact,
                about=own,
                newest=index == len(artifacts) - 1,
                models=tuple(
                    dict.fromkeys(model for model, at in calls if since < at <= artifact.created_at)
                )
                if own is not None and own.author == Author.MODEL
                else (),
                asked_by=_last_before(verdicts, own),
                judged=_first_after(verdicts, own, following),
                flagged=_flagged(own),
                passages=_passages(own),
            )
        )
    return rows[::-1]


def _flagged(about: DocumentVersion | None) -> tuple[FlaggedPassage, ...]:
    if about is None or about.cause != VersionCause.REPORT or about.cycle_id is None:
        return ()
    found = flagged_in(about.cycle_id)
    texts = read_out([one.text for one in found])
    return tuple(
        one.model_copy(update={"text": text}) for one, text in zip(found, texts, strict=True)
    )


def _passages(about: DocumentVersion | None) -> tuple[tuple[PassageChange, str, str], ...]:
    if about is None or about.cause != VersionCause.REPORT or about.cycle_id is None:
        return ()
    return tuple(passage_changes(about.run, about.cycle_id))


def _verdicts(run: Run) -> list[dict[str, Any]]:
    """Verdicts of the run that ran gates, in order."""
    events = Episode.objects.filter(run=run, type="verdict").order_by("seq")
    found = []
    for seq, meta in events.values_list("seq", "meta"):
        verdict = meta.get("verdict") or {}
        if verdict.get("gates"):
            found.append(
                {
                    "seq": seq,
                    "kind": verdict.get("kind", ""),
                    "reason": verdict.get("reason", ""),
                    "gates": [
                        {name: gate.get(name) for name in ("gate", "passed", "message")}
                        for gate in verdict["gates"]
                    ],
                }
            )
    return found


def _writing_calls(run: Run) -> list[tuple[str, Any]]:
    calls = ModelCall.objects.filter(run=run, role="writer", outcome="answered").order_by("id")
    return list(calls.values_list("model", "created_at"))


_VERDICT_CAUSES = frozenset({VersionCause.GATES, VersionCause.EVIDENCE})


def _last_before(
    verdicts: Sequence[dict[str, Any]], about: DocumentVersion | None
) -> dict[str, Any] | None:
    if about is None or about.cause not in _VERDICT_CAUSES:
        return None
    return next((v for v in reversed(verdicts) if v["seq"] <= about.as_of_seq), None)


def _first_after(
    verdicts: Sequence[dict[str, Any]],
    about: DocumentVersion | None,
    following: DocumentVersion | None,
) -> dict[str, Any] | None:
    if about is None:
        return None
    end = following.as_of_seq if following is not None else None
    return next(
        (v for v in verdicts if v["seq"] > about.as_of_seq and (end is None or v["seq"] <= end)),
        None,
    )


# ------------------------------------------------------------------------------- compare


def compare_versions(before: Artifact, after: Artifact) -> Comparison:
    """What is different in `after`, section by section and word by word.

    Raises:
        Invalid: one of them is no document.
    """
    # Imported on first use: the diff would slow the start of every process.
    from autonomy.export.comparison import compare
    from autonomy.export.document import Document

    if {before.kind, after.kind} != {ArtifactKind.DOCUMENT}:
        raise Invalid("Only versions of a document can be compared.", code="not_a_document")
    return compare(
        Document.model_validate(before.body),
        Document.model_validate(after.body),
        most_tokens=env().compare_max_words,
    )


# ------------------------------------------------------------------------------- new versions


def restore(artifact: Artifact, *, by: User | None = None) -> Artifact:
    """An earlier version as the run's newest one; nothing is removed. Asked for what the newest
    version says already, that version is the answer.

    Raises:
        Invalid: not a document.
        Conflict: the run is still at work, and its next version would undo this one.
    """
    if artifact.kind != ArtifactKind.DOCUMENT:
        raise Invalid("Only versions of a document can be restored.", code="not_a_document")
    return add_version(
        artifact,
        artifact.body,
        Made(
            cause=VersionCause.RESTORED,
            why=f"Version {artifact.version} was brought back.",
            author=Author.HUMAN,
        ),
        said=lambda number: f"Version {artifact.version} is back, as version {number}.",
        busy="The run is still at work, and its next version would undo this one. Wait until it "
        "is done, or stop it; then restore.",
        meta={"restored_from": str(artifact.pk)},
        by=by,
    )


@transaction.atomic
def add_version(
    artifact: Artifact,
    body: dict[str, Any],
    made: Made,
    *,
    said: Callable[[int], str],
    busy: str,
    meta: dict[str, Any],
    by: User | None = None,
) -> Artifact:
    """`body` as the newest version of the document, made from `artifact` by a person; the verdicts
    of its citations are carried over, and whoever watches the run is told. A body that the newest
    version has already makes none.

    Args:
        said: what the run's log says, given the new version's number.
        busy: the refusal while the run is at work.
        meta: of the event, besides what every new version's has.

    Raises:
        Conflict: the run is not finished.
    """
    run = Run.objects.select_for_update(no_key=True).get(pk=artifact.run_id)
    if run.status not in TERMINAL_STATUSES:
        raise Conflict(busy, code="run_active")
    versions = Artifact.objects.filter(run=run, kind=ArtifactKind.DOCUMENT)
    newest = versions.aggregate(newest=Max("version"))["newest"] or 0
    sha256 = digest(body)
    same = versions.filter(version=newest, sha256=sha256).first()
    if same is not None:
        return same
    row = Artifact.objects.create(
        run=run,
        kind=ArtifactKind.DOCUMENT,
        version=newest + 1,
        title=artifact.title,
        sha256=sha256,
        body=body,
    )
    if not made.words:
        before = DocumentVersion.objects.filter(artifact=artifact).first()
        made = made.model_copy(update={"words": before.words if before else words_of(body)})
    made = made.model_copy(update={"made_from": str(artifact.pk)})
    keep_made(row, made, run.last_seq, by=by.pk if by is not None else None)
    _carry_citations(artifact, row)
    if (body.get("draft") or {}).get("proposed"):
        carry_changes(artifact, row)
    event = EventDraft(
        type="artifact.created",
        source="person",
        content=said(row.version),
        meta={
            "artifact_id": str(row.pk),
            "kind": "document",
            "title": row.title,
            "cause": made.cause,
            **meta,
        },
    )
    append(run.pk, [event])
    return row


def words_of(body: dict[str, Any]) -> int:
    """Words of a stored document."""
    from autonomy.export.document import Document

    return Document.model_validate(body).words()


def carry_changes(before: Artifact, after: Artifact) -> None:
    """The changes that a version of a draft proposes, with what was decided, for a copy of it."""
    rows = list(RewriteChange.objects.filter(artifact_id=before.pk))
    for row in rows:
        row.pk = new_id()
        row.artifact, row.run_id = after, after.run_id
        row._state.adding = True
    RewriteChange.objects.bulk_create(rows)


def _carry_citations(before: Artifact, after: Artifact) -> None:
    rows = list(Citation.objects.filter(artifact=before))
    for row in rows:
        row.pk = new_id()
        row.artifact = after
        row._state.adding = True
    unbind_deleted(rows)
    Citation.objects.bulk_create(rows)
