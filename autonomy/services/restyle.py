"""A finished document in another citation style: a version of its own, nothing written anew."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from autonomy.core.types import TERMINAL_STATUSES, EventDraft
from autonomy.models import Artifact, ArtifactKind, Citation, Run
from autonomy.models.fields import new_id
from autonomy.runtime.artifacts import digest
from autonomy.runtime.events import append
from autonomy.services.documents import export_document
from autonomy.services.errors import Conflict, Invalid
from autonomy.services.styles import check_style


def restyle(artifact: Artifact, style: str) -> Artifact:
    """The document in `style` as the run's newest version. Text, sources and the verdicts of its
    citations are carried over; whoever watches the run is shown it.

    Asked for the style that the newest version is in already, that version is the answer.

    Raises:
        Invalid: not a document, or no such style.
        Conflict: the run is still at work, and its next version would undo this one.
        ServiceError: the style cannot be used for this document; nothing was changed.
    """
    if artifact.kind != ArtifactKind.DOCUMENT:
        raise Invalid("Only documents have a citation style.", code="not_a_document")
    check_style(artifact.run.owner, style)
    # What cannot be shown must not become the newest version.
    export_document(artifact, "html-fragment", style)
    return _new_version(artifact, style)


@transaction.atomic
def _new_version(artifact: Artifact, style: str) -> Artifact:
    run = Run.objects.select_for_update(no_key=True).get(pk=artifact.run_id)
    if run.status not in TERMINAL_STATUSES:
        raise Conflict(
            "The run is not finished, and would go on in the style it was asked for. Tell it "
            "which style you want, or wait until it is done; a download can be in any style.",
            code="run_active",
        )
    versions = Artifact.objects.filter(run=run, kind=ArtifactKind.DOCUMENT)
    newest = versions.aggregate(newest=Max("version"))["newest"] or 0
    body = {**artifact.body, "style": style}
    sha256 = digest(body)
    same = versions.filter(version=newest, sha256=sha256).first()
    if same is not None:
        return same
    made = Artifact.objects.create(
        run=run,
        kind=ArtifactKind.DOCUMENT,
        version=newest + 1,
        title=artifact.title,
        sha256=sha256,
        body=body,
    )
    rows = list(Citation.objects.filter(artifact=artifact))
    for row in rows:
        row.pk = new_id()
        row.artifact = made
        row._state.adding = True
    Citation.objects.bulk_create(rows)
    append(
        run.pk,
        [
            EventDraft(
                type="artifact.created",
                source="person",
                content=f"The document is now cited in another style (version {made.version}).",
                meta={
                    "artifact_id": str(made.pk),
                    "kind": "document",
                    "title": made.title,
                    "style": style,
                    "restyled_from": str(artifact.pk),
                },
            )
        ],
    )
    return made
