"""The storm's look at people's words finds those that were lost and those that were heard twice."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from autonomy import services
from autonomy.core.types import TaskSpec
from autonomy.models import Episode, Resume, Run
from tests.chaos.graph import HEARD_WRONGLY


@pytest.fixture
def run(db: None, alice: User, monkeypatch: pytest.MonkeyPatch) -> Run:
    """One that ended well after one loop, for which somebody gave the word “7”."""
    monkeypatch.setattr("autonomy.runtime.couriers._doorbell.send", lambda *message: None)
    made = services.start_run(alice, TaskSpec(goal="storm 1 1 5 asks", journey="write"))
    Run.objects.filter(pk=made.pk).update(status="succeeded", finished_at=timezone.now())
    Resume.objects.create(run=made, interrupt_id="i", value={"word": "7"})
    return made


def wrong() -> int:
    with connection.cursor() as cursor:
        cursor.execute(HEARD_WRONGLY)
        return len(cursor.fetchall())


def hear(run: Run, seq: int) -> None:
    Episode.objects.create(
        run=run, seq=seq, type="note", source="storm", content="", meta={"heard": "7"}, fence=1
    )


def test_a_word_that_was_heard_once_is_right(run: Run) -> None:
    hear(run, 10)
    assert wrong() == 0


def test_a_word_that_was_lost_is_found(run: Run) -> None:
    assert wrong() == 2, "the word, and the run that went on unasked"


def test_a_word_that_was_heard_twice_is_found(run: Run) -> None:
    hear(run, 10)
    hear(run, 11)
    assert wrong() == 2
