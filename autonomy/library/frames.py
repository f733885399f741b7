"""What a parsing process and its asker say to each other: length-prefixed JSON."""

from __future__ import annotations

import socket
import struct
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter

from autonomy.library.parsed import FailureCode, ParsedDocument, ParsedPage, ParseLimits


class Request(BaseModel):
    path: str
    file_name: str
    limits: ParseLimits
    first_page: int = 1
    reader: str = ""
    """One of `readers.READERS` in place of the parser of the file's type."""


class Started(BaseModel):
    """The file is in the hands of a process of its own."""

    say: Literal["started"] = "started"


class PagesRead(BaseModel):
    say: Literal["pages"] = "pages"
    pages: tuple[ParsedPage, ...]
    total: int | None


class Finished(BaseModel):
    """The end of a document, without the pages that went before."""

    say: Literal["finished"] = "finished"
    document: ParsedDocument


class Read(BaseModel):
    """What a reader found, as the JSON of its model."""

    say: Literal["read"] = "read"
    content: str


class Failed(BaseModel):
    """A `ParseFailure` on its way out."""

    say: Literal["failed"] = "failed"
    code: FailureCode
    message: str


class Ended(BaseModel):
    """How the process ended: its exit status, or minus the signal that killed it."""

    say: Literal["ended"] = "ended"
    status: int
    trace: str = ""


Frame = Started | PagesRead | Finished | Read | Failed | Ended
_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="say")])
_SIZE = struct.Struct(">I")


def send(end: socket.socket, frame: Frame) -> None:
    content = frame.model_dump_json().encode("utf-8", "replace")
    end.sendall(_SIZE.pack(len(content)) + content)


class FrameBuffer:
    """Frames out of a stream of bytes that comes in pieces of any size."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.received = 0
        """Bytes so far."""

    def feed(self, piece: bytes) -> list[Frame]:
        """The frames that are complete now.

        Raises:
            pydantic.ValidationError: the bytes are no frame.
        """
        self.received += len(piece)
        self._held += piece
        found: list[Frame] = []
        while len(self._held) >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._held)
            if len(self._held) < _SIZE.size + size:
                break
            found.append(_FRAME.validate_json(bytes(self._held[_SIZE.size : _SIZE.size + size])))
            del self._held[: _SIZE.size + size]
        return found
