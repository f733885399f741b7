"""From an uploaded file to a searchable source: once, resumably, with a reason when it fails."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from autonomy.library.embed import Embedder, Vectors
from autonomy.memory import file_claims, page_stream, passage_embedding
from autonomy.memory.file_claims import sources_to_ingest
from autonomy.memory.ingestion import ingest_file
from autonomy.models import Passage, Source
from tests import ready_made
from tests.files import documents, hostile

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(ready_made.models(), threads=1)


@pytest.fixture
def upload(alice: Any) -> Callable[..., Source]:
    def make(path: Path, **fields: Any) -> Source:
        name = default_storage.save(f"uploads/{uuid.uuid4()}", ContentFile(path.read_bytes()))
        return Source.objects.create(owner=alice, file=name, file_name=path.name, **fields)

    return make


def test_a_paper_becomes_ready_with_passages_pages_and_metadata(
    upload: Callable[..., Source], embedder: Embedder, tmp_path: Path
) -> None:
    source = upload(documents.two_column_paper(tmp_path / "paper.pdf"))
    assert ingest_file(source.id, embedder) == "ready"
    source.refresh_from_db()
    assert source.csl["title"] == documents.TITLE
    assert source.pages
    assert source.pages >= 2
    assert source.media_type == "application/pdf"
    assert source.passage_count == source.embedded_count > 5
    assert source.ready_at is not None
    body = Passage.objects.filter(source=source, kind__in=("body", "abstract", "caption"))
    assert not body.filter(embedding__isnull=True).exists()
    assert not body.filter(text__contains="Quist, P. (2020)").exists()


def test_a_file_that_cannot_be_read_says_why(
    upload: Callable[..., Source], embedder: Embedder, tmp_path: Path
) -> None:
    source = upload(hostile.encrypted_pdf(tmp_path / "locked.pdf"))
    assert ingest_file(source.id, embedder) == "failed"
    source.refresh_from_db()
    assert source.error_code == "encrypted"
    assert "password" in source.error


def test_a_file_with_too_little_text_fails_as_empty(
    upload: Callable[..., Source], embedder: Embedder, tmp_path: Path
) -> None:
    path = tmp_path / "tiny.txt"
    path.write_text("Hello.")
    source = upload(path)
    assert ingest_file(source.id, embedder) == "failed"
    source.refresh_from_db()
    assert source.error_code == "empty"


def test_stored_bytes_that_are_gone_fail_with_a_sentence(alice: Any, embedder: Embedder) -> None:
    source = Source.objects.create(owner=alice, file="uploads/nothing", file_name="a.pdf")
    assert ingest_file(source.id, embedder) == "failed"
    source.refresh_from_db()
    assert "upload it again" in source.error


def test_a_second_message_neither_parses_nor_changes_anything(
    upload: Callable[..., Source],
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = upload(documents.word_document(tmp_path / "wells.docx"))
    assert ingest_file(source.id, embedder) == "ready"
    before = list(Passage.objects.filter(source=source).values_list("id", flat=True))
    monkeypatch.setattr(page_stream, "parse_in_subprocess", _never)
    assert ingest_file(source.id, embedder) == "ready"
    assert list(Passage.objects.filter(source=source).values_list("id", flat=True)) == before


def test_a_source_in_living_hands_is_left_alone(
    upload: Callable[..., Source],
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_stream, "parse_in_subprocess", _never)
    path = documents.word_document(tmp_path / "wells.docx")
    source = upload(path, status="parsing", worked_at=timezone.now(), attempts=1)
    assert ingest_file(source.id, embedder) == "parsing"


def test_a_dead_workers_source_is_taken_up_again(
    upload: Callable[..., Source], embedder: Embedder, tmp_path: Path
) -> None:
    path = documents.word_document(tmp_path / "wells.docx")
    gone = timezone.now() - timedelta(minutes=2)
    source = upload(path, status="parsing", worked_at=gone, attempts=1)
    assert sources_to_ingest() == [source.id]
    assert ingest_file(source.id, embedder) == "ready"
    assert sources_to_ingest() == []


def test_embedding_goes_on_where_it_stopped(
    upload: Callable[..., Source],
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passage_embedding, "BATCH", 2)
    source = upload(documents.two_column_paper(tmp_path / "paper.pdf"))
    with pytest.raises(ConnectionAbortedError):
        ingest_file(source.id, _DiesAfter(embedder, batches=2))
    source.refresh_from_db()
    assert (source.status, source.embedded_count) == ("embedding", 4)
    Source.objects.filter(id=source.id).update(worked_at=timezone.now() - timedelta(minutes=2))
    monkeypatch.setattr(page_stream, "parse_in_subprocess", _never)
    assert ingest_file(source.id, embedder) == "ready"
    source.refresh_from_db()
    assert source.embedded_count == source.passage_count


def test_a_file_that_kills_every_worker_is_given_up(
    upload: Callable[..., Source],
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_stream, "parse_in_subprocess", _never)
    monkeypatch.setattr(file_claims, "STALE", timedelta())
    gone = timezone.now()
    path = documents.word_document(tmp_path / "wells.docx")
    most = file_claims.MAX_CLAIMS
    source = upload(path, status="parsing", worked_at=gone, claims_without_progress=most)
    assert ingest_file(source.id, embedder) == "failed"
    source.refresh_from_db()
    assert f"{most} times" in source.error


def test_a_file_whose_workers_were_killed_nine_times_is_read_by_the_tenth(
    upload: Callable[..., Source],
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_claims, "STALE", timedelta())
    path = documents.word_document(tmp_path / "wells.docx")
    source = upload(path, status="parsing", worked_at=timezone.now(), claims_without_progress=9)
    assert ingest_file(source.id, embedder) == "ready"


def test_a_restart_of_postgresql_is_not_held_against_the_file(
    upload: Callable[..., Source], embedder: Embedder, tmp_path: Path
) -> None:
    before = timezone.now() - timedelta(days=30)  # the last sign of life is older than the server
    path = documents.word_document(tmp_path / "wells.docx")
    most = file_claims.MAX_CLAIMS
    source = upload(path, status="parsing", worked_at=before, claims_without_progress=most)
    assert ingest_file(source.id, embedder) == "ready"


def test_a_superseded_worker_writes_nothing(
    upload: Callable[..., Source],
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = upload(documents.word_document(tmp_path / "wells.docx"))

    def taken_over_meanwhile() -> None:
        Source.objects.filter(id=source.id).update(attempts=2)

    _while_pages_come(monkeypatch, taken_over_meanwhile)
    assert ingest_file(source.id, embedder) == "parsing"
    assert not Passage.objects.filter(source=source).exists()


def test_a_source_deleted_meanwhile_is_no_error(
    upload: Callable[..., Source],
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = upload(documents.word_document(tmp_path / "wells.docx"))

    def deleted_meanwhile() -> None:
        Source.objects.filter(id=source.id).delete()

    _while_pages_come(monkeypatch, deleted_meanwhile)
    assert ingest_file(source.id, embedder) == "gone"
    assert ingest_file(uuid.uuid4(), embedder) == "gone"


def test_metadata_that_a_person_corrected_is_kept(
    upload: Callable[..., Source], embedder: Embedder, tmp_path: Path
) -> None:
    corrected = {"type": "book", "title": "My own title"}
    path = documents.word_document(tmp_path / "wells.docx")
    source = upload(path, csl=corrected, csl_edited=True)
    assert ingest_file(source.id, embedder) == "ready"
    source.refresh_from_db()
    assert source.csl == corrected


def _while_pages_come(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    take = page_stream.PageStream.take

    def interrupted(stream: page_stream.PageStream, *, wait: bool) -> page_stream.Batch | None:
        batch = take(stream, wait=wait)
        if batch is not None:
            happens()
        return batch

    monkeypatch.setattr(page_stream.PageStream, "take", interrupted)


def _never(*args: Any, **named: Any) -> Any:
    raise AssertionError("parsed although it must not be")


class _DiesAfter(Embedder):
    """Works for some batches, then fails as a killed worker would."""

    def __init__(self, real: Embedder, batches: int) -> None:
        self._real, self._left = real, batches

    def count_tokens(self, text: str) -> int:
        return self._real.count_tokens(text)

    def encode(self, texts: Any) -> Vectors:
        if not self._left:
            raise ConnectionAbortedError
        self._left -= 1
        return self._real.encode(texts)
