"""A worker for files that is killed with SIGKILL, as it reads and as it embeds: the next one goes on
there, and soon. The worker is Celery's own, in a process of its own, on the test's database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from autonomy import services
from autonomy.memory.embedding import shared_embedder
from autonomy.memory.file_claims import sources_to_ingest
from autonomy.models import FileReading, FileReadingPages, Passage, Source
from autonomy.runtime import couriers
from handywriterz.stack.addresses import database_url
from tests.bench.ingest import long_pdf
from tests.patience import patience
from tests.stack_process import ROOT, eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(420)]

PAGES = 24
FOUND_DEAD_SECONDS = 8.0
"""From the kill until a sweeper would ring for the file; a worker's start comes on top."""
_STOP = 0x73746F70
_TRIGGER = f"""
CREATE FUNCTION stop_the_worker() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (NEW.attempts = 1 AND NEW.pages_read > OLD.pages_read AND OLD.pages_read > 0)
    OR (NEW.attempts = 2 AND NEW.embedded_count > OLD.embedded_count AND OLD.embedded_count > 0
        AND NEW.pages_read >= {PAGES - 1})
    THEN PERFORM pg_advisory_xact_lock_shared({_STOP}); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stop_the_worker BEFORE UPDATE ON autonomy_sources
FOR EACH ROW EXECUTE FUNCTION stop_the_worker();
"""
"""The first worker waits in the middle of its second batch of pages, the second one in the middle
of storing vectors when some are stored; while the test holds a lock."""
_WAITS = f"""
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {_STOP} AND NOT granted
"""


@pytest.fixture
def start_worker(redis_url: str, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts `celery worker` for the queue of files, with a pool that is the process itself, so
    that one signal kills all of it."""
    database = str(settings.DATABASES["default"]["NAME"])
    environment = os.environ | {"DATABASE_URL": database_url(Path(settings.DATA_DIR), database)}
    started: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-m", "celery", "-A", "handywriterz", "worker", "--pool=solo"]
    command += [
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "-Q",
        "files",
        "--loglevel=INFO",
    ]

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            worker = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        started.append(worker)
        return worker

    with connection.cursor() as cursor:
        cursor.execute(_TRIGGER)
    yield start
    for worker in started:
        worker.kill()
        worker.wait()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
        cursor.execute("DROP FUNCTION stop_the_worker CASCADE")


def test_a_killed_worker_is_followed_by_one_that_goes_on_at_the_same_page_and_vector(
    alice: Any, start_worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    shared_embedder().warm_up()  # the graph is built once, not by each worker
    path = long_pdf(tmp_path / "book.pdf", PAGES)
    book = services.add_file(alice, path.name, [path.read_bytes()])

    kept = _killed_in_the_middle(start_worker, book)
    assert 0 < book.pages_read < PAGES
    first_pages = book.pages_read
    later = _killed_in_the_middle(start_worker, book)
    assert book.pages_read >= PAGES - 1 > first_pages
    assert 0 < book.embedded_count < book.passage_count
    vectors = _vectors(book)
    start_worker()
    assert eventually(_rung(book), 90, every=0.5)
    assert eventually(lambda: _now(book).status not in ("parsing", "embedding"), 90)
    assert book.status == "ready"

    passages = Passage.objects.filter(source=book).order_by("ordinal")
    now = dict(passages.values_list("id", "text"))
    assert kept.items() <= later.items() <= now.items()
    assert vectors.items() <= _vectors(book).items()
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    assert len(set(now.values())) == len(now)
    assert {p.page for p in passages} == set(range(1, PAGES + 1))
    assert not passages.filter(embedding=None, kind="body").exists()
    assert (book.pages_read, book.embedded_count) == (PAGES, book.passage_count)
    assert book.attempts == 3
    # Each page was read once, whoever read it.
    batches = FileReadingPages.objects.filter(reading=FileReading.objects.get()).order_by("first")
    read = [n for batch in batches for n in range(batch.first, batch.first + batch.count)]
    assert read == list(range(PAGES))


def _now(book: Source) -> Source:
    book.refresh_from_db()
    return book


def _vectors(book: Source) -> dict[Any, str]:
    """Of the passages that have one; with the row's version, which a second write would change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, xmin::text FROM autonomy_passages"
            " WHERE source_id = %s AND embedding IS NOT NULL",
            [book.pk],
        )
        return dict(cursor.fetchall())


def _killed_in_the_middle(
    start_worker: Callable[[], subprocess.Popen[bytes]], book: Source
) -> dict[Any, str]:
    """Have a worker go on with the book and kill it in the middle; the passages stored by then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_STOP])
        worker = start_worker()

        assert eventually(_rung(book), 120, every=0.5), vars(_now(book))
        assert eventually(lambda: _stopped(cursor), 120), vars(_now(book))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed_at = time.monotonic()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_STOP])
    assert eventually(lambda: sources_to_ingest() == [book.pk], FOUND_DEAD_SECONDS)
    assert time.monotonic() - killed_at < patience(FOUND_DEAD_SECONDS)
    assert _now(book).status in ("parsing", "embedding")
    return dict(Passage.objects.filter(source=book).values_list("id", "text"))


def _rung(book: Source) -> Callable[[], bool]:
    """Rings for the book until a worker has taken it up: a ring may be lost."""
    before = _now(book).attempts

    def taken() -> bool:
        if _now(book).attempts > before:
            return True
        couriers.ring_file(book.pk)
        return False

    return taken


def _stopped(cursor: Any) -> bool:
    cursor.execute(_WAITS)
    return bool(cursor.fetchone()[0])
