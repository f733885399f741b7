"""Computed tables and figures of a document: their pictures, programs and data."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autonomy.core.analysis import Provenance, TableUnreadable
from autonomy.models import Artifact, ArtifactKind, Source
from autonomy.runtime.datasets import read_source_table
from autonomy.services.errors import Invalid, ServiceError

if TYPE_CHECKING:
    from autonomy.export.document import Document

FIGURE_FORMATS = ("png", "svg")
ANALYSIS_FORMATS = ("py", "csv", "json")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ComputedFile:
    data: bytes
    media_type: str
    file_name: str


def with_pictures(document: Document, owner_id: int, *, addresses: bool = False) -> Document:
    """The document with the pictures of its figures, as bytes or, with `addresses`, as links to
    where a page may load them. A picture that is gone stays out."""
    wanted = [e.artifact_id for e in document.exhibits if e.kind == "figure" and e.artifact_id]
    if not wanted:
        return document
    rows = Artifact.objects.filter(pk__in=wanted, kind=ArtifactKind.FIGURE, run__owner_id=owner_id)
    found = {str(row.pk): row for row in rows}
    exhibits = []
    for exhibit in document.exhibits:
        row = found.get(exhibit.artifact_id) if exhibit.kind == "figure" else None
        if row is not None:
            url = f"/api/v2/runs/{row.run_id}/artifacts/{row.pk}/download?format=png"
            filled = {"url": url} if addresses else {"png": _picture(row, "png")}
            exhibits.append(exhibit.model_copy(update=filled))
        else:
            exhibits.append(exhibit)
    return document.model_copy(update={"exhibits": tuple(exhibits)})


def provenance_of(document: Document, owner_id: int) -> tuple[Provenance, ...]:
    """How the document's tables and figures were computed, in the order of its sections."""
    found = _analyses(document.analyses, owner_id)
    return tuple(Provenance.model_validate(row.body["provenance"]) for row in found)


def computations(document: Document, owner_id: int) -> list[dict[str, Any]]:
    """What a page says of how a document was computed, one entry for each data file."""
    from autonomy.export.exhibits import own_part

    said = []
    for row in _analyses(document.analyses, owner_id):
        one = Provenance.model_validate(row.body["provenance"])
        profile = row.body["profile"]
        said.append(
            {
                "artifact_id": str(row.pk),
                "run_id": str(row.run_id),
                "rows": profile["rows"],
                "columns": len(profile["columns"]),
                "remarks": profile["remarks"],
                **one.model_dump(mode="json", exclude={"program"}),
                "program": own_part(one.program),
            }
        )
    return said


def _analyses(ids: tuple[str, ...], owner_id: int) -> list[Artifact]:
    rows = Artifact.objects.filter(pk__in=ids, kind=ArtifactKind.DATA, run__owner_id=owner_id)
    found = {str(row.pk): row for row in rows}
    return [found[one] for one in ids if one in found]


def is_analysis(artifact: Artifact) -> bool:
    """Whether it is what a program computed from a table, with how."""
    return artifact.kind == ArtifactKind.DATA and "provenance" in artifact.body


def export_computed(artifact: Artifact, format: str) -> ComputedFile:
    """A figure as `png` or `svg`; of an analysis the program (`py`), the data that it read (`csv`)
    or the result (`json`).

    Raises:
        Invalid: it cannot be had in that format.
        ServiceError: the data are no longer what they were, or gone.
    """
    stem = re.sub(r"[^A-Za-z0-9]+", "-", artifact.title).strip("-").lower()[:60] or artifact.kind
    if artifact.kind == ArtifactKind.FIGURE and format in FIGURE_FORMATS:
        data = _picture(artifact, format)
        if not data:
            raise Invalid(f"This figure was not kept as {format.upper()}.", code="unknown_format")
        return ComputedFile(
            data, "image/png" if format == "png" else "image/svg+xml", f"{stem}.{format}"
        )
    body = artifact.body
    if is_analysis(artifact) and format in ANALYSIS_FORMATS:
        if format == "py":
            text = str(body["provenance"]["program"])
            return ComputedFile(text.encode(), "text/x-python; charset=utf-8", f"{stem}.py")
        if format == "csv":
            return ComputedFile(_data(artifact), "text/csv; charset=utf-8", "data.csv")
        text = json.dumps(body["result"], ensure_ascii=False, indent=1)
        return ComputedFile(text.encode(), "application/json", f"{stem}.json")
    raise Invalid("It cannot be downloaded in this format.", code="unknown_format")


def _picture(artifact: Artifact, format: str) -> bytes:
    said = str(artifact.body.get(format, ""))
    if format == "svg":
        return said.encode()
    try:
        return base64.b64decode(said, validate=True)
    except binascii.Error:
        return b""


def _data(artifact: Artifact) -> bytes:
    """The cleaned table, made again from the uploaded file and held against its checksum.

    Cells that a spreadsheet would take for formulas get an apostrophe: whoever opens the file looks
    at data, and runs nothing.
    """
    source = Source.objects.filter(
        pk=artifact.body.get("source_id"), owner_id=artifact.run.owner_id
    ).first()
    problem = ServiceError(
        "data_gone",
        "The data are not here any more",
        "The uploaded file was deleted or is another one now. The program and its result are still here.",
        410,
    )
    if source is None:
        raise problem
    try:
        table = read_source_table(source)
    except TableUnreadable as error:
        raise problem from error
    digest = hashlib.sha256(table.csv.encode()).hexdigest()
    if digest != artifact.body["provenance"]["data_sha256"]:
        raise problem
    return without_formulas(table.csv).encode()


def without_formulas(text: str) -> str:
    """A CSV in which no cell of words begins like a formula; numbers stay as they are."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    for row in csv.reader(io.StringIO(text)):
        writer.writerow([f"'{cell}" if _runs(cell) else cell for cell in row])
    return made.getvalue()


def _runs(cell: str) -> bool:
    return cell.startswith(_FORMULA) and re.fullmatch(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?", cell) is None
