"""What a segment is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autonomy.core.llm import SHARED
from autonomy.core.llm.health import LocalHealth
from autonomy.models import Run
from autonomy.runtime import context
from autonomy.runtime.context import Segment, build_deps
from autonomy.runtime.queue import Claim
from handywriterz.env import env

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


@pytest.mark.parametrize(
    ("settings", "there"),
    [({}, True), ({"search": "files"}, False), ({"search": "scholarly"}, True)],
)
def test_a_run_that_may_not_look_outside_has_no_tool_that_could(
    settings: dict[str, Any],
    there: bool,
    start: Callable[..., Run],
    claim: Callable[..., Claim],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scholar: Any = object()
    monkeypatch.setattr(context, "shared_scholar", lambda: scholar)
    monkeypatch.setattr(
        context, "env", lambda: env().model_copy(update={"scholarly_providers": "openalex"})
    )
    run = start()
    Run.objects.filter(pk=run.pk).update(task={**run.task, "settings": settings})
    taken = claim()
    tokens: Any = None

    deps = build_deps(Segment(taken, Run.objects.get(pk=run.pk), tokens))

    assert ("scholarly.search" in deps.tools.names()) is there
    assert "web.search" not in deps.tools.names()
