"""Citable works, their passages, and what registries say of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from autonomy.core.types.states import FileStatus
from autonomy.core.value import Value
from autonomy.core.works import ProviderAnswer, Retraction


class SourceOrigin(StrEnum):
    """How a source came into the library."""

    UPLOAD = "upload"
    IMPORT = "import"
    """A reference of a BibTeX, RIS or CSL-JSON file; has metadata, and text if a file is added."""
    SCHOLARLY = "scholarly"
    WEB = "web"


class Reading(StrEnum):
    """How much of a source can be searched."""

    FULL_TEXT = "full_text"
    ABSTRACT = "abstract"
    NOTHING = "nothing"
    """Metadata only: it can be listed, and never cited for a claim."""


class ReferenceVerdict(StrEnum):
    """What registries say of a source's metadata; empty in storage while nobody has asked."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    """Registries know the work and describe it otherwise."""
    NOT_FOUND = "not_found"
    """Registries answered, and none knows such a work."""
    UNREACHABLE = "unreachable"
    """Nobody could be asked."""


class Source(Value):
    """A citable work. `csl` is CSL-JSON (https://docs.citationstyles.org) without `id`."""

    id: str
    csl: dict[str, Any]
    file_name: str = ""
    passages: int = 0
    origin: SourceOrigin = SourceOrigin.UPLOAD
    reading: Reading = Reading.FULL_TEXT
    verification: ReferenceVerdict | None = None
    """None while nobody has asked."""
    retracted: bool = False


class FileState(Value):
    """How far the ingestion of one uploaded file has come."""

    source_id: str
    file_name: str
    status: FileStatus
    error: str = ""


class Passage(Value):
    """A stretch of a source's text that a claim can be bound to."""

    id: str
    source_id: str
    text: str
    page: int | None = None
    """1-based physical page; None for formats without pages."""
    char_start: int = 0
    """Offset of `text` in the text of that page (or of the whole document without pages)."""
    char_end: int = 0
    heading: str = ""
    """Heading path joined by ' › '."""
    ordinal: int = 0
    """Position of the passage within its source, from 0."""
    score: float = 0.0
    """Fused rank score of the query that found it; 0 outside a search."""
    highlights: tuple[tuple[int, int], ...] = ()
    """Where in `text` words of that query stand, as (start, end); empty outside a search."""


class FieldDifference(Value):
    """A field that a source and the registries describe differently."""

    field: str
    """Its CSL name: title, author, issued, DOI, container-title."""
    ours: str
    theirs: str


class ReferenceCheck(Value):
    """What registries say of one source."""

    source_id: str = ""
    verdict: ReferenceVerdict | None = None
    """None: it was not asked about, and `reason` says why."""
    reason: str = ""
    """A sentence for people."""
    differences: tuple[FieldDifference, ...] = ()
    offered: dict[str, Any] = Field(default_factory=dict)
    """The registries' own CSL-JSON, where they know the work."""
    remarks: tuple[str, ...] = ()
    """What is no difference and worth knowing, as sentences."""
    notices: tuple[Retraction, ...] = ()
    retracted: bool = False
    answers: tuple[ProviderAnswer, ...] = ()
    url: str = ""
    """Where the registry describes it."""
    fingerprint: str = ""
    """Of the metadata that was compared."""
    checked_at: str = ""
    """ISO 8601, UTC."""
