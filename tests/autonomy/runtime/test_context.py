"""What a segment is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autonomy.core.llm import SHARED
from autonomy.core.llm.health import LocalHealth
from autonomy.models import Run
from autonomy.runtime.context import Segment, build_deps
from autonomy.runtime.queue import Claim

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_segment_leaves_what_the_process_knows_of_providers_alone(
    start: Callable[..., Run], claim: Callable[..., Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = LocalHealth()
    monkeypatch.setattr(SHARED, "health", known)
    start()
    taken = claim()
    tokens: Any = None

    build_deps(Segment(taken, Run.objects.get(pk=taken.fence.run_id), tokens))

    assert SHARED.health is known
