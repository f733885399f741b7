"""Let a run go before, or after, its owner's other runs."""

from __future__ import annotations

from autonomy.models import Run
from autonomy.runtime import priorities
from autonomy.runtime.contention import transacted
from autonomy.services.errors import Invalid, NotFound


@transacted
def set_priority(run: Run, priority: int) -> None:
    """Give the run a priority; it counts at once and stays. Other people's runs are not affected.

    Raises:
        Invalid: it is not between `priorities.LOWEST` and `priorities.HIGHEST`.
        NotFound: the run has been deleted.
    """
    try:
        found = priorities.set_priority(run.pk, priority)
    except ValueError as error:
        raise Invalid(str(error), code="priority") from None
    if not found:
        raise NotFound("The run has been deleted.")
