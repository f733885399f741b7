"""Bytes kept in files under the name of their own SHA-256.

A file appears whole or not at all: it is written beside its place, flushed to the disk and renamed.
The row that refers to it comes after, so that a crash in between leaves at most a file that nobody
refers to, which `unreferenced` finds.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.core.files.storage import default_storage

FOLDER = "results"
DRAFT = ".draft-"
"""Prefix of a file that is being written; one that is old was left by a crash."""
ASIDE = ".aside-"
"""Prefix of a file that is about to be removed: no longer stored, though it can still be loaded."""


class ContentLost(Exception):
    """The bytes are not there, or are not those of the name."""


def commit_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Have what `write` writes at `path`, on the disk, whole or not at all.

    Raises:
        OSError: there is no room, or the folder cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=DRAFT, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """The rename itself must be on the disk before a row may refer to it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep(data: bytes) -> str:
    """Store the bytes; their SHA-256. Storing the same bytes again writes nothing."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = _path(sha256)
    try:
        # Young again: a cleanup that is under way must not take it before its row is there.
        os.utime(path)
        known = path.stat().st_size == len(data)
    except FileNotFoundError:
        known = False
    if not known:
        commit_file(path, lambda file: file.write(data))
    return sha256


def load(sha256: str) -> bytes:
    """The bytes of that name.

    Raises:
        ContentLost: they are gone or damaged.
    """
    path = _path(sha256)
    data = None
    # Aside it may be put back at any moment, so its own place is looked at once more.
    for place in (path, _aside(path), path):
        try:
            data = place.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ContentLost(f"{sha256} cannot be read: {error}") from error
        break
    if data is None:
        raise ContentLost(f"{sha256} is not in storage")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ContentLost(f"{sha256} is damaged")
    return data


def unreferenced(referenced: Callable[[], set[str]], older_seconds: float) -> Iterator[Path]:
    """Files of at least that age that no row refers to, drafts of crashed writers among them.

    Args:
        referenced: asked after the files have been listed, so that a row written meanwhile counts.
    """
    root = _root()
    before = time.time() - older_seconds
    old = [p for p in root.glob("*/*") if p.is_file() and p.stat().st_mtime <= before]
    if not old:
        return
    needed = referenced()
    for path in old:
        if path.name.removeprefix(ASIDE) in needed:
            continue
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime <= before:  # not stored again meanwhile
                yield path


def drop_unreferenced(referenced: Callable[[], set[str]], older_seconds: float) -> tuple[int, int]:
    """Remove what `unreferenced` finds: how many files, and their bytes. Safe to run twice, and
    from several machines at once.

    Between a look at a file and its removal somebody may store the same bytes again and refer to
    them. So each is put aside first, where `keep` does not find it any more, and looked at again.
    """
    before = time.time() - older_seconds
    taken = list(_put_aside(unreferenced(referenced, older_seconds)))
    needed = referenced() if taken else set()
    files = size = 0
    for path in taken:
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            name = path.name.removeprefix(ASIDE)
            if path.name != name and (name in needed or found.st_mtime > before):
                _put_back(path)
                continue
            path.unlink()
            files += 1
            size += found.st_size
    return files, size


def _put_aside(paths: Iterator[Path]) -> Iterator[Path]:
    for path in paths:
        if path.name.startswith((DRAFT, ASIDE)):
            yield path
            continue
        with contextlib.suppress(FileNotFoundError):  # another machine was faster
            yield path.rename(_aside(path))


def _put_back(aside: Path) -> None:
    path = aside.with_name(aside.name.removeprefix(ASIDE))
    if path.exists():  # written anew meanwhile
        aside.unlink()
    else:
        aside.rename(path)


def _aside(path: Path) -> Path:
    return path.with_name(f"{ASIDE}{path.name}")


def _root() -> Path:
    return Path(default_storage.path(FOLDER))


def _path(sha256: str) -> Path:
    return _root() / sha256[:2] / sha256
