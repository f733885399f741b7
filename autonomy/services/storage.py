"""Bytes of uploads: written once, under the name of their own digest."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.base import File
from django.core.files.storage import default_storage

from autonomy.services.errors import Invalid, TooLarge, Unavailable
from handywriterz.env import env


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


HEAD_BYTES = 8_192


def keep(chunks: Iterable[bytes], folder: str = "files") -> Stored:
    """Store the bytes without ever holding them all in memory.

    Raises:
        TooLarge: they are more than the deployment takes; reading stops there.
        Invalid: there are none.
        Unavailable: the disk is full or cannot be written, here or for the copy made meanwhile.
    """
    try:
        return _keep(chunks, folder)
    except OSError as error:
        raise Unavailable(
            "The file could not be stored: this server has no room left or cannot write. "
            "Nothing was kept; try again later.",
            code="storage",
        ) from error


def _keep(chunks: Iterable[bytes], folder: str) -> Stored:
    limit = env().upload_max_bytes
    digest = hashlib.sha256()
    size = 0
    head = b""
    with tempfile.TemporaryFile() as copy:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"The file is larger than {limit / 1e6:,.0f} MB, the most accepted.")
            if len(head) < HEAD_BYTES:
                head += chunk[: HEAD_BYTES - len(head)]
            digest.update(chunk)
            copy.write(chunk)
        if size == 0:
            raise Invalid("The file is empty.", code="empty")
        sha256 = digest.hexdigest()
        name = f"{folder}/{sha256[:2]}/{sha256}"
        # A file of another size is what an interrupted write left under this name.
        fresh = not (default_storage.exists(name) and default_storage.size(name) == size)
        if fresh:
            copy.seek(0)
            # Beside such a left-over, under a name of its own; its owner may still be writing it.
            name = f"{name}-{uuid.uuid4().hex}" if default_storage.exists(name) else name
            try:
                # Storage may choose another name if the same bytes arrive at the same moment.
                name = default_storage.save(name, File(copy))
            except OSError:
                with contextlib.suppress(OSError):
                    default_storage.delete(name)
                raise
    return Stored(name, sha256, size, head, fresh)


def discard(stored: Stored) -> None:
    """Remove what a refused request wrote; leaves bytes that were there before."""
    if stored.fresh:
        default_storage.delete(stored.name)
