"""What a run delivers, as the API shows it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from autonomy import services
from autonomy.api.schemas import artifacts as schemas
from autonomy.library.sniff import DOCX
from autonomy.models import (
    Artifact,
    ArtifactKind,
)

DOWNLOAD_FORMATS = ("docx", "pdf", "md", "html", "tex", "bib", "ris", "csl-json")


def artifact(row: Artifact) -> schemas.ArtifactOut:
    return schemas.ArtifactOut(**_artifact_fields(row))


def artifact_detail(
    row: Artifact,
    *,
    html: str | None = None,
    words: int | None = None,
    style: str | None = None,
    computed: list[dict[str, Any]] | None = None,
) -> schemas.ArtifactDetail:
    return schemas.ArtifactDetail(
        **_artifact_fields(row),
        html=html,
        words=words,
        style=style,
        draft=_draft(row),
        computed=[schemas.Computation(**one) for one in computed or ()],
        body=_body(row),
    )


def _body(row: Artifact) -> dict[str, Any] | None:
    """The content of what is no document; a figure's pictures are downloads of their own."""
    if row.kind == ArtifactKind.DOCUMENT:
        return None
    if row.kind == ArtifactKind.FIGURE:
        return {name: value for name, value in row.body.items() if name not in ("png", "svg")}
    body: dict[str, Any] = row.body
    return body


def _draft(row: Artifact) -> schemas.DraftVersion | None:
    said = row.body.get("draft") if row.kind == ArtifactKind.DOCUMENT else None
    if not isinstance(said, dict):
        return None
    return schemas.DraftVersion(
        word=said.get("media_type") == DOCX,
        proposed=bool(said.get("proposed")),
        changed=bool(said.get("proposed") or said.get("edits")),
        looked_through=services.looked_through(row),
    )


def _artifact_fields(row: Artifact) -> dict[str, Any]:
    address = reverse("api:download_artifact", kwargs={"run_id": row.run_id, "artifact_id": row.id})
    formats: tuple[str, ...] = {
        str(ArtifactKind.DOCUMENT): DOWNLOAD_FORMATS,
        str(ArtifactKind.FIGURE): ("png", "svg"),
    }.get(row.kind, ())
    return {
        "id": row.id,
        "kind": row.kind,
        "version": row.version,
        "title": row.title,
        "created_at": row.created_at,
        "sha256": row.sha256,
        "downloads": {name: f"{address}?format={name}" for name in formats},
    }
