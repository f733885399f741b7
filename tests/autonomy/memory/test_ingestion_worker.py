"""A worker that is killed with SIGKILL while it reads or embeds: its successor goes on there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from autonomy.memory import file_claims
from autonomy.memory.file_claims import claim_next
from autonomy.memory.ingestion import ingest_file
from autonomy.models import FileReading, FileReadingPages, Passage, Source
from tests.autonomy.memory import slow_reader
from tests.stack_process import ROOT, eventually

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = 12


@pytest.fixture
def book(alice: Any, tmp_path: Path) -> Source:
    return _book(alice, tmp_path)


def _book(owner: Any, folder: Path, name: str = "book.txt") -> Source:
    data = f"The book {name}".encode()
    stored = default_storage.save(f"files/{owner.pk}-{name}", ContentFile(data))
    return Source.objects.create(owner=owner, file=stored, file_name=name, sha256=name * 8)


@pytest.fixture
def worker() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A process that reads the next file, with a reader that stops for good at some page, or an
    embedder that stops at some batch."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**stops: int) -> subprocess.Popen[bytes]:
        database = settings.DATABASES["default"]["NAME"]
        environment = os.environ | {"TEST_DATABASE": str(database)}
        environment |= {f"STOP_{name.upper()}": str(at) for name, at in stops.items()}
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.autonomy.memory.slow_reader"], cwd=ROOT, env=environment
        )
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
        child.wait()


@pytest.mark.parametrize("stops", [{"page": 6}, {"batch": 2}])
def test_a_killed_worker_is_followed_by_one_that_goes_on_there(
    book: Source,
    worker: Callable[..., subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    stops: dict[str, int],
) -> None:
    child = worker(**stops)

    def far_enough() -> bool:
        book.refresh_from_db()
        return book.pages_read >= 5 if "page" in stops else book.embedded_count >= 2

    assert eventually(far_enough, 120)
    assert Passage.objects.filter(source=book, embedding__isnull=False).exists()
    child.send_signal(signal.SIGKILL)
    child.wait()
    kept = set(Passage.objects.filter(source=book).values_list("id", flat=True))
    read = FileReading.objects.get().pages_read
    embedded = Source.objects.get(pk=book.pk).embedded_count

    monkeypatch.setattr(file_claims, "STALE", file_claims.STALE * 0)
    reader = slow_reader.Reader(PAGES)
    reader.install(monkeypatch)
    embedder = slow_reader.Words()
    assert ingest_file(book.pk, embedder) == "ready"  # type: ignore[arg-type]

    book.refresh_from_db()
    passages = Passage.objects.filter(source=book).order_by("ordinal")
    assert kept <= set(passages.values_list("id", flat=True))
    assert [p.ordinal for p in passages] == list(range(book.passage_count))
    assert {p.page for p in passages} == set(range(1, PAGES + 1))
    assert (book.pages_read, book.embedded_count) == (PAGES, book.passage_count)
    assert reader.asked_from == ([] if read == PAGES else [read + 1])
    assert embedder.texts == book.passage_count - embedded


def test_files_of_people_take_turns(alice: Any, bob: Any, tmp_path: Path) -> None:
    many = [_book(alice, tmp_path, f"a{n}.txt") for n in range(5)]
    one = _book(bob, tmp_path, "b.txt")
    order = [claim_next() for _ in range(3)]
    assert [source and source.pk for source in order] == [many[0].pk, one.pk, many[1].pk]


def test_bytes_that_are_being_read_for_somebody_else_wait_for_that_reading(
    alice: Any, bob: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = _book(alice, tmp_path, "same.txt"), _book(bob, tmp_path, "same.txt")
    held = claim_next()
    assert held is not None
    assert held.pk == first.pk
    assert claim_next() is None
    Source.objects.filter(pk=first.pk).update(status="queued")
    reader = slow_reader.Reader(PAGES)
    reader.install(monkeypatch)
    embedder = slow_reader.Words()
    for source in (first, second):
        assert ingest_file(source.pk, embedder) == "ready"  # type: ignore[arg-type]
    assert reader.asked_from == [1]  # read once
    one, other = (Passage.objects.filter(source=s).order_by("ordinal") for s in (first, second))
    assert [p.text for p in one] == [p.text for p in other]
    assert embedder.texts == one.count()  # and embedded once


def test_a_reading_names_nobody_and_each_file_is_titled_after_its_own_name(
    alice: Any, bob: Any, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("The meadow halves the energy of waves before they reach the beach. " * 9)
    titles = {}
    for owner, name in ((alice, "Alices secret plan.txt"), (bob, "tides.txt")):
        stored = default_storage.save(f"files/{owner.pk}", ContentFile(path.read_bytes()))
        source = Source.objects.create(owner=owner, file=stored, file_name=name, sha256="ab" * 32)
        assert ingest_file(source.pk, slow_reader.Words()) == "ready"  # type: ignore[arg-type]
        source.refresh_from_db()
        titles[name] = source.csl["title"]
    assert titles == {"Alices secret plan.txt": "Alices secret plan", "tides.txt": "tides"}
    assert FileReading.objects.count() == 1
    assert FileReadingPages.objects.count() >= 1
