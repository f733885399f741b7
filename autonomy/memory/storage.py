"""Bytes of sources: written once, under the name of their own digest."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection

HEAD_BYTES = 8_192
DIGEST_CHARS = 64


class TooManyBytes(Exception):
    """There are more than `limit`; reading stopped there."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit:,} bytes")
        self.limit = limit


class NoBytes(Exception):
    """There is nothing to store."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in storage."""

    name: str
    """Storage name: `<folder>/<first two>/<sha256>`."""
    sha256: str
    size: int
    head: bytes
    """The first bytes, for recognising the type."""
    fresh: bool
    """Whether this call wrote it; False means that the same bytes were there."""


def keep(
    chunks: Iterable[bytes], limit: int, folder: str = "files", *, shared: bool = True
) -> Stored:
    """Store the bytes without ever holding them all in memory.

    Args:
        limit: most bytes.
        shared: whether bytes that are there already are not written again. What is not shared can
            be removed without regard to whoever brings the same at that moment.

    Raises:
        TooManyBytes, NoBytes: there are more, or none.
        OSError: the disk is full or cannot be written, here or for the copy made meanwhile.
    """
    digest = hashlib.sha256()
    size = 0
    head = b""
    with tempfile.TemporaryFile() as copy:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooManyBytes(limit)
            if len(head) < HEAD_BYTES:
                head += chunk[: HEAD_BYTES - len(head)]
            digest.update(chunk)
            copy.write(chunk)
        if size == 0:
            raise NoBytes
        sha256 = digest.hexdigest()
        name = f"{folder}/{sha256[:2]}/{sha256}"
        # A file of another size is what an interrupted write left under this name.
        there = default_storage.exists(name)
        fresh = not (shared and there and default_storage.size(name) == size)
        if fresh:
            copy.seek(0)
            # Beside such a left-over, under a name of its own; its owner may still be writing it.
            name = f"{name}-{uuid.uuid4().hex}" if there or not shared else name
            try:
                # Storage may choose another name if the same bytes arrive at the same moment.
                name = default_storage.save(name, File(copy))
            except OSError:
                with contextlib.suppress(OSError):
                    default_storage.delete(name)
                raise
    return Stored(name, sha256, size, head, fresh)


def digest_of(name: str) -> str:
    """SHA-256 of the bytes under a storage name. Of the same bytes that came at one moment each may
    have a name of its own, which goes on behind the digest."""
    return PurePosixPath(name).name[:DIGEST_CHARS]


def hold(sha256: str) -> None:
    """Until the transaction ends, nobody else takes in or removes these bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [sha256])


def discard(stored: Stored) -> None:
    """Remove what a refused request wrote; leaves bytes that were there before."""
    if stored.fresh:
        default_storage.delete(stored.name)


def remove(name: str) -> None:
    """Remove bytes that no row names any more."""
    default_storage.delete(name)
