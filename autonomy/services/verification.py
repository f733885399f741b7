"""References of a library checked on request, and registries' values taken over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from autonomy.core.types import ReferenceCheck
from autonomy.core.works import Answer, Found, Work
from autonomy.memory import reference_repo
from autonomy.models import Source
from autonomy.runtime.outside import shared_scholar
from autonomy.runtime.references import bounded, unanswered
from autonomy.services.errors import Conflict, Invalid, NotFound, Unavailable
from autonomy.tools.reference_check.check import check_reference, judge
from autonomy.tools.reference_check.metadata import fingerprint

AT_ONCE = 4
"""Checks that one web process makes at the same time; each holds one of its places for requests."""

DELETED = "The source has been deleted."

_places = threading.BoundedSemaphore(AT_ONCE)


def verify_reference(source: Source) -> Source:
    """Ask the registries about a work now, whatever was found before, and keep what they say.

    Takes up to REFERENCE_CHECK_SECONDS.

    Raises:
        Conflict: the metadata was changed meanwhile; ask again.
        NotFound: the source was deleted meanwhile.
        Unavailable: too many references are being checked.
    """
    if not _places.acquire(blocking=False):
        raise Unavailable("Other references are being checked; try again in a moment.", code="busy")
    try:
        check = asyncio.run(_asked(source.csl))
    finally:
        _places.release()
    kept = reference_repo.store(str(source.pk), check)
    if kept is None:
        if not Source.objects.filter(pk=source.pk).exists():
            raise NotFound(DELETED)
        raise Conflict(
            "The work's metadata was changed while registries were asked. Check it again.",
            "metadata_changed",
        )
    return kept


async def _asked(csl: dict[str, Any]) -> ReferenceCheck:
    found = await bounded({"it": lambda: check_reference(csl, shared_scholar())})
    return found.get("it") or unanswered(csl)


@transaction.atomic
def accept_reference(source: Source, fields: Sequence[str] = ()) -> Source:
    """Take over what registries say: of `fields` (CSL names), or of all that differ. The work is
    then compared with the same answers once more; nobody is asked again.

    Raises:
        Conflict: nothing is on offer: it was not checked since its metadata changed.
        Invalid: a field that is not on offer.
        NotFound: the source has been deleted.
    """
    # What is on offer is looked at only when nobody else can take it over.
    held = Source.objects.select_for_update().filter(pk=source.pk).first()
    if held is None:
        raise NotFound(DELETED)
    check = reference_repo.stored(held)
    if check is None or not check.offered:
        raise Conflict(
            "There is nothing to take over. Check the work against registries first.",
            "nothing_offered",
        )
    wanted = list(fields) or [d.field for d in check.differences]
    if unknown := [name for name in wanted if name not in check.offered]:
        offered = ", ".join(check.offered)
        raise Invalid(
            f"Registries offer no {unknown[0]} for this work, only: {offered}.", code="not_offered"
        )
    row = reference_repo.accept(held, wanted)
    again = judge(row.csl, Found(works=(_work(check),), answers=check.answers)).model_copy(
        update={"fingerprint": fingerprint(row.csl), "checked_at": check.checked_at}
    )
    return reference_repo.store(str(row.pk), again) or row


def _work(check: ReferenceCheck) -> Work:
    """The registries' work as a check kept it."""
    doi = check.offered.get("DOI")
    return Work(
        csl=check.offered,
        identifiers={"doi": str(doi)} if doi else {},
        providers=tuple(a.provider for a in check.answers if a.answer is Answer.FOUND),
        url=check.url,
        notices=check.notices,
    )


def reference_check_of(source: Source) -> ReferenceCheck:
    """What registries said of the source as it is described now; without a verdict when its
    metadata was never checked, or has changed since."""
    return reference_repo.stored(source) or ReferenceCheck(reason="It has not been checked yet.")
