"""How long readings of files are kept: as long as somebody has the bytes and the reader is this one."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy import services
from autonomy.library.parsed import ParsedDocument
from autonomy.library.version import parser_version
from autonomy.memory.ingestion import ingest_file
from autonomy.memory.readings import Reading
from autonomy.models import FileReading, FileReadingPages, Source
from autonomy.runtime import upkeep
from tests.autonomy.memory import known_reader

pytestmark = pytest.mark.django_db(transaction=True)

NOTES = b"The meadow halves the energy of waves before they reach the beach. " * 9


def _read(owner: Any, name: str = "notes.txt") -> Source:
    source = services.add_file(owner, name, [NOTES])
    assert ingest_file(source.pk, known_reader.Words()) == "ready"  # type: ignore[arg-type]
    return source


def test_a_reading_goes_with_the_last_file_that_has_its_bytes(alice: Any, bob: Any) -> None:
    first, second = _read(alice), _read(bob, "other.txt")
    assert FileReading.objects.count() == 1
    services.delete_file(first)
    assert FileReading.objects.count() == 1
    assert FileReadingPages.objects.exists()
    services.delete_file(second)
    assert not FileReading.objects.exists()
    assert not FileReadingPages.objects.exists()


def test_a_file_that_is_deleted_when_its_last_page_was_read_ends_its_reading(
    alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = services.add_file(alice, "notes.txt", [NOTES])
    complete = Reading.complete

    def late(reading: Reading, document: ParsedDocument) -> None:
        services.delete_file(source)
        complete(reading, document)

    monkeypatch.setattr(Reading, "complete", late)
    ingest_file(source.pk, known_reader.Words())  # type: ignore[arg-type]
    assert not Source.objects.exists()
    assert not FileReading.objects.exists()


def test_a_reading_goes_with_its_owners_account(alice: Any) -> None:
    _read(alice)
    services.remove_account(alice)
    assert not FileReading.objects.exists()
    assert not FileReadingPages.objects.exists()


def test_upkeep_drops_readings_of_older_readers_and_of_bytes_that_nobody_has(alice: Any) -> None:
    kept = _read(alice)
    FileReading.objects.create(sha256=kept.sha256, ending=".txt", parser="an older one")
    lost = FileReading.objects.create(sha256="0" * 64, ending=".txt", parser=parser_version())
    FileReadingPages.objects.create(reading=lost, first=0, count=1, body=b"x")
    told = upkeep.tidy(dry_run=True)
    assert (told.readings, FileReading.objects.count()) == (2, 3)
    assert upkeep.tidy().readings == 2
    assert FileReading.objects.get().sha256 == kept.sha256
    assert FileReadingPages.objects.exclude(reading__sha256=kept.sha256).count() == 0
