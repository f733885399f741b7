"""Rows of checks as the API gives them, cut to what the asker may see."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from autonomy.api.schemas import checks as schemas
from autonomy.core import journey
from autonomy.core.markers import HIDDEN
from autonomy.core.originality import (
    CheckDeed,
    CheckOutcome,
    CheckStatus,
    CheckVerdict,
    FlaggedPassage,
)
from autonomy.core.types import CitationVerdict, CycleStatus
from autonomy.models import Check, CheckEvent, Citation, TurnitinCycle
from autonomy.services import check_work, checks
from autonomy.services.citation_checks import named

_MARKUP = re.compile(rf"{HIDDEN.pattern}|[*_`\[\]]")


def row(check: Check, who: User) -> schemas.CheckRow:
    return schemas.CheckRow(**_row(check, who))


def _row(check: Check, who: User) -> dict[str, Any]:
    left = (check.lease_until - timezone.now()).total_seconds() if check.lease_until else 0.0
    held = check.status == CheckStatus.CLAIMED and left > 0
    mine = held and check.holder_id == who.pk
    ran_out = check.status == CheckStatus.CLAIMED and not held
    return {
        "id": check.pk,
        "title": check.title,
        "words": check.words,
        "cycle_number": check.cycle.number,
        "target_similarity": check.cycle.target_similarity,
        "status": CheckStatus.OPEN if ran_out else CheckStatus(check.status),
        "outcome": CheckOutcome(check.outcome) if check.outcome else None,
        "asked_at": check.asked_at,
        "done_at": check.done_at,
        "mine": mine,
        "lease_seconds": round(left, 1) if mine else None,
        "for_me": check.assigned_to_id == who.pk,
        "holder": checks.name_of(check.holder) if who.is_staff and not ran_out else None,
        "assigned_to": checks.name_of(check.assigned_to) if who.is_staff else None,
    }


def detail(check: Check, who: User) -> schemas.CheckOut:
    readable = checks.may_read(who, check)
    # What somebody did, they may look up; the document itself is no longer with them.
    shown = readable or (check.status == CheckStatus.DONE and check.holder_id == who.pk)
    passages = check_work.passages_of(check) if shown else []
    reading = check_work.reading_of(check if shown else Check())
    return schemas.CheckOut(
        **_row(check, who),
        readable=readable,
        observed_similarity=check.observed_similarity if shown else None,
        note=check.note if shown else "",
        report_file_name=check.report_file_name if shown else "",
        reading=reading.reading,
        report_passages=[_marked(one, check) for one in reading.flagged],
        marked_file_name=check.marked_file_name if shown else "",
        marked=[_marked(one, check) for one in passages],
        history=[event(one, check, who) for one in checks.history_of(check)] if shown else [],
        cycles=[cycle(one) for one in checks.earlier_cycles(check)] if shown else [],
        max_cycles=journey.load(check.cycle.run.journey).max_cycles,
        assigned_to_id=check.assigned_to_id if who.is_staff else None,
    )


def _marked(one: FlaggedPassage, check: Check) -> schemas.MarkedOut:
    headings = {
        str(section.get("id")): str(section.get("heading", ""))
        for section in check.cycle.artifact.body.get("sections") or []
    }
    return schemas.MarkedOut(
        text=" ".join(_MARKUP.sub("", one.text).split()),
        heading=headings.get(one.section_id, ""),
        found=bool(one.section_id),
        group=one.group,
        note=one.note,
        colour=one.colour,
    )


def event(one: CheckEvent, check: Check, who: User) -> schemas.CheckEventOut:
    # Whose document it is, is nothing that a checker has to know.
    owner = one.who_id == check.cycle.run.owner_id
    return schemas.CheckEventOut(
        at=one.at,
        who="The owner" if owner and not who.is_staff else checks.name_of(one.who),
        deed=CheckDeed(one.deed),
        detail=_detail(one),
    )


def _detail(one: CheckEvent) -> str:
    if one.deed != CheckDeed.ASSIGNED:
        return one.detail
    return f"to {checks.name_of(one.whom) or 'an account that is gone'}"


def cycle(one: TurnitinCycle) -> schemas.CheckedCycle:
    return schemas.CheckedCycle(
        number=one.number,
        status=CycleStatus(one.status),
        target_similarity=one.target_similarity,
        observed_similarity=one.observed_similarity,
        observed_below=one.observed_below,
        verdict=CheckVerdict(one.verdict) if one.verdict else None,
        checker=checks.name_of(one.checked_by),
        note=one.note if one.verdict else "",
        reported_at=one.reported_at,
    )


def claim(one: Citation) -> schemas.ClaimInDocument:
    return schemas.ClaimInDocument(
        marker=one.marker,
        claim=one.claim,
        work=named(one.source) if one.source else "a source that was deleted since",
        page=one.page,
        verdict=CitationVerdict(one.verdict),
    )


def owners(check: Check) -> schemas.OwnersCheck:
    decided = check.outcome in (CheckOutcome.ACCEPTED, CheckOutcome.REJECTED)
    return schemas.OwnersCheck(
        cycle_number=check.cycle.number,
        status=CheckStatus(check.status),
        outcome=CheckOutcome(check.outcome) if check.outcome else None,
        asked_at=check.asked_at,
        done_at=check.done_at,
        checker=checks.name_of(check.holder) if decided else "",
        note=check.note if decided else "",
    )
