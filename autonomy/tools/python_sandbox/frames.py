"""What the first process inside sends: frames of a length (4 bytes, big-endian) and so much JSON;
the frame of a file is followed by the file's bytes.

It is our own process, but it stands beside code that nobody vouches for: what it says is checked
as anything from outside.
"""

from __future__ import annotations

import json
import struct
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from autonomy.core.value import Value

_HEAD_BYTES = 4
_FRAME_BYTES = 4 << 20
NAME_CHARS, NAME_DEPTH = 200, 4


class FileFrame(Value):
    kind: Literal["file"]
    name: str
    size: int = Field(ge=0)


class LeftOut(Value):
    kind: Literal["left_out"]
    name: str


class End(Value):
    kind: Literal["end"]
    exit: int | None
    limit: str
    tests: dict[str, tuple[str, str]]


_FRAME: TypeAdapter[FileFrame | LeftOut | End] = TypeAdapter(FileFrame | LeftOut | End)


class Broken(Exception):
    """The results are not what the first process inside sends."""


class Results:
    """Takes the bytes in as they come."""

    def __init__(self, max_bytes: int, max_files: int) -> None:
        self.files: dict[str, bytes] = {}
        self.left_out: list[str] = []
        self.end: End | None = None
        self._left = max_bytes
        self._max_files = max_files
        self._buffer = bytearray()
        self._file: FileFrame | None = None

    def feed(self, piece: bytes) -> None:
        """
        Raises:
            Broken: malformed, or more than may come.
        """
        self._buffer += piece
        if len(self._buffer) > self._left + _FRAME_BYTES:
            raise Broken("more bytes than announced")
        while self._step():
            pass

    def _step(self) -> bool:
        if self._file is not None:
            return self._take_file(self._file)
        if len(self._buffer) < _HEAD_BYTES:
            return False
        (length,) = struct.unpack_from("!I", self._buffer)
        if length > _FRAME_BYTES:
            raise Broken("a frame is too long")
        if len(self._buffer) < _HEAD_BYTES + length:
            return False
        text = bytes(self._buffer[_HEAD_BYTES : _HEAD_BYTES + length])
        del self._buffer[: _HEAD_BYTES + length]
        self._take(text)
        return True

    def _take(self, text: bytes) -> None:
        if self.end is not None:
            raise Broken("frames after the end")
        try:
            frame = _FRAME.validate_python(json.loads(text))
        except (ValueError, ValidationError) as error:
            raise Broken("a frame cannot be read") from error
        if isinstance(frame, End):
            self.end = frame
        elif isinstance(frame, LeftOut):
            self.left_out.append(frame.name)
        else:
            if frame.size > self._left or len(self.files) >= self._max_files:
                raise Broken("more files than may come")
            self._left -= frame.size
            self._file = frame

    def _take_file(self, file: FileFrame) -> bool:
        if len(self._buffer) < file.size:
            return False
        if named_well(file.name):
            self.files[file.name] = bytes(self._buffer[: file.size])
        else:
            self.left_out.append(file.name)
        del self._buffer[: file.size]
        self._file = None
        return True


def named_well(name: str) -> bool:
    """Whether `name` is a plain relative path that means the same everywhere."""
    parts = PurePosixPath(name).parts
    return (
        0 < len(name) <= NAME_CHARS
        and name.isprintable()
        and "\\" not in name
        and 0 < len(parts) <= NAME_DEPTH
        and "/".join(parts) == name
        and not any(part.startswith((".", "/")) or part != part.strip() for part in parts)
    )
