"""A revision that breaks off between its writes is done again, and done once."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from autonomy import services
from autonomy.core.ports import Deps
from autonomy.models import PassageChange
from tests.autonomy.services.ride import Ride, gapless

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("threads")


class Breaking:
    """The run's cycles, whose `record` breaks once: before it wrote, or after."""

    def __init__(self, cycles: Any, broken: list[str], when: str) -> None:
        self._cycles, self._broken, self._when = cycles, broken, when

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cycles, name)

    async def record(self, *changes: Any) -> None:
        if self._when == "after":
            await self._cycles.record(*changes)
        if not self._broken:
            self._broken.append(self._when)
            raise ConnectionError("the worker's network is gone")
        if self._when == "before":
            await self._cycles.record(*changes)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_revision_that_breaks_off_leaves_one_version_and_one_list_of_changes(
    alice: User, when: str
) -> None:
    broken: list[str] = []

    def change(deps: Deps) -> Deps:
        return dataclasses.replace(deps, cycles=Breaking(deps.cycles, broken, when))

    ride = Ride(alice, target_similarity=10, quotations="leave_out")
    ride.change = change
    ride.drive()
    (first,) = ride.run.turnitin_cycles.all()
    services.submit_report(ride.run, cycle_id=first.pk, observed_similarity=38)
    ride.drive()

    assert broken == [when]
    first.refresh_from_db()
    versions = list(ride.run.artifacts.filter(kind="document").order_by("version"))
    assert [row.pk for row in versions] == [first.artifact_id, first.revised_id]
    changes = list(PassageChange.objects.filter(cycle=first).order_by("ordinal"))
    assert [row.ordinal for row in changes] == list(range(len(changes)))
    assert "target" in {row.told_by for row in changes}
    told = [e for e in ride.log if e.type == "turnitin.revised"]
    assert [e.meta["changes"] for e in told] == [len(changes)]
    assert len(str(told[0].meta) + told[0].content) < 2_500, "texts are rows, not events"
    assert ride.run.turnitin_cycles.count() == 2
    gapless(ride.run)
