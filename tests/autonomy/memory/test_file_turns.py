"""Whose file is next, and what is shared of equal bytes: the reading, and nothing of its owner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from autonomy.memory.file_claims import claim_next
from autonomy.memory.ingestion import ingest_file
from autonomy.models import FileReading, FileReadingPages, Passage, Source
from tests.autonomy.memory import known_reader

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = 12


def _book(owner: Any, folder: Path, name: str = "book.txt") -> Source:
    data = f"The book {name}".encode()
    stored = default_storage.save(f"files/{owner.pk}-{name}", ContentFile(data))
    return Source.objects.create(owner=owner, file=stored, file_name=name, sha256=name * 8)


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
    reader = known_reader.Reader(PAGES)
    reader.install(monkeypatch)
    embedder = known_reader.Words()
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
        assert ingest_file(source.pk, known_reader.Words()) == "ready"  # type: ignore[arg-type]
        source.refresh_from_db()
        titles[name] = source.csl["title"]
    assert titles == {"Alices secret plan.txt": "Alices secret plan", "tides.txt": "tides"}
    assert FileReading.objects.count() == 1
    assert FileReadingPages.objects.count() >= 1
