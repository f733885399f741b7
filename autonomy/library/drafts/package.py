"""A Word file with changed words: `word/document.xml` rewritten where it must be, every other part
of the package as it was."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from autonomy.core.value import Value
from autonomy.library.container import Container
from autonomy.library.drafts.draft import BadChange, TextChange, changed
from autonomy.library.drafts.markup import Unreadable, read_markup
from autonomy.library.drafts.revisions import Edit, Signature, revise
from autonomy.library.drafts.word import PART
from autonomy.library.parsed import ParseFailure, ParseLimits


class Wanted(TextChange):
    """A change, and whether its reader is to decide on it."""

    tracked: bool = True


class Job(Value):
    """What is to be written: which file, and which changes under whose name."""

    path: str
    changes: tuple[Wanted, ...]
    author: str
    date: str
    """ISO 8601, UTC, whole seconds."""


class Written(Value):
    """The new file."""

    base64: str

    @property
    def data(self) -> bytes:
        return base64.b64decode(self.base64)


def write_changes(path: Path, file_name: str, limits: ParseLimits) -> Written:
    """Carry out the `Job` that is stored at `path` as JSON. Runs in the confined process: see
    `library.readers`.

    Raises:
        ParseFailure: the Word file cannot be read any more, or a change does not fit it.
    """
    job = Job.model_validate_json(path.read_bytes())
    signature = Signature(author=job.author, date=job.date)
    source = Path(job.path)
    try:
        data = with_changes(source, job.changes, signature, limits)
    except (BadChange, Unreadable) as error:
        raise ParseFailure(
            "damaged",
            f"The changes do not fit this file any more ({error}). Start the rewriting again with "
            "the file as it is now.",
        ) from error
    return Written(base64=base64.b64encode(data).decode())


def with_changes(
    source: Path, changes: Sequence[Wanted], signature: Signature, limits: ParseLimits
) -> bytes:
    """The Word file at `source` with `changes` made.

    Raises:
        ParseFailure: it cannot be read.
        BadChange, Unreadable: a change does not fit it.
    """
    with Container(source, limits, "Word document") as archive:
        part = archive.read(PART)
        if part is None:
            raise archive.damaged()
    edits: dict[int, list[Edit]] = {}
    for change in changes:
        edit = Edit(change.start, change.end, change.after, change.tracked)
        edits.setdefault(_number(change.block), []).append(edit)
    made = revise(part, edits, signature)
    _check(part, made, changes)
    return _replaced(source, made)


def _number(block: str) -> int:
    if not (block.startswith("p") and block[1:].isdigit()):
        raise BadChange(f"there is no paragraph “{block}”")
    return int(block[1:])


def _check(before: bytes, after: bytes, changes: Sequence[Wanted]) -> None:
    """Read what was written: it must say exactly what it was to say, everywhere.

    Raises:
        BadChange: it does not, and may not be handed out.
    """
    grouped: dict[int, list[TextChange]] = {}
    for change in changes:
        grouped.setdefault(_number(change.block), []).append(change)
    old, new = read_markup(before), read_markup(after)
    same = len(old) == len(new) and all(
        changed(one.text, grouped.get(one.number, [])) == other.text
        for one, other in zip(old, new, strict=True)
    )
    if not same:
        raise BadChange("the written file does not say what it should")


def _replaced(source: Path, part: bytes) -> bytes:
    """The package with a new `word/document.xml`; its members in their order, with their dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.infolist():
            content = part if member.filename == PART else old.read(member)
            copied = zipfile.ZipInfo(member.filename, member.date_time)
            copied.compress_type = zipfile.ZIP_STORED if member.is_dir() else zipfile.ZIP_DEFLATED
            if member.compress_type == zipfile.ZIP_STORED:
                copied.compress_type = zipfile.ZIP_STORED
            copied.external_attr = member.external_attr
            new.writestr(copied, content)
    return buffer.getvalue()
