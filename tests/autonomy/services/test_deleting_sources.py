"""A source is deleted while something else happens to it: both are carried out, in turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from autonomy.memory.file_claims import Superseded, claim
from autonomy.memory.imported import adopt_reference
from autonomy.memory.passage_embedding import PassageEmbedding
from autonomy.models import Passage, Posting, RunSource, Source
from autonomy.models.memory import EMBEDDING_DIMENSIONS
from autonomy.services import files, sources
from tests.autonomy.api.world import make_run
from tests.autonomy.memory.reader import TEXT, Reader
from tests.locks import Aside

pytestmark = pytest.mark.django_db(transaction=True)

BYTES = b"Ink fades in the sun, and paper yellows. " * 20


@pytest.fixture
def source(alice: User) -> Source:
    return files.add_file(alice, "ink.txt", [BYTES])


def test_a_deletion_waits_for_the_pages_that_are_being_stored(source: Source) -> None:
    reader = Reader(source)
    with transaction.atomic():
        reader.cut()
        deletion = Aside(lambda: files.delete_file(source))
        assert deletion.waits()
    assert deletion.end() is True
    assert not Source.objects.exists()
    assert not Passage.objects.exists()
    assert not Posting.objects.exists()


def test_pages_that_come_after_the_deletion_are_not_stored(source: Source) -> None:
    reader = Reader(source)
    with transaction.atomic():
        files.delete_file(source)
        reading = Aside(reader.cut)
        assert reading.waits()
    with pytest.raises(Superseded):
        reading.end()
    assert not Passage.objects.exists()


def test_all_of_several_go_though_one_is_being_read(alice: User, source: Source) -> None:
    others = [files.add_file(alice, name, [name.encode() * 50]) for name in ("b.txt", "c.txt")]
    reader = Reader(source)
    with transaction.atomic():
        reader.cut()
        ids = [row.pk for row in (others[0], source, others[1])]
        deletion = Aside(lambda: sources.delete_sources(alice, ids))
        assert deletion.waits()
    assert deletion.end() == 3
    assert not Source.objects.exists()


def test_of_two_deletions_of_the_same_source_one_counts(alice: User, source: Source) -> None:
    with transaction.atomic():
        assert sources.delete_sources(alice, [source.pk]) == 1
        again = Aside(lambda: sources.delete_sources(alice, [source.pk]))
        assert again.waits()
    assert again.end() == 0


def test_one_that_cannot_be_deleted_does_not_hide_what_went(
    alice: User, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = files.add_file(alice, "b.txt", [b"another" * 50])
    delete: Callable[[Source], bool] = files.delete_file

    def fail_for_the_first(row: Source) -> bool:
        if row.pk == source.pk:
            raise IntegrityError
        return delete(row)

    monkeypatch.setattr(sources, "delete_file", fail_for_the_first)
    assert sources.delete_sources(alice, [source.pk, other.pk]) == 1
    with pytest.raises(IntegrityError):
        sources.delete_sources(alice, [source.pk])


def test_a_source_is_gone_though_its_bytes_cannot_be_removed(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(files, "remove_unnamed", fail)
    assert files.delete_file(source)
    assert not Source.objects.exists()


def test_a_file_that_is_brought_again_while_it_is_deleted_is_taken_anew(
    alice: User, source: Source
) -> None:
    with transaction.atomic():
        held = Source.objects.select_for_update().get(pk=source.pk)
        upload = Aside(lambda: files.add_file(alice, "again.txt", [BYTES]))
        assert upload.waits()
        files.delete_file(held)
    kept = upload.end()
    assert kept.pk != source.pk
    assert Source.objects.get() == kept


def test_vectors_are_copied_source_first_as_deletions_go(
    alice: User, bob: User, source: Source
) -> None:
    """The other way round, each would wait for the other."""
    twin = files.add_file(bob, "twin.txt", [BYTES])
    vector = [1.0] + [0.0] * (EMBEDDING_DIMENSIONS - 1)
    for row, embedding in ((source, None), (twin, vector)):
        Passage.objects.create(
            source=row, ordinal=0, text=TEXT, char_end=len(TEXT), embedding=embedding
        )
    Source.objects.filter(pk=twin.pk).update(embedded_count=1)
    held = claim(source.pk)
    assert held is not None
    with transaction.atomic():
        Source.objects.select_for_update().get(pk=source.pk)
        copying = Aside(PassageEmbedding(held, None).some)  # type: ignore[arg-type]
        assert copying.waits()
        # Whoever deletes the source comes to its passages next.
        assert list(Passage.objects.select_for_update(nowait=True).filter(source=source))
    assert copying.end() == 1


def test_a_reference_that_a_run_finds_just_now_is_not_taken_from_it(alice: User) -> None:
    csl = {"type": "book", "title": "On ink", "DOI": "10.1000/ink"}
    reference = Source.objects.create(
        owner=alice, csl=csl, doi="10.1000/ink", origin="import", reading="nothing", status="ready"
    )
    upload = Source.objects.create(owner=alice, csl=csl, doi="10.1000/ink", status="embedding")
    with transaction.atomic():
        RunSource.objects.create(run=make_run(alice), source=reference, query="ink")
        transaction.get_connection().check_constraints()
        adopting = Aside(lambda: adopt_reference(upload.pk))
        assert adopting.waits()
    assert adopting.end() is True
    assert Source.objects.filter(pk=reference.pk).exists()
    assert RunSource.objects.filter(source=reference).exists()
