"""Works from outside become sources: once, with what text there is, and the owner's own text first."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from autonomy.core.types import Reading, Source, SourceOrigin
from autonomy.core.works import Fetched, OpenCopy, Retraction, Work
from autonomy.library.embed import Embedder
from autonomy.memory import shelf_rows, storage
from autonomy.memory.ingestion import ingest_file
from autonomy.memory.shelf import LibraryShelf
from autonomy.memory.vector_repo import PassageRepository
from autonomy.models import Passage
from autonomy.models import Source as Row
from autonomy.services.files import delete_file
from tests import ready_made
from tests.files import documents, hostile

pytestmark = pytest.mark.django_db(transaction=True)

ABSTRACT = (
    "Seagrass meadows slow the water that passes over them. We measured wave height at forty "
    "stations and found that dense meadows halved it. Sparse meadows made no difference."
)


def work(**changes: Any) -> Work:
    given: dict[str, Any] = {
        "csl": {
            "type": "article-journal",
            "title": "Seagrass meadows and the height of waves",
            "author": [{"family": "Mørk", "given": "A."}],
            "issued": {"date-parts": [[2021]]},
        },
        "identifiers": {"doi": "10.5555/seagrass.1"},
        "providers": ("openalex", "crossref"),
        "abstract": ABSTRACT,
        "url": "https://registry.example/seagrass",
        "cited_by": 12,
        "references": ("doi:10.5555/older",),
    }
    return Work(**{**given, **changes})


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(ready_made.models(), threads=1)


async def run_db(call: Callable[..., Any], /, *args: Any) -> Any:
    """As the runtime does: on another thread, whose connection ends with it."""

    def work() -> Any:
        try:
            return call(*args)
        finally:
            connection.close()

    return await asyncio.to_thread(work)


class Desk:
    """Alice's shelf, with a worker that reads at once when it is rung for (or never)."""

    def __init__(self, owner_id: int, embedder: Embedder, *, reads: bool = True) -> None:
        self.rung: list[str] = []
        self._reads = reads
        self._embedder = embedder
        self.shelf = LibraryShelf(
            owner_id,
            embedder,
            run_db,
            ring=self._ring,
            patience=1.0,
            most_bytes=5_000_000,
            sleep=self._read,
        )
        self.library = PassageRepository(owner_id, embedder, run_db)

    def _ring(self, source_id: str) -> None:
        self.rung.append(source_id)

    async def _read(self, seconds: float) -> None:
        if self._reads:
            await run_db(ingest_file, self.rung[-1], self._embedder)

    def add(self, work: Work, fetched: Fetched | None = None, **said: Any) -> Source:
        source = self.added(work, fetched, **said)
        assert source is not None
        return source

    def added(self, work: Work, fetched: Fetched | None = None, **said: Any) -> Source | None:
        return asyncio.run(self.shelf.add(work, fetched, **said))

    def find(self, work: Work) -> Source | None:
        return asyncio.run(self.shelf.find(work))


@pytest.fixture
def desk(alice: Any, embedder: Embedder) -> Desk:
    return Desk(alice.pk, embedder)


def paper(tmp_path: Path) -> Fetched:
    body = documents.two_column_paper(tmp_path / "paper.pdf").read_bytes()
    return Fetched(
        url="https://journal.example/paper.pdf",
        media_type="application/pdf",
        file_name="paper.pdf",
        body=body,
    )


def test_a_work_without_a_free_copy_is_searchable_by_its_abstract(desk: Desk) -> None:
    source = desk.add(work(), query="seagrass waves", reason="close to the topic")

    assert source.reading is Reading.ABSTRACT
    assert source.origin is SourceOrigin.SCHOLARLY
    found = asyncio.run(desk.library.search("dense meadows halve wave height"))
    assert [p.source_id for p in found] == [source.id]
    assert found[0].page is None
    row = Row.objects.get(pk=source.id)
    assert row.doi == "10.5555/seagrass.1"
    assert row.record["query"] == "seagrass waves"
    assert row.record["references"] == ["doi:10.5555/older"]
    assert not row.retracted


def test_the_same_work_by_doi_or_by_title_author_and_year_is_one_source(desk: Desk) -> None:
    first = desk.add(work())
    again = desk.add(work(identifiers={"doi": "10.5555/SEAGRASS.1"}))
    preprint = desk.add(
        work(
            csl={
                "type": "article",
                "title": "Seagrass Meadows and the Height of Waves.",
                "author": [{"family": "Mørk"}],
                "issued": {"date-parts": [[2020]]},
            },
            identifiers={"arxiv": "2001.01234"},
        )
    )
    other = desk.add(
        work(
            csl={"title": "Seagrass meadows and the height of waves", "author": [{"family": "Li"}]},
            identifiers={"doi": "10.5555/another"},
        )
    )

    assert first.id == again.id == preprint.id
    assert other.id != first.id
    assert Row.objects.count() == 2
    assert Row.objects.get(pk=first.id).record["identifiers"]["arxiv"] == "2001.01234"


def test_full_text_is_read_like_an_upload_and_keeps_the_registrys_description(
    desk: Desk, tmp_path: Path
) -> None:
    source = desk.add(
        work(copies=(OpenCopy(url="https://journal.example/paper.pdf"),)), paper(tmp_path)
    )

    assert source.reading is Reading.FULL_TEXT
    assert source.passages > 5
    assert source.csl["title"] == "Seagrass meadows and the height of waves"
    assert Passage.objects.filter(source_id=source.id, page=2).exists()


def test_a_source_with_an_abstract_gains_full_text_when_it_is_found(
    desk: Desk, tmp_path: Path
) -> None:
    before = desk.add(work())
    after = desk.add(work(), paper(tmp_path))

    assert before.id == after.id
    assert after.reading is Reading.FULL_TEXT
    assert not Passage.objects.filter(source_id=after.id, page=None).exists()


def test_full_text_that_cannot_be_read_falls_back_to_the_abstract(
    desk: Desk, tmp_path: Path
) -> None:
    locked = hostile.encrypted_pdf(tmp_path / "locked.pdf").read_bytes()
    fetched = Fetched(url="https://x.example/a", media_type="", file_name="a.pdf", body=locked)
    source = desk.add(work(), fetched)

    assert source.reading is Reading.ABSTRACT
    row = Row.objects.get(pk=source.id)
    assert row.status == "ready"
    assert "password" in " ".join(row.remarks)
    assert not row.file


def test_full_text_that_no_worker_reads_in_time_falls_back_too(
    alice: Any, embedder: Embedder, tmp_path: Path
) -> None:
    desk = Desk(alice.pk, embedder, reads=False)
    source = desk.add(work(), paper(tmp_path))

    assert desk.rung == [source.id]
    assert source.reading is Reading.ABSTRACT
    assert source.passages == 1


def test_an_uploaded_file_of_the_work_is_that_source_and_is_not_replaced(
    desk: Desk, alice: Any, embedder: Embedder, tmp_path: Path
) -> None:
    fetched = paper(tmp_path)
    name = default_storage.save("files/own", ContentFile(b"x" + fetched.body))
    own = Row.objects.create(owner=alice, file=name, file_name="own.pdf", csl=work().csl)
    ingest_file(own.pk, embedder)
    Row.objects.filter(pk=own.pk).update(csl=work().csl)
    texts = list(Passage.objects.filter(source=own).values_list("id", flat=True))

    source = desk.add(work(), fetched)

    assert source.id == str(own.pk)
    assert source.origin is SourceOrigin.UPLOAD
    assert list(Passage.objects.filter(source=own).values_list("id", flat=True)) == texts
    assert not desk.rung


def test_the_very_bytes_of_an_upload_are_that_source(
    desk: Desk, alice: Any, embedder: Embedder, tmp_path: Path
) -> None:
    fetched = paper(tmp_path)
    name = default_storage.save("files/same", ContentFile(fetched.body))
    digest = hashlib.sha256(fetched.body).hexdigest()
    own = Row.objects.create(owner=alice, file=name, file_name="own.pdf", sha256=digest)
    ingest_file(own.pk, embedder)

    assert desk.add(work(), fetched).id == str(own.pk)
    assert Row.objects.count() == 1


def test_metadata_alone_is_listed_and_has_nothing_to_cite(desk: Desk) -> None:
    source = desk.add(work(abstract=""))

    assert source.reading is Reading.NOTHING
    assert source.passages == 0
    assert Row.objects.get(pk=source.id).remarks


def test_a_notice_of_retraction_marks_the_source(desk: Desk) -> None:
    assert desk.add(work(notices=(Retraction(kind="retraction"),))).retracted
    corrected = work(
        csl={"title": "Another matter entirely"},
        identifiers={"doi": "10.5555/c"},
        notices=(Retraction(kind="correction"),),
    )
    assert not desk.add(corrected).retracted


def test_nobody_elses_sources_are_found_or_changed(
    desk: Desk, bob: Any, embedder: Embedder
) -> None:
    hers = desk.add(work())
    his = Desk(bob.pk, embedder)

    assert his.find(work()) is None
    assert his.add(work()).id != hers.id
    assert asyncio.run(his.shelf.work(hers.id)) is None


def test_what_registries_said_can_be_asked_for_again(desk: Desk) -> None:
    source = desk.add(work())
    said = asyncio.run(desk.shelf.work(source.id))

    assert said is not None
    assert said.references == ("doi:10.5555/older",)
    assert said.identifiers["doi"] == "10.5555/seagrass.1"


def test_a_found_source_can_be_deleted_like_a_file(desk: Desk) -> None:
    source = desk.add(work())
    delete_file(Row.objects.get(pk=source.id))

    assert desk.find(work()) is None


def delete_all() -> None:
    for row in Row.objects.all():
        delete_file(row)


def afterwards(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, then: Any) -> None:
    """Have `then` called each time that `owner.name` has done its work."""
    real = getattr(owner, name)

    def both(*given: Any) -> Any:
        result = real(*given)
        then()
        return result

    monkeypatch.setattr(owner, name, both)


def test_a_source_that_is_deleted_while_it_is_read_is_not_brought_back(
    alice: Any, embedder: Embedder, tmp_path: Path
) -> None:
    class Deleted(Desk):
        async def _read(self, seconds: float) -> None:
            await run_db(delete_all)

    desk = Deleted(alice.pk, embedder)

    assert desk.added(work(), paper(tmp_path)) is None
    assert desk.rung
    assert not Row.objects.exists()


@pytest.mark.parametrize("fetched", [True, False], ids=["full text", "abstract"])
def test_a_source_that_is_deleted_once_it_is_made_is_not_brought_back(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fetched: bool
) -> None:
    afterwards(monkeypatch, shelf_rows, "find_or_make", delete_all)

    assert desk.added(work(), paper(tmp_path) if fetched else None) is None
    assert not Row.objects.exists()


def test_a_source_that_is_deleted_while_its_bytes_are_stored_leaves_none_of_them(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    afterwards(monkeypatch, storage, "keep", delete_all)
    fetched = paper(tmp_path)
    digest = hashlib.sha256(fetched.body).hexdigest()

    assert desk.added(work(), fetched) is None
    assert not desk.rung
    assert not Row.objects.exists()
    assert not default_storage.exists(f"files/{digest[:2]}/{digest}")


def test_what_a_worker_reads_of_a_source_that_is_found_again_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = desk.add(work())

    def read() -> None:
        row = Row.objects.get(pk=source.id)
        Row.objects.filter(pk=row.pk).update(record={**row.record, "references_listed": ["Older"]})

    afterwards(monkeypatch, shelf_rows, "_find", read)
    desk.add(work(cited_by=13))

    record = Row.objects.get(pk=source.id).record
    assert (record["cited_by"], record["references_listed"]) == (13, ["Older"])


def test_a_source_that_is_deleted_when_it_is_found_again_is_made_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.add(work())
    afterwards(monkeypatch, shelf_rows, "_find", delete_all)
    second = desk.add(work())

    assert second.id != first.id
    assert second.reading is Reading.ABSTRACT
    assert Row.objects.count() == 1


def test_a_source_that_was_given_text_meanwhile_keeps_it(
    desk: Desk, alice: Any, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run found a copy too; and the library has the bytes that this one brings."""
    fetched = paper(tmp_path)
    name = default_storage.save("files/same", ContentFile(fetched.body))
    digest = hashlib.sha256(fetched.body).hexdigest()
    Row.objects.create(owner=alice, file=name, file_name="own.pdf", sha256=digest)
    found = desk.add(work(abstract=""))
    row = Row.objects.get(pk=found.id)

    def meanwhile() -> None:
        kept = default_storage.save("files/other", ContentFile(b"Another copy"))
        Row.objects.filter(pk=row.pk).update(
            file=kept, file_name="other.txt", status="ready", reading="full_text"
        )

    afterwards(monkeypatch, storage, "keep", meanwhile)
    source = desk.add(work(abstract=""), fetched)

    assert source.id == found.id
    row.refresh_from_db()
    assert row.file_name == "other.txt"


def test_nearness_is_high_for_what_is_alike_in_meaning(desk: Desk) -> None:
    near, far = asyncio.run(
        desk.shelf.nearness(
            ["waves over seagrass"], [ABSTRACT, "Pension rules for early retirement."]
        )
    )
    assert near[0] > far[0] + 0.2
