"""Passages of a cycle's draft that somebody flagged, kept in the order in which they were told."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction

from autonomy.core.originality import FlaggedPassage, MatchGroup, Teller
from autonomy.memory.still_there import sources_still_there
from autonomy.models import FlaggedPassage as Row
from autonomy.models import TurnitinCycle


@transaction.atomic
def keep_flagged(
    cycle_id: uuid.UUID | str, teller: Teller, passages: Iterable[FlaggedPassage]
) -> list[FlaggedPassage]:
    """Store what `teller` flags in the cycle's draft, in place of what it flagged before.

    What others flagged stays. A source that is no longer there is named by its title alone.

    Returns:
        The passages with their ids.
    """
    # Two writers of one cycle come one by one.
    cycle = TurnitinCycle.objects.select_for_update(no_key=True).get(pk=str(cycle_id))
    passages = list(passages)
    known = known_sources([one.source_id for one in passages])
    Row.objects.filter(cycle=cycle, told_by=teller).delete()
    rows = Row.objects.bulk_create(
        Row(
            cycle=cycle,
            told_by=teller,
            ordinal=ordinal,
            section_id=one.section_id,
            start=one.start,
            end=one.end,
            text=one.text,
            source_id=one.source_id if one.source_id in known else None,
            source_title=one.source_title,
            group=one.group,
            note=one.note,
            colour=one.colour,
        )
        for ordinal, one in enumerate(passages)
    )
    return [_told(row) for row in rows]


def flagged_in(cycle_id: uuid.UUID | str) -> list[FlaggedPassage]:
    """What is flagged in the cycle's draft: by checkers first, then by reports, then by the engine,
    each in the order in which it was told."""
    rows = Row.objects.filter(cycle=uuid.UUID(str(cycle_id))).order_by("ordinal")
    first = (Teller.CHECKER, Teller.REPORT, Teller.ENGINE)
    return [_told(row) for row in sorted(rows, key=lambda row: first.index(Teller(row.told_by)))]


def known_sources(source_ids: Sequence[str]) -> set[str]:
    """Those of the ids that are a source's, as they were written; none of these is deleted before
    the caller's transaction ends."""
    written = {}
    for one in source_ids:
        try:
            written[uuid.UUID(one)] = one
        except ValueError:  # of a text that is no source, such as an earlier document
            continue
    return {written[pk] for pk in sources_still_there(written)}


def _told(row: Row) -> FlaggedPassage:
    return FlaggedPassage(
        id=str(row.pk),
        section_id=row.section_id,
        text=row.text,
        start=row.start,
        end=row.end,
        source_id=str(row.source_id or ""),
        source_title=row.source_title,
        group=MatchGroup(row.group),
        told_by=row.told_by,
        note=row.note,
        colour=row.colour,
    )
