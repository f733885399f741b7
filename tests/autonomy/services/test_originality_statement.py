"""What was not reached is said plainly, and only where something was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from autonomy import services
from autonomy.core.types import TaskSpec
from autonomy.export.appendix import Appendix, appendix_blocks
from autonomy.models import Run
from autonomy.services.citation_checks import appendix_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db


def ended(owner: User, *cycles: dict[str, Any], status: str = "succeeded") -> Run:
    run = services.start_run(owner, TaskSpec(goal="Write about reefs", journey="write"))
    draft = run.artifacts.create(kind="document", version=1, sha256="x", body={})
    now = timezone.now()
    for number, columns in enumerate(cycles, start=1):
        came = {"reported_at": now} if columns["status"] in ("accepted", "rejected") else {}
        run.turnitin_cycles.create(
            number=number, artifact=draft, target_similarity=10, closed_at=now, **came, **columns
        )
    finished = now if status == "succeeded" else None
    Run.objects.filter(pk=run.pk).update(status=status, finished_at=finished)
    run.refresh_from_db()
    return run


MISSED = {"status": "rejected", "observed_similarity": 22.0}
WORSE = {"status": "rejected", "observed_similarity": 38.0}
VAIN = {"status": "expired"}


@pytest.mark.parametrize(
    ("cycles", "said"),
    [
        ((), ""),
        (({"status": "accepted", "observed_similarity": 9.0},), ""),
        (
            (MISSED, WORSE),
            "The target of 10 % similarity was not reached: the lowest report says 22 % "
            "(user-provided, not verified).",
        ),
        (
            (WORSE, VAIN),
            "The target of 10 % similarity was not reached: the lowest report says 38 % "
            "(user-provided, not verified). The newest draft was revised since and not measured.",
        ),
        ((VAIN,), "The target of 10 % similarity was not measured: no similarity report came."),
        (
            ({"status": "rejected", "verdict": "rejected"},),
            "The target of 10 % similarity was not measured: no report gave a figure.",
        ),
    ],
)
def test_what_was_not_reached_is_said(
    alice: User, cycles: tuple[dict[str, Any], ...], said: str
) -> None:
    run = ended(alice, *cycles)
    assert services.originality_statement(run) == said
    assert appendix_of(run.artifacts.get()).originality == said


def test_nothing_is_said_of_a_run_that_goes_on(alice: User) -> None:
    assert services.originality_statement(ended(alice, WORSE, status="waiting_human")) == ""


def test_the_appendix_has_it_even_where_no_citation_is_in_doubt() -> None:
    said = "The target of 10 % similarity was not measured: no similarity report came."
    blocks = appendix_blocks(Appendix(originality=said))
    assert [block["t"] for block in blocks] == ["Header", "Para"]
    assert appendix_blocks(Appendix()) == []
