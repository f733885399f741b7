"""Stored bytes over HTTP, whole or in part (RFC 9110, section 14), never all of them in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.files.base import File
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

PIECE_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def send_file(
    request: HttpRequest, file: File[bytes], size: int, content_type: str, etag: str
) -> HttpResponseBase:
    """The bytes that `Range` asks for: 206 with one stretch, 416 outside the file, else 200.

    `file` is open and is closed when the answer was sent. Several stretches at once are not
    supported and get the whole, as the standard allows.
    """
    wanted = _wanted(request, size, etag)
    if wanted == (0, 0) and size:
        file.close()
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    start, end = wanted or (0, size)
    file.seek(start)
    pieces = _Pieces(file, end - start)
    response = StreamingHttpResponse(
        pieces.later() if isinstance(request, ASGIRequest) else pieces.now(),
        status=206 if wanted else 200,
        content_type=content_type,
    )
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(end - start)
    response["ETag"] = etag
    if wanted:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _wanted(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """The half-open stretch that is asked for; (0, 0) when it lies outside, None for the whole."""
    if request.headers.get("If-Range", etag) != etag:
        return None  # what the client has the beginning of is another file
    match = _RANGE.match(request.headers.get("Range", "").replace(" ", ""))
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (0, 0)
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < end else (0, 0)


class _Pieces:
    """A stretch of a file, piece by piece, for either kind of server."""

    def __init__(self, file: File[bytes], length: int) -> None:
        self._file = file
        self._left = length

    def now(self) -> Iterator[bytes]:
        while piece := self._next():
            yield piece

    async def later(self) -> AsyncIterator[bytes]:
        while piece := await sync_to_async(self._next, thread_sensitive=False)():
            yield piece

    def _next(self) -> bytes:
        piece = self._file.read(min(PIECE_BYTES, self._left)) if self._left else b""
        self._left -= len(piece)
        return piece
