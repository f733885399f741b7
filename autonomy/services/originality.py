"""A similarity report arrives and wakes the run that waits for it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from django.contrib.auth.models import User

from autonomy.core.originality import CheckVerdict, FlaggedPassage, Quotations, Teller
from autonomy.core.types import OPEN_CYCLES, CycleStatus
from autonomy.core.works import FetchRefused
from autonomy.models import Run, TurnitinCycle
from autonomy.runtime import answers, cycle_states
from autonomy.runtime.contention import transacted
from autonomy.runtime.flagged import keep_flagged
from autonomy.services.errors import Conflict, Invalid, NotFound
from autonomy.services.files import safe_name
from autonomy.services.similarity_reports import Upload, read_upload
from autonomy.services.storage import digest_of, discard_unnamed, hold_kept, keep
from autonomy.tools.fetch.addresses import host_of, is_private, vetted

SAID_BESIDES = frozenset({"report_file_name", "report_read", "checked_by", "quotations"})
"""Columns that say nothing of what the report found: the same report may come from somebody else,
under another name."""


def submit_report(
    run: Run,
    *,
    cycle_id: uuid.UUID | str,
    observed_similarity: float | None = None,
    report_url: str = "",
    report_file: Any = None,
    note: str = "",
    quotations: Quotations | Literal[""] = "",
) -> TurnitinCycle:
    """Record the report of a cycle once and wake the run.

    The first report of a cycle counts: the same one again, however late and from whom, changes
    nothing and gets the cycle as it stands.

    Args:
        observed_similarity: per cent; the figure of a file that can be read counts, and must agree.
        report_file: an uploaded file (`name`, `chunks()`).
        quotations: what proper quotations may undergo for the target's sake; empty as the run's
            setting.
        report_url: where the report can be looked at; a public http or https address.

    Raises:
        NotFound: the run has no such cycle.
        Conflict: the cycle is over without a report, or has another one.
        Invalid: `report_url` may not be kept.
        Invalid, Unavailable: as `read_upload`.
    """
    _check_address(report_url)
    said: dict[str, Any] = {"report_url": report_url, "note": note, "quotations": quotations}
    if report_file is None:
        return _record(run, cycle_id, Upload(observed_similarity), **said)[0]
    return _submit_file(run, cycle_id, report_file, observed_similarity, said)


def _submit_file(
    run: Run,
    cycle_id: uuid.UUID | str,
    file: Any,
    observed_similarity: float | None,
    said: Mapping[str, Any],
) -> TurnitinCycle:
    # The same report comes again and again, and most copies are refused: each has bytes of its own.
    stored = keep(file.chunks(), folder="reports", shared=False)
    name = safe_name(str(file.name or "report"))
    taken = False
    try:
        upload = Upload(observed_similarity)
        waiting = TurnitinCycle.objects.filter(run=run, pk=str(cycle_id)).select_related("artifact")
        if (row := waiting.first()) is not None:
            upload = read_upload(row, stored.name, name, observed_similarity)
        cycle, taken = _record(run, cycle_id, upload, file=(stored.name, name), **said)
    finally:
        if not taken:
            discard_unnamed(stored)
    return cycle


def _check_address(report_url: str) -> None:
    """It is only shown and never called from here; whoever follows it must not be led inside.

    Raises:
        Invalid: it is no public http or https address.
    """
    if not report_url:
        return
    try:
        host = host_of(vetted(report_url))
    except FetchRefused as refused:
        raise Invalid(
            f"The address of the report is not taken. {refused.reason}", code="report_address"
        ) from refused
    if is_private(host):
        raise Invalid(
            f"The address of the report is not taken. {host} is an address of a private network.",
            code="report_address",
        )


def submit_check(
    run: Run,
    *,
    cycle_id: uuid.UUID | str,
    verdict: CheckVerdict,
    by: User,
    upload: Upload,
    file: tuple[str, str] = ("", ""),
    note: str = "",
    flagged: Sequence[FlaggedPassage] = (),
) -> TurnitinCycle:
    """Record a checker's decision as the report of a cycle and wake the run. Their word counts,
    whatever the target says.

    Args:
        upload: the figure that they gave, or what was read of their file when they attached it.
        file: storage name and file name of a report that the check has kept.
        flagged: passages that they marked.

    Raises:
        NotFound, Conflict: as `submit_report`.
    """
    said: dict[str, Any] = {"note": note, "verdict": verdict, "checked_by": by}
    return _record(run, cycle_id, upload, file=file, marked=flagged, **said)[0]


def _differs(cycle: TurnitinCycle, report: dict[str, Any]) -> bool:
    """Whether `report` says something else than the cycle's own."""
    said = {name: value for name, value in report.items() if name not in SAID_BESIDES}
    file = digest_of(said.pop("report_file"))
    return file != digest_of(cycle.report_file) or any(
        getattr(cycle, name) != value for name, value in said.items()
    )


@transacted
def _record(
    run: Run,
    cycle_id: uuid.UUID | str,
    upload: Upload,
    *,
    file: tuple[str, str] = ("", ""),
    marked: Sequence[FlaggedPassage] = (),
    **said: Any,
) -> tuple[TurnitinCycle, bool]:
    """The cycle, and whether this report was taken as its own.

    Args:
        file: storage name and file name of the report.
        marked: passages that a checker marked.
        said: further columns of the cycle.
    """
    report = {
        "observed_similarity": upload.observed,
        "observed_below": upload.below,
        "report_url": "",
        "report_file": file[0],
        "report_file_name": file[1],
        "report_read": upload.reading.model_dump(mode="json") if upload.reading else None,
        "quotations": "",
        "verdict": "",
        "checked_by": None,
        **said,
    }
    # The run's row first, as in every transition: two reports of one run come one by one.
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    taken = cycle_states.report_came(cycle_id, locked.pk, **report)
    cycle = TurnitinCycle.objects.filter(run=locked, pk=str(cycle_id)).first()
    if cycle is None:
        raise NotFound("The run has no originality cycle with this id.", code="cycle_not_found")
    if taken:
        if file[0]:
            hold_kept(file[0])
        for teller, passages in ((Teller.CHECKER, marked), (Teller.REPORT, upload.flagged)):
            if passages:
                keep_flagged(cycle.pk, teller, passages)
        answers.answer_cycle(locked, cycle)
    elif cycle.reported_at is None:
        raise _too_late(locked, cycle)
    elif _differs(cycle, report):
        raise Conflict(
            f"Cycle {cycle.number} already has another report; the first one counts."
            + _where_now(locked),
            code="already_reported",
        )
    return cycle, taken


def _too_late(run: Run, cycle: TurnitinCycle) -> Conflict:
    if cycle.status == CycleStatus.EXPIRED:
        ended = f"{cycle.closed_at:%d %B %Y}" if cycle.closed_at else "its last day"
        return Conflict(
            f"Cycle {cycle.number} ended on {ended}, because no report had come. Your report was "
            "not stored. Go on in a copy of the run to bring it.",
            code="cycle_expired",
        )
    return Conflict(
        "The run ended before this report came, so the report was not stored. Try the run again, "
        "or go on in a copy of it, and bring the report there.",
        code=f"run_{run.status}",
    )


def _where_now(run: Run) -> str:
    """What a person with another report can do."""
    open_now = TurnitinCycle.objects.filter(run=run, status__in=OPEN_CYCLES).first()
    if open_now is None:
        return ""
    if open_now.status == CycleStatus.AWAITING_REPORT:
        return f" Cycle {open_now.number} waits for the report on the revised document."
    return " The run is working on it."
