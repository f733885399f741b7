"""An account is removed while somebody still works for it, or brings the same bytes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import override_settings

from autonomy import services
from autonomy.core.types import EventDraft
from autonomy.models import Deletion, Episode, Passage, Run, Source
from autonomy.runtime import removal
from autonomy.runtime.events import append
from autonomy.services.files import add_file
from tests.autonomy.memory.reader import Reader
from tests.locks import WAIT_SECONDS, Aside

pytestmark = pytest.mark.django_db(transaction=True)

BYTES = b"Ink fades in the sun, and paper yellows. " * 20


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Path]:
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield tmp_path


@pytest.fixture
def source(alice: User) -> Source:
    return add_file(alice, "ink.txt", [BYTES])


class LateRemoval:
    """The removal of an account, held where all but the account and its rows is gone."""

    def __init__(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        self._came, self._go = threading.Event(), threading.Event()
        remove: Callable[[str, User], None] = removal._remove_stored

        def wait_first(name: str, of: User) -> None:
            remove(name, of)
            self._came.set()
            assert self._go.wait(WAIT_SECONDS)

        monkeypatch.setattr(removal, "_remove_stored", wait_first)
        self.aside = Aside(lambda: services.remove_account(user))
        assert self._came.wait(WAIT_SECONDS)

    def go_on(self) -> Aside:
        self._go.set()
        return self.aside


def nothing_is_left() -> bool:
    tables = (Source, Passage, Run, Episode, User)
    gone = not any(table._default_manager.exists() for table in tables)
    return gone and Deletion.objects.get().finished_at is not None


def test_an_account_goes_while_one_of_its_files_is_read(alice: User, source: Source) -> None:
    reader = Reader(source)
    with transaction.atomic():
        reader.cut()
        leaving = Aside(lambda: services.remove_account(alice))
        assert leaving.waits()
    leaving.end()
    assert nothing_is_left()


def test_pages_that_come_at_the_last_moment_do_not_keep_the_account(
    alice: User, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(source)
    leaving = LateRemoval(alice, monkeypatch)
    with transaction.atomic():
        reader.cut()
        assert leaving.go_on().waits()
    leaving.aside.end()
    assert nothing_is_left()


def test_an_event_that_comes_at_the_last_moment_does_not_keep_the_account(
    alice: User, source: Source, start: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    leaving = LateRemoval(alice, monkeypatch)
    with transaction.atomic():
        append(run.pk, [EventDraft(type="note", source="planner", content="Still at it")])
        assert leaving.go_on().waits()
    leaving.aside.end()
    assert nothing_is_left()


def test_bytes_that_somebody_else_brings_meanwhile_stay(
    alice: User, bob: User, source: Source
) -> None:
    with transaction.atomic():
        kept = add_file(bob, "mine.txt", [BYTES])
        leaving = Aside(lambda: services.remove_account(alice))
        assert leaving.waits()
    leaving.end()
    assert default_storage.exists(kept.file)


def test_lost_bytes_that_somebody_brings_again_meanwhile_stay(
    bob: User, source: Source, storage: Path
) -> None:
    Source.objects.all().delete()
    os.utime(storage / source.file, (time.time() - 90_000,) * 2)
    with transaction.atomic():
        kept = add_file(bob, "mine.txt", [BYTES])
        assert kept.file == source.file
        round_of_upkeep: Any = Aside(services.tidy)
        assert round_of_upkeep.waits()
    assert round_of_upkeep.end().files == 0
    assert default_storage.exists(kept.file)
