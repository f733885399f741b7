"""Messages to a run as its nodes read them."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from autonomy.core.types import Told
from autonomy.models import RunMessage
from autonomy.runtime.db import run_db
from autonomy.runtime.effects import lock_run
from autonomy.runtime.fence import Fence


class RunMessages:
    """`ports.Messages` of one segment."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence

    async def after(self, number: int) -> list[Told]:
        """The messages behind `number`, oldest first; each keeps when it was first read.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        return await run_db(self._after, number)

    def _after(self, number: int) -> list[Told]:
        rows = RunMessage.objects.filter(run_id=self._fence.run_id, number__gt=number)
        found = [
            Told(number=n, text=text)
            for n, text in rows.order_by("number").values_list("number", "text")
        ]
        if found:
            self._read(found[-1].number)
        return found

    @transaction.atomic
    def _read(self, last: int) -> None:
        lock_run(self._fence)
        RunMessage.objects.filter(
            run_id=self._fence.run_id, number__lte=last, taken_at__isnull=True
        ).update(taken_at=Now())


def untaken(run_id: object) -> bool:
    """Whether the run has messages that no segment of it has read."""
    return RunMessage.objects.filter(run_id=str(run_id), taken_at__isnull=True).exists()
