"""Rounds of upkeep by hand."""

from __future__ import annotations

import uuid

from autonomy.models import Run
from autonomy.runtime import upkeep
from autonomy.runtime.upkeep import Tidied as Tidied
from autonomy.services.errors import Conflict, NotFound


def tidy(
    *, days: int | None = None, run_id: uuid.UUID | None = None, dry_run: bool = False
) -> Tidied:
    """One round of upkeep; with `dry_run` only what it would remove.

    Args:
        days: instead of `RETENTION_HISTORY_DAYS`; 0 cuts every finished run.
        run_id: cut the history of this run only, whenever it finished, and do nothing else.

    Raises:
        Conflict: another round is going on, or `run_id` is live or busy.
        NotFound: there is no such run.
    """
    if run_id is None:
        try:
            return upkeep.tidy(days=days, dry_run=dry_run)
        except upkeep.UpkeepRunning:
            raise Conflict("Another round of upkeep is going on.", code="upkeep_running") from None
    done = upkeep.tidy_run(run_id, dry_run=dry_run)
    if done is None and not Run.objects.filter(pk=run_id).exists():
        raise NotFound("There is no such run.")
    if done is None:
        raise Conflict("The run is not finished, or it is just being worked with.")
    return done
