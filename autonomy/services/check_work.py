"""What a checker does with a document they hold: read it, attach what was found, decide.

Attachments wait on the check and count only with the decision, which hands them in as the cycle's
report: that wakes the run, once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import transaction
from pydantic import BaseModel

from autonomy.core.originality import (
    CheckDeed,
    CheckOutcome,
    CheckStatus,
    CheckVerdict,
    FlaggedPassage,
    ReportReading,
)
from autonomy.core.phrases import counted
from autonomy.models import Check
from autonomy.runtime import checks as rows
from autonomy.runtime.contention import transacted
from autonomy.services.check_marks import is_of, located, read_marks
from autonomy.services.checks import get_check, lost, may_read, not_held
from autonomy.services.documents import FRAGMENT, export_document
from autonomy.services.errors import Conflict, Invalid
from autonomy.services.files import safe_name
from autonomy.services.originality import submit_check
from autonomy.services.similarity_reports import Upload, read_upload
from autonomy.services.storage import discard_unnamed, hold_kept, keep, remove_unnamed

if TYPE_CHECKING:
    from autonomy.export.formats import Exported

NOTE_CHARS = 5_000
_OUTCOMES = {
    CheckVerdict.ACCEPTED: CheckOutcome.ACCEPTED,
    CheckVerdict.REJECTED: CheckOutcome.REJECTED,
}


# ------------------------------------------------------------------------------ the document


def read_document(who: User, check_id: uuid.UUID | str, format: str = FRAGMENT) -> Exported:
    """The document of a check in a format, as `export_document`, without the list of doubts.

    Raises:
        NotFound: as `get_check`.
        Conflict: the person does not hold the check.
    """
    check = get_check(who, check_id)
    if not may_read(who, check):
        raise not_held(who, check_id)
    return export_document(check.cycle.artifact, format, appendix=False, embedded=True)


# --------------------------------------------------------------------------- what is attached


def note_check(
    who: User, check_id: uuid.UUID | str, note: str | None = None, similarity: Any = ...
) -> Check:
    """Keep the note and the similarity (per cent, or None) so far; what is left out stays.

    Raises:
        NotFound, Conflict: as `held_check`.
        Invalid: the note is too long.
    """
    check = held_check(who, check_id)
    changes: dict[str, Any] = {}
    if note is not None:
        if len(note) > NOTE_CHARS:
            raise Invalid(f"A note has at most {NOTE_CHARS:,} characters.", code="note_too_long")
        changes["note"] = note
    if similarity is not ...:
        changes["observed_similarity"] = similarity
    if changes:
        _write(who, check, changes)
    return get_check(who, check_id)


def attach_report(who: User, check_id: uuid.UUID | str, file: Any) -> Check:
    """Keep the report's file with the check, in place of one before. Its figure is the similarity,
    if it can be read; else the checker gives it.

    Args:
        file: an uploaded file (`name`, `chunks()`).

    Raises:
        NotFound, Conflict: as `held_check`.
        Invalid: it is of another document, says something else than was given, or is empty.
        TooLarge, Unavailable: it has too many bytes, or too many reports are being read.
    """
    check = held_check(who, check_id)
    stored = keep(file.chunks(), folder="reports", shared=False)
    name = safe_name(str(file.name or "report"))
    try:
        while (before := _attached(who, check, stored.name, name)) is None:
            # A figure was given meanwhile: the file is held against that one.
            check = held_check(who, check_id)
    except Exception:
        discard_unnamed(stored)
        raise
    _drop(before)
    return get_check(who, check_id)


def _attached(who: User, check: Check, stored: str, name: str) -> str | None:
    """Read the file, then keep it with the check; the name of the stored file before. None when
    another figure than `check` has was given while it was read."""
    typed = _typed(check)
    upload = read_upload(check.cycle, stored, name, typed, figure_later=True)
    return _attach(who, check.pk, stored, name, upload, typed)


def _typed(check: Check) -> float | None:
    """The figure that the checker gave by hand: one that came out of a report does not bind the
    next."""
    return None if reading_of(check).observed is not None else check.observed_similarity


@transacted
def _attach(
    who: User,
    check_id: uuid.UUID,
    stored: str,
    name: str,
    upload: Upload,
    typed: float | None,
) -> str | None:
    now = held_check(who, check_id, lock=True)
    hold_kept(stored)
    if _typed(now) != typed:
        return None
    changes = {
        "report_file": stored,
        "report_file_name": name,
        "report_read": _KeptReading.of(upload).model_dump(mode="json"),
        "observed_similarity": upload.observed,
    }
    _write(who, now, changes, (CheckDeed.REPORT, name))
    return now.report_file


def remove_report(who: User, check_id: uuid.UUID | str) -> Check:
    """Take the report off the check again. Twice is once."""
    _drop(_detach(who, check_id))
    return get_check(who, check_id)


@transacted
def _detach(who: User, check_id: uuid.UUID | str) -> str:
    """The name of the stored file that the check had; empty for none."""
    check = held_check(who, check_id, lock=True)
    if check.report_file:
        gone: dict[str, Any] = {"report_file": "", "report_file_name": "", "report_read": None}
        if reading_of(check).observed is not None:
            gone["observed_similarity"] = None
        _write(who, check, gone, (CheckDeed.REPORT_REMOVED, check.report_file_name))
    return check.report_file


def attach_marked(who: User, check_id: uuid.UUID | str, file: Any) -> Check:
    """Read the passages that are marked in a Word file of the document, in place of those before.
    Comments that stand at no words go to the note.

    Raises:
        NotFound, Conflict: as `held_check`.
        Invalid: the file cannot be read, marks nothing, or is not of this document.
        TooLarge: it has more bytes than are accepted.
    """
    check = held_check(who, check_id)
    name = safe_name(str(file.name or "document.docx"))
    marks = read_marks(file.chunks(), name)
    if not marks.passages and not marks.notes:
        raise Invalid(
            "Nothing is marked in this file. Highlight what is to be revised, or comment on it, "
            "save the file and upload it again.",
            code="nothing_marked",
        )
    passages = located(check.cycle.artifact, marks)
    if not any(one.section_id for one in passages) and not is_of(check.cycle.artifact, marks):
        raise Invalid(
            "This is a file of another document, so nothing was kept. Mark the file that you "
            "downloaded here and upload that.",
            code="wrong_document",
        )
    _mark(who, check.pk, name, passages, marks.notes)
    return get_check(who, check_id)


@transacted
def _mark(
    who: User,
    check_id: uuid.UUID,
    name: str,
    passages: Sequence[FlaggedPassage],
    notes: Sequence[str],
) -> None:
    # Reading the file took a while, and the note is saved while it is typed.
    check = held_check(who, check_id, lock=True)
    changes: dict[str, Any] = {
        "marked": [one.model_dump(mode="json") for one in passages],
        "marked_file_name": name,
    }
    loose = [one for one in notes if one not in check.note]
    if loose:
        changes["note"] = "\n\n".join(filter(None, [check.note, *loose]))[:NOTE_CHARS]
    _write(who, check, changes, (CheckDeed.MARKED, f"{len(passages)} in {name}"))


def remove_marked(who: User, check_id: uuid.UUID | str) -> Check:
    """Take the marked passages off the check again. Twice is once."""
    check = held_check(who, check_id)
    if check.marked or check.marked_file_name:
        gone = {"marked": [], "marked_file_name": ""}
        _write(who, check, gone, (CheckDeed.MARKS_REMOVED, check.marked_file_name))
    return get_check(who, check_id)


# ------------------------------------------------------------------------------- the decision


def accept_check(who: User, check_id: uuid.UUID | str) -> Check:
    """The document may stay as it is: its cycle is accepted. Twice is once.

    Raises:
        NotFound, Conflict: as `held_check`, or there is another report already.
        Invalid: `note_needed` above the target, `marked` while passages are to be revised.
    """
    return _decide(who, check_id, CheckVerdict.ACCEPTED)


def reject_check(who: User, check_id: uuid.UUID | str) -> Check:
    """The document is to be revised, for a reason. Twice is once.

    Raises:
        NotFound, Conflict: as `held_check`, or there is another report already.
        Invalid: `reason_needed`.
    """
    return _decide(who, check_id, CheckVerdict.REJECTED)


def _decide(who: User, check_id: uuid.UUID | str, verdict: CheckVerdict) -> Check:
    check = get_check(who, check_id)
    if check.status == CheckStatus.DONE and check.holder_id == who.pk:
        if check.outcome == _OUTCOMES[verdict]:
            return check
        raise lost(who, check)
    _hand_in(who, check, verdict)
    return get_check(who, check_id)


@transacted
def _hand_in(who: User, check: Check, verdict: CheckVerdict) -> None:
    """The check done and its report handed in, or neither."""
    # Locked first, so that what another tab attaches just now is in, or is refused.
    check = held_check(who, check.pk, lock=True)
    _reasoned(check, verdict)
    if not rows.finish(check.pk, who, _OUTCOMES[verdict]):
        raise lost(who, check)
    try:
        submit_check(
            check.cycle.run,
            cycle_id=check.cycle_id,
            verdict=verdict,
            by=who,
            upload=_upload_of(check),
            file=(check.report_file, check.report_file_name),
            note=check.note,
            flagged=passages_of(check),
        )
    except Conflict as refused:
        if refused.code != "already_reported":
            raise
        raise Conflict(
            "The document's owner handed in a report meanwhile, and the first one counts.",
            code="check_over",
        ) from refused


def _reasoned(check: Check, verdict: CheckVerdict) -> None:
    observed, target = check.observed_similarity, check.cycle.target_similarity
    above = observed is not None and observed > target
    note = check.note.strip()
    if verdict == CheckVerdict.REJECTED and not (above or check.marked or note):
        raise Invalid(
            "Say what is to be revised: give a similarity above the target, upload the document "
            "with passages marked, or write a note.",
            code="reason_needed",
        )
    if verdict == CheckVerdict.ACCEPTED and check.marked:
        raise Invalid(
            f"{counted(len(check.marked), 'passage')} "
            f"{'is' if len(check.marked) == 1 else 'are'} marked to be revised. Remove the marked "
            "document to accept, or send the document back.",
            code="marked",
        )
    if verdict == CheckVerdict.ACCEPTED and above and not note:
        raise Invalid(
            f"The similarity of {observed:g} % is above the target of {target:g} %. Say in the note "
            "why the document may stay as it is.",
            code="note_needed",
        )


class _KeptReading(BaseModel):
    """What was read of the report's file when it was attached."""

    observed: float | None = None
    """Per cent, as the file says."""
    below: bool = False
    reading: ReportReading | None = None
    flagged: tuple[FlaggedPassage, ...] = ()

    @classmethod
    def of(cls, upload: Upload) -> _KeptReading:
        report = upload.reading.report if upload.reading else None
        said = report.similarity.value if report and report.similarity else None
        return cls(
            observed=said, below=upload.below, reading=upload.reading, flagged=upload.flagged
        )


def reading_of(check: Check) -> _KeptReading:
    """What was read of the report that is attached; empty without one."""
    return _KeptReading.model_validate(check.report_read or {})


def _upload_of(check: Check) -> Upload:
    kept = reading_of(check)
    observed = check.observed_similarity
    below = kept.below and observed == kept.observed
    return Upload(observed, below, kept.reading, kept.flagged)


def passages_of(check: Check) -> list[FlaggedPassage]:
    """The passages that are marked so far, in the document's order."""
    return [FlaggedPassage.model_validate(one) for one in check.marked]


# -------------------------------------------------------------------------------------------


def held_check(who: User, check_id: uuid.UUID | str, *, lock: bool = False) -> Check:
    """The check, which the person holds.

    Raises:
        NotFound: as `get_check`.
        Conflict: the lease ran out, somebody else has it, or it is over.
    """
    mine = rows.held(check_id, who).select_related("cycle__run", "cycle__artifact")
    check = (mine.select_for_update(of=("self",)) if lock else mine).first()
    if check is not None:
        return check
    rows.withdraw_unwanted()
    raise not_held(who, check_id)


@transaction.atomic
def _write(
    who: User, check: Check, changes: dict[str, Any], deed: tuple[CheckDeed, str] | None = None
) -> None:
    """Change the check, if the person still holds it."""
    if not rows.held(check.pk, who).update(**changes):
        raise lost(who, check)
    if deed is not None:
        rows.history(check.pk, deed[0], who, deed[1])


def _drop(name: str) -> None:
    """Remove stored bytes that no row names any more."""
    if name:
        remove_unnamed(name)
