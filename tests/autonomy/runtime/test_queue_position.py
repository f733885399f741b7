"""The place in line that people are told."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User

from autonomy import services
from autonomy.models import Run
from autonomy.runtime.queue_position import position


def test_the_place_in_line_is_told(start: Callable[..., Run], alice: User, bob: User) -> None:
    runs = [start(owner=alice) for _ in range(3)]
    of_bob = start(owner=bob)
    assert [position(run) for run in runs] == [1, 3, 4]
    assert position(of_bob) == 2
    services.cancel(of_bob)
    of_bob.refresh_from_db()
    assert position(of_bob) is None
