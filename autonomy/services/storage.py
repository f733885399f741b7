"""Bytes of uploads, with refusals in words for the person who sent them."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy.memory import storage
from autonomy.memory.storage import HEAD_BYTES, Stored, discard
from autonomy.services.errors import Invalid, TooLarge, Unavailable
from handywriterz.env import env

__all__ = ["HEAD_BYTES", "Stored", "discard", "keep"]


def keep(chunks: Iterable[bytes], folder: str = "files") -> Stored:
    """Store the bytes without ever holding them all in memory.

    Raises:
        TooLarge: they are more than the deployment takes; reading stops there.
        Invalid: there are none.
        Unavailable: the disk is full or cannot be written, here or for the copy made meanwhile.
    """
    try:
        return storage.keep(chunks, env().upload_max_bytes, folder)
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
