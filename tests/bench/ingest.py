"""Reading files: pages and passages per second of the real pipeline, database included, against
the bare parts it stands on; a long PDF's way to its first searchable page and to ready.

`python -m tests.bench ingest`, or `python -m tests.bench.ingest FOLDER` to read a folder's PDFs too.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure

PAGES = int(os.environ.get("BENCH_PAGES", "300"))
_TOPICS = (
    "seagrass meadows and the energy of waves",
    "the pension of those who retire early",
    "brown trout and the streams in which they hatched",
    "central banks and the price of energy",
    "sleep and the consolidation of memories",
    "sediment in rivers after the snow has melted",
)


def long_pdf(path: Path, pages: int = PAGES) -> Path:
    """A book of `pages` pages that typst sets: headings, two paragraphs of prose on each page."""
    import typst

    parts = ["#set page(width: 150mm, height: 210mm, margin: 20mm)\n#set text(size: 10pt)\n"]
    for number in range(pages):
        topic = _TOPICS[number % len(_TOPICS)]
        parts.append(f"= Chapter {number + 1}: on {topic}\n")
        for paragraph in range(2):
            parts.append(
                " ".join(
                    f"In year {1900 + number} and observation {paragraph * 7 + line + 1} the study "
                    f"of {topic} found {number * 13 + line * 7 + 3} cases among "
                    f"{number + 17 * line + 5} groups, which changed what was believed before."
                    for line in range(7)
                )
                + "\n"
            )
        parts.append("#pagebreak(weak: true)\n")
    source = path.with_suffix(".typ")
    source.write_text("\n".join(parts), encoding="utf-8")
    typst.compile(str(source), output=str(path))
    return path


@dataclass(frozen=True, slots=True)
class Reading:
    """One file through the pipeline."""

    pages: int
    passages: int
    seconds: float
    first_seconds: float
    """Until a search found something of it."""


def bench(folder: Path | None = None) -> list[Figure]:
    """The figures; `folder` holds PDFs that are read as well."""
    with tempfile.TemporaryDirectory() as work, _database():
        files = [long_pdf(Path(work, "long.pdf"))]
        files += sorted(folder.glob("*.pdf")) if folder else []
        return [figure for path in files for figure in _figures(path)]


@contextmanager
def _database() -> Any:
    """A database of its own with the product's tables."""
    from tests.stack_process import StackProcess

    stack = StackProcess("--servers-only", "--throwaway")
    os.environ |= {
        "DATA_DIR": str(stack.data_dir),
        "DJANGO_SETTINGS_MODULE": "handywriterz.settings",
    }
    stack.start()
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
    finally:
        stack.stop()
        stack.remove()


def _figures(path: Path) -> list[Figure]:
    from autonomy.memory.embedding import shared_embedder

    shared_embedder().warm_up()
    reading, texts = _through_the_pipeline(path)
    text_seconds = _best(lambda: _bare_text(path))
    encode_seconds = _timed(lambda: shared_embedder().encode(texts))
    bare = text_seconds + encode_seconds
    again, _ = _through_the_pipeline(path)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    name = path.stem
    told = f"bare pypdfium2 text {text_seconds:.1f} s and bare encoding {encode_seconds:.1f} s"
    ratio = bare / reading.seconds
    return [
        Figure(f"{name}: pages", reading.pages, ""),
        Figure(f"{name}: pages per second", reading.pages / reading.seconds, "/s"),
        Figure(f"{name}: passages per second", reading.passages / reading.seconds, "/s", told),
        Figure(f"{name}: speed of the bare parts reached", ratio, "", told, "≥ 0.8", ratio >= 0.8),
        Figure(f"{name}: first searchable page", reading.first_seconds, "s"),
        Figure(f"{name}: ready", reading.seconds, "s"),
        Figure(f"{name}: the same bytes for somebody else, ready", again.seconds, "s"),
        Figure(f"{name}: memory of the worker", kilobytes / 1024, "MB"),
    ]


def _through_the_pipeline(path: Path) -> tuple[Reading, list[str]]:
    from django.contrib.auth.models import User

    from autonomy.memory.ingestion import ingest_file
    from autonomy.models import Passage
    from autonomy.services import add_file

    owner = User.objects.create(username=f"reader-{time.monotonic_ns()}")
    source = add_file(owner, path.name, [path.read_bytes()])
    found = threading.Event()
    first: list[float] = []
    began = time.perf_counter()
    watcher = threading.Thread(target=_watch, args=(source.pk, began, first, found))
    watcher.start()
    status = ingest_file(source.pk)
    seconds = time.perf_counter() - began
    found.set()
    watcher.join()
    if status != "ready":
        source.refresh_from_db()
        raise RuntimeError(f"{path.name} is {status}: {source.error}")
    source.refresh_from_db()
    rows = Passage.objects.filter(source=source, embedding__isnull=False)
    texts = list(rows.order_by("ordinal").values_list("text", flat=True))
    pages = int(source.pages or 1)
    reading = Reading(pages, source.passage_count, seconds, first[0] if first else seconds)
    return reading, texts


def _watch(source_id: Any, began: float, first: list[float], over: threading.Event) -> None:
    from django.db import connection

    from autonomy.models import Passage

    while not over.wait(0.1):
        if Passage.objects.filter(source_id=source_id, embedding__isnull=False).exists():
            first.append(time.perf_counter() - began)
            break
    connection.close()


def _bare_text(path: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    for page in document:
        page.get_textpage().get_text_range()
    document.close()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _best(work: Callable[[], object], rounds: int = 3) -> float:
    return min(_timed(work) for _ in range(rounds))


if __name__ == "__main__":
    from tests.bench.figures import table

    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.stdout.write(table(bench(given)))
