"""Uploaded files, and the bibliographies among them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.api.schemas.base import Input, Text
from autonomy.core.types import (
    FileStatus,
)


class FileOut(Schema):
    id: UUID
    file_name: str
    status: FileStatus
    progress: float
    """0 to 1: passages embedded so far while the file is being read."""
    error: str = ""
    error_code: str = ""
    pages: int | None
    pages_read: int = 0
    passages_count: int
    """Passages of the pages that are read."""
    embedded_count: int = 0
    """Passages of them that can be found."""
    size_bytes: int
    media_type: str
    sha256: str
    metadata: dict[str, Any]
    """CSL-JSON: title, author, issued, DOI, …"""
    metadata_edited: bool
    created_at: datetime
    ready_at: datetime | None


class RejectedFile(Schema):
    file_name: str
    code: str
    detail: str


class BadReference(Schema):
    """An entry of a bibliography that is no reference; the others were taken all the same."""

    key: str
    line: int
    """1-based line of the file that it starts on; 0 where the format has no lines."""
    message: str


class TakenReference(Schema):
    id: UUID
    """Of the source in the library."""
    key: str
    """The entry's own name in the file."""
    title: str
    outcome: Literal["added", "updated", "known"]
    """`updated`: it took the entry's metadata. `known`: it kept its own."""
    remark: str = ""


class ImportOut(Schema):
    file_name: str
    format: Literal["bibtex", "ris", "csl-json"]
    added: int
    updated: int
    known: int
    references: list[TakenReference]
    problems: list[BadReference]


class FilesOut(Schema):
    id: UUID | None
    """The first accepted file, for clients that send one; null when all were bibliographies."""
    files: list[FileOut]
    imported: list[ImportOut] = []
    """Bibliographies (BibTeX, RIS, CSL-JSON) among the files: their references were taken into
    the library."""
    rejected: list[RejectedFile] = []
    """Files of the same request that were refused, each with its reason."""


class PersonName(Input):
    family: Text = Field(min_length=1, max_length=200)
    given: Text = Field(default="", max_length=200)


class FileMetadataIn(Input):
    """Corrections to a file's bibliographic data; what is left out stays, null removes."""

    title: Text | None = Field(default=None, max_length=1000)
    authors: list[PersonName | Text] | None = Field(default=None, max_length=500)
    """`{"family": "Lovelace", "given": "Ada"}` or “Lovelace, Ada”."""
    year: int | None = Field(default=None, ge=0, le=2200)
    doi: Text | None = Field(default=None, max_length=200)
    type: Text | None = Field(default=None, max_length=60, pattern=r"^[a-z][a-z_-]*$")
    """CSL type, e.g. article-journal, book, chapter."""
    container_title: Text | None = Field(default=None, max_length=500)
    """Journal or book."""
