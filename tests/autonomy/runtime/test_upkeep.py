"""Upkeep: what is over goes, what is used stays, one round at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from langgraph.runtime import RunControl

from autonomy import services
from autonomy.models import Checkpoint, CheckpointBlob, IdempotencyKey, Run, Upkeep, UsageDay
from autonomy.runtime import upkeep
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import Runner
from tests.autonomy.runtime.conftest import run_async
from tests.autonomy.runtime.graphs import line

Start = Callable[..., Run]
Take = Callable[[], Claim]


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Path]:
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield tmp_path


def finished(start: Start, claim: Take, days_ago: int) -> Run:
    run = start()
    run_async(Runner(line(5)).drive(claim(), RunControl()))
    at = timezone.now() - timedelta(days=days_ago)
    Run.objects.filter(pk=run.pk).update(finished_at=at)
    return run


def checkpoints(run: Run) -> int:
    return Checkpoint.objects.filter(thread_id=str(run.pk)).count()


def test_a_round_cuts_old_history_only(start: Start, claim: Take, storage: Path) -> None:
    old, young = finished(start, claim, 31), finished(start, claim, 29)
    full = checkpoints(young)

    done = services.tidy()

    assert (done.runs, done.checkpoints) == (1, full - 1)
    assert done.history_bytes > 0
    assert (checkpoints(old), checkpoints(young)) == (1, full)
    assert Upkeep.objects.get().done["runs"] == 1
    assert services.tidy().runs == 0


def test_a_dry_run_tells_and_does_nothing(start: Start, claim: Take, storage: Path) -> None:
    old = finished(start, claim, 31)
    full = checkpoints(old)

    told = services.tidy(dry_run=True)

    assert (told.runs, told.checkpoints) == (1, full - 1)
    assert checkpoints(old) == full
    assert not Upkeep.objects.exists()
    assert services.tidy() == told


def test_a_round_does_a_bounded_part_and_says_so(
    start: Start, claim: Take, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(start, claim, 31)
    finished(start, claim, 32)
    small = upkeep.env().model_copy(update={"upkeep_batch_runs": 1})
    monkeypatch.setattr(upkeep, "env", lambda: small)

    assert [(d.runs, d.more) for d in (services.tidy(), services.tidy(), services.tidy())] == [
        (1, True),
        (1, True),
        (0, False),
    ]


def test_expired_rows_go(alice: User, transactional_db: None, storage: Path) -> None:
    now = timezone.now()
    for number, hours in enumerate((25, 1)):
        key = IdempotencyKey.objects.create(owner=alice, key=str(number), fingerprint="x")
        IdempotencyKey.objects.filter(pk=key.pk).update(created_at=now - timedelta(hours=hours))
    for days in (500, 3):
        UsageDay.objects.create(user=alice, day=(now - timedelta(days=days)).date())
    Session.objects.create(session_key="old", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", expire_date=now + timedelta(days=1))

    done = services.tidy()

    assert (done.idempotency_keys, done.usage_days, done.sessions) == (1, 1, 1)
    assert IdempotencyKey.objects.get().key == "1"
    assert Session.objects.get().session_key == "new"


def test_lost_files_go_and_used_or_fresh_ones_stay(alice: User, storage: Path) -> None:
    used = services.add_file(alice, "notes.txt", [b"Some text that somebody needs."])
    lost = default_storage.save("files/ab/abcd", ContentFile(b"nobody's"))
    fresh = default_storage.save("files/ab/abce", ContentFile(b"just arriving"))
    for path in (storage / used.file, storage / lost):
        os.utime(path, (time.time() - 90_000,) * 2)

    done = services.tidy()

    assert (done.files, done.file_bytes) == (1, 8)
    assert not default_storage.exists(lost)
    assert default_storage.exists(used.file)
    assert default_storage.exists(fresh)


def test_only_one_round_at_a_time(transactional_db: None, storage: Path) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", upkeep.UPKEEP_LOCK)
        with pytest.raises(services.Conflict):
            services.tidy()
        assert upkeep.tidy_when_due() is None
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", upkeep.UPKEEP_LOCK)
    finally:
        other.close()
    assert upkeep.tidy_when_due() is not None


def test_a_round_that_was_just_done_is_not_due(transactional_db: None, storage: Path) -> None:
    assert upkeep.tidy_when_due() is not None
    assert upkeep.tidy_when_due() is None

    Upkeep.objects.update(finished_at=timezone.now() - timedelta(hours=30))
    assert upkeep.tidy_when_due() is not None


def test_a_round_that_died_is_done_again(transactional_db: None, storage: Path) -> None:
    Upkeep.objects.create()
    assert upkeep.tidy_when_due() is not None


def test_one_run_can_be_cut_by_hand(
    start: Start, claim: Take, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, live = finished(start, claim, 0), start()

    call_command("prune", run=run.pk)

    assert checkpoints(run) == 1
    assert "history of 1 runs" in capsys.readouterr().out
    with pytest.raises(CommandError, match="not finished"):
        call_command("prune", run=live.pk)
    with pytest.raises(CommandError, match="no such run"):
        call_command("prune", run=live.owner_id and "0198c0de-0000-7000-8000-000000000000")


def test_a_history_that_cannot_be_read_keeps_no_other(
    start: Start, claim: Take, storage: Path
) -> None:
    bad, good = finished(start, claim, 40), finished(start, claim, 35)
    CheckpointBlob.objects.filter(thread_id=str(bad.pk)).update(type="msgpack", blob=b"\xc1")

    done = services.tidy()

    assert (done.left, done.runs) == (1, 1)
    assert checkpoints(good) == 1
    assert checkpoints(bad) > 1
    assert services.tidy().left == 0, "it is not tried for ever"
