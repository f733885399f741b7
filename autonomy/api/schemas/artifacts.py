"""What a run delivers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema


class ArtifactOut(Schema):
    id: UUID
    kind: Literal["document", "report", "figure", "data", "section"]
    version: int
    title: str
    created_at: datetime
    sha256: str
    downloads: dict[str, str]
    """Format to address; empty for kinds that are not documents."""


class DraftVersion(Schema):
    """That a document is a version of somebody's own draft."""

    word: bool
    """The draft is a Word document, whose layout is kept."""
    proposed: bool
    """It proposes changes: see `…/rewriting/{artifact_id}`."""
    changed: bool = False
    """It differs from the draft as it was brought, or proposes to."""
    looked_through: bool = False
    """A run ended with it: `…/rewriting/{artifact_id}` says what was found, be it nothing to change."""


class Computation(Schema):
    """How tables and figures of a document were computed from one data file."""

    artifact_id: UUID
    """Of the analysis: its program is to be had with `format=py`, its data with `format=csv`."""
    run_id: UUID
    file_name: str
    sheet: str = ""
    rows: int
    columns: int
    remarks: list[str] = []
    """What is to be known of how the file was read, as sentences."""
    author: str
    """rule or model: who wrote the program."""
    simulated: bool = False
    program: str
    """What is particular to this analysis."""
    source_sha256: str
    data_sha256: str
    program_sha256: str
    versions: dict[str, str]
    tier: str
    """How the code was held."""
    seconds: float
    """Run time of the program."""


class ArtifactDetail(ArtifactOut):
    html: str | None = None
    """The document as an HTML fragment; citations are links with `data-passages`."""
    words: int | None = None
    style: str | None = None
    """The citation style that `html` is in."""
    draft: DraftVersion | None = None
    computed: list[Computation] = []
    """How its tables and figures were computed."""
    body: dict[str, Any] | None = None
    """The content of anything that is not a document."""
