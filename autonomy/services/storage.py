"""Bytes of uploads, with refusals in words for the person who sent them."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.files.storage import default_storage

from autonomy.memory import storage
from autonomy.memory.storage import HEAD_BYTES, Stored, digest_of, discard
from autonomy.memory.stored_files import remove_unnamed
from autonomy.services.errors import Invalid, TooLarge, Unavailable
from handywriterz.env import env

__all__ = [
    "HEAD_BYTES",
    "Removed",
    "Stored",
    "digest_of",
    "discard",
    "discard_unnamed",
    "hold_kept",
    "keep",
    "remove_unnamed",
]


class Removed(Unavailable):
    """Somebody who brought the same bytes, and was refused, has just removed them."""

    def __init__(self) -> None:
        super().__init__(
            "The same file was being removed at this moment, so nothing was kept. Send it again.",
            code="storage",
        )


def keep(chunks: Iterable[bytes], folder: str = "files", *, shared: bool = True) -> Stored:
    """Store the bytes without ever holding them all in memory.

    Args:
        shared: whether bytes that are there already are not written again.

    Raises:
        TooLarge: they are more than the deployment takes; reading stops there.
        Invalid: there are none.
        Unavailable: the disk is full or cannot be written, here or for the copy made meanwhile.
    """
    try:
        return storage.keep(chunks, env().upload_max_bytes, folder, shared=shared)
    except storage.TooManyBytes as error:
        raise TooLarge(
            f"The file is larger than {error.limit / 1e6:,.0f} MB, the most accepted."
        ) from error
    except storage.NoBytes as error:
        raise Invalid("The file is empty.", code="empty") from error
    except OSError as error:
        raise Unavailable(
            "The file could not be stored: this server has no room left or cannot write. "
            "Nothing was kept; try again later.",
            code="storage",
        ) from error


def hold_kept(name: str) -> None:
    """Until the transaction ends, nobody removes the bytes under this storage name.

    Raises:
        Removed: somebody just has.
    """
    storage.hold(storage.digest_of(name))
    if not default_storage.exists(name):
        raise Removed


def discard_unnamed(stored: Stored) -> None:
    """Remove what a refused request wrote, unless a row has come to name it: the same bytes may have
    come twice at once."""
    if stored.fresh:
        remove_unnamed(stored.name)
