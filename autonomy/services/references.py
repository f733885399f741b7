"""References of a bibliography become sources without text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from django.contrib.auth.models import User
from django.utils import timezone

from autonomy.core.types import FileStatus, Reading, SourceOrigin
from autonomy.library.imports.recognise import ENDINGS, Format, recognise
from autonomy.memory.imported import Known, take_metadata, takes
from autonomy.models import Source, described
from autonomy.runtime.contention import transacted
from autonomy.services.errors import Invalid, TooLarge
from autonomy.services.files import safe_name
from handywriterz.env import env

if TYPE_CHECKING:
    from autonomy.library.imports.read import BadEntry, ImportedReference, Imports

Outcome = Literal["added", "updated", "known"]
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one reference."""

    source: Source
    key: str
    outcome: Outcome
    """`known`: the library holds the work, with metadata that a person or registry gave."""
    remark: str


@dataclass(slots=True)
class ImportOutcome:
    """What an import did."""

    file_name: str
    format: Format
    taken: list[Taken] = field(default_factory=list)
    problems: list[BadEntry] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome == outcome for one in self.taken)


def may_be_bibliography(file_name: str) -> bool:
    """Whether a file's name has the ending of a bibliography."""
    return file_name.rpartition(".")[2].lower() in ENDINGS


def is_bibliography(file_name: str, data: bytes) -> bool:
    """Whether a file that was dropped is a list of references and not a text to read."""
    return recognise(data.decode("utf-8", "replace"), file_name) is not None


def import_references(owner: User, data: bytes | str, file_name: str = "") -> ImportOutcome:
    """Take every good entry of a bibliography into the owner's library.

    A work that is there already (same DOI, or title, year and author) is not added again: an
    import of before and an upload whose metadata nobody corrected take the reference's metadata,
    every other keeps its own.

    Raises:
        TooLarge, Invalid: more bytes, entries or work than accepted; none of the formats.
    """
    # Imported on first use: readers of LaTeX would slow the start of every process.
    from autonomy.library.imports.isolated import TooCostly, read_in_subprocess
    from autonomy.library.imports.read import TooManyEntries, UnknownBibliography

    size = len(data) if isinstance(data, bytes) else len(data.encode(errors="replace"))
    if size > env().import_max_bytes:
        raise TooLarge(
            f"The references have {size / 1e6:,.1f} MB; at most "
            f"{env().import_max_bytes / 1e6:,.1f} MB are imported at once. Split the file."
        )
    try:
        read = read_in_subprocess(
            data, most=env().import_max_entries, seconds=env().import_max_seconds
        )
    except (TooManyEntries, TooCostly) as error:
        raise TooLarge(str(error)) from error
    except UnknownBibliography as error:
        raise Invalid(str(error), code="unknown_bibliography") from error
    return _take_all(owner, read, safe_name(file_name) if file_name else "")


@transacted
def _take_all(owner: User, read: Imports, name: str) -> ImportOutcome:
    # Two imports at the same moment must not both add what neither has seen of the other.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    known = Known(Source.objects.filter(owner=owner))
    outcome = ImportOutcome(name, read.format, problems=list(read.problems))
    added: list[Source] = []
    for reference in read.references:
        row = known.find(reference.csl)
        if row is None:
            row = _source(owner, reference, name)
            known.add(row)
            added.append(row)
            outcome.taken.append(Taken(row, reference.key, "added", reference.remark))
        elif row in added:
            outcome.taken.append(Taken(row, reference.key, "known", "It is in the file twice."))
        else:
            did: Outcome = "updated" if _updated(row, reference.csl) else "known"
            outcome.taken.append(Taken(row, reference.key, did, reference.remark))
    Source.objects.bulk_create(added, batch_size=_BATCH)
    return outcome


def _updated(row: Source, csl: dict[str, Any]) -> bool:
    """Give the source the reference's metadata where it takes them; whether it did."""
    if not takes(row, csl):
        return False
    # Whoever wrote to it since it was read is heard; it may even be gone.
    held = Source.objects.select_for_update(no_key=True).filter(pk=row.pk).first()
    if held is None:
        return False
    updated = take_metadata(held, csl)
    row.csl, row.csl_edited = held.csl, held.csl_edited  # what follows is compared with that
    return updated


def _source(owner: User, reference: ImportedReference, file_name: str) -> Source:
    record: dict[str, Any] = {"imported": {"file": file_name, "key": reference.key}}
    return Source(
        owner=owner,
        **described(reference.csl),
        origin=SourceOrigin.IMPORT,
        reading=Reading.NOTHING,
        status=FileStatus.READY,
        ready_at=timezone.now(),
        url=reference.csl.get("URL", ""),
        record=record,
    )
