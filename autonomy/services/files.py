"""Files of a person's library: taken in, read in the background, removed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from django.contrib.auth.models import User
from django.db import transaction

from autonomy.core.types import FileStatus
from autonomy.memory.readings import drop_unused_readings
from autonomy.models import Source
from autonomy.runtime.contention import transacted
from autonomy.runtime.couriers import ring_file
from autonomy.services.storage import discard, hold_kept, keep, remove_unnamed

NAME_CHARS = 255


def add_file(
    owner: User, file_name: str, chunks: Iterable[bytes], declared_type: str = ""
) -> Source:
    """Store a file and have it read in the background.

    The same bytes of the same owner give the source that is already there; one whose reading
    failed is tried again. `declared_type` is only kept until the bytes have been looked at.

    Raises:
        TooLarge, Invalid: more bytes than accepted, or none.
        Unavailable: they cannot be stored just now.
    """
    stored = keep(chunks)
    with transaction.atomic():
        hold_kept(stored.name)
        row = Source(
            owner=owner,
            file=stored.name,
            file_name=safe_name(file_name),
            media_type=declared_type[:120],
            size_bytes=stored.size,
            sha256=stored.sha256,
        )
        mine = Source.objects.select_for_update().filter(owner=owner, sha256=stored.sha256)
        kept = None
        while kept is None:  # what is deleted at this moment goes first
            Source.objects.bulk_create([row], ignore_conflicts=True)
            kept = mine.first()
        if kept.pk != row.pk and kept.status == FileStatus.FAILED:
            kept.status = FileStatus.QUEUED
            kept.error = kept.error_code = ""
            kept.claims_without_progress = 0
            kept.file = stored.name
            kept.save(
                update_fields=["status", "error", "error_code", "claims_without_progress", "file"]
            )
        elif kept.pk != row.pk and kept.file != stored.name:
            discard(stored)
        if kept.status == FileStatus.QUEUED:
            transaction.on_commit(lambda: ring_file(kept.pk))
    return kept


def safe_name(name: str) -> str:
    """The last part of a name that a browser sent, without what confuses file systems, headers or
    people (separators, control and direction characters)."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(
        c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C"
    )
    kept = kept.strip(" .")
    if len(kept) > NAME_CHARS:
        stem, dot, ending = kept.rpartition(".")
        room = NAME_CHARS - len(ending) - 1
        kept = f"{stem[:room]}.{ending}" if dot and len(ending) < 20 else kept[:NAME_CHARS]
    return kept or "file"


@transacted
def delete_file(source: Source) -> bool:
    """Remove a file and its passages; whether it was there. Documents keep the text their citations
    were bound to.

    Whoever reads it at this moment, or stores a row that names it, waits or is waited for.
    """
    held = Source.objects.select_for_update().filter(pk=source.pk).first()
    if held is None:
        return False
    name, sha256 = held.file, held.sha256
    held.delete()
    if sha256:
        drop_unused_readings(sha256=sha256)
    if name:
        # The source is gone even if storage fails: upkeep finds such bytes.
        transaction.on_commit(lambda: remove_unnamed(name), robust=True)
    return True
