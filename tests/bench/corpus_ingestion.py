"""A collection's documents as files of one person, read by the product's own ingestion.

Each document is a Markdown file with its title as heading, taken in by `services.add_file` and read
by `ingest_file`: parser, chunker, embedder and tables are the real ones. Only the parser's process
is not: starting one for each abstract would take most of the time and read the same. What is there already is
not read again, so a run that broke off goes on and a second one finds everything.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

OWNER = "bench"
SIDE_BY_SIDE = 3
"""Files in work at once: one waits for its parser while another is embedded."""


def document_bytes(title: str, text: str) -> bytes:
    """The file that stands for a document."""
    return f"# {' '.join(title.split())}\n\n{text.strip()}\n".encode()


def ingest(documents: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Bring every document into the library of the person `OWNER`; source id to document id.

    Documents that hold too little text to quote from are left out, as they are for people.
    """
    from django.contrib.auth.models import User

    owner, _ = User.objects.get_or_create(username=OWNER)
    files = {key: document_bytes(*document) for key, document in documents.items()}
    by_digest = {hashlib.sha256(data).hexdigest(): key for key, data in files.items()}
    settled = _settled(owner)
    todo = [key for digest, key in by_digest.items() if digest not in settled]
    began = time.monotonic()
    with (
        patch("autonomy.memory.page_stream.parse_in_subprocess", _parse_here),
        ThreadPoolExecutor(SIDE_BY_SIDE) as pool,
    ):
        jobs = pool.map(lambda key: _add(owner, key, files[key]), todo)
        for count, _status in enumerate(jobs, 1):
            if count % 250 == 0 or count == len(todo):
                rate = count / (time.monotonic() - began)
                sys.stderr.write(f"{count:,} of {len(todo):,} files read, {rate:.1f} a second\n")
    return {
        source: by_digest[digest]
        for digest, (source, status) in _settled(owner).items()
        if digest in by_digest and status == "ready"
    }


def _parse_here(
    path: Path, file_name: str, limits: Any = None, *, on_pages: Any = None, first_page: int = 1
) -> Any:
    from autonomy.library.parse import parse

    document = parse(path, file_name, limits)
    if on_pages is not None and document.pages:
        on_pages(document.pages, document.page_count)
    return document


def _settled(owner: Any) -> dict[str, tuple[str, str]]:
    """SHA-256 to source and status of the files that need no more work."""
    from autonomy.models import Source

    rows = Source.objects.filter(owner=owner, status__in=("ready", "failed"))
    return {
        row["sha256"]: (str(row["id"]), row["status"])
        for row in rows.values("id", "sha256", "status")
    }


def _add(owner: Any, key: str, data: bytes) -> str:
    from django.db import connections

    from autonomy import services
    from autonomy.memory.ingestion import ingest_file

    try:
        return ingest_file(services.add_file(owner, f"{key}.md", [data], "text/markdown").pk)
    finally:
        connections.close_all()
