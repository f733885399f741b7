"""A finished document in another citation style: a version of its own, nothing written anew."""

from __future__ import annotations

from django.contrib.auth.models import User

from autonomy.core.types import Author
from autonomy.core.versions import Made, VersionCause
from autonomy.models import Artifact, ArtifactKind
from autonomy.services.documents import export_document
from autonomy.services.errors import Invalid
from autonomy.services.styles import check_style
from autonomy.services.versions import add_version


def restyle(artifact: Artifact, style: str, *, by: User | None = None) -> Artifact:
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
    return add_version(
        artifact,
        {**artifact.body, "style": style},
        Made(
            cause=VersionCause.RESTYLED,
            why=f"Cited in the style “{style}”; the text is the same.",
            author=Author.HUMAN,
        ),
        said=lambda number: f"The document is now cited in another style (version {number}).",
        busy="The run is not finished, and would go on in the style it was asked for. Tell it "
        "which style you want, or wait until it is done; a download can be in any style.",
        meta={"style": style, "restyled_from": str(artifact.pk)},
        by=by,
    )
