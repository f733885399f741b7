"""Parsing files from outside in a process of its own, with limits the file cannot talk its way around.

A hostile file can at worst lose its own parse: its process has bounds on memory, CPU and wall time,
open files, output and network, and its death is a `ParseFailure` like any other.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from autonomy.library.frames import (
    Ended,
    Failed,
    Finished,
    Frame,
    FrameBuffer,
    PagesRead,
    Read,
    Request,
)
from autonomy.library.parsed import (
    OnPages,
    ParsedDocument,
    ParsedPage,
    ParseFailure,
    ParseLimits,
)
from autonomy.library.wording import failure

_log = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
_PIECE = 1 << 18
M = TypeVar("M", bound=BaseModel)


def parse_in_subprocess(
    path: Path,
    file_name: str,
    limits: ParseLimits | None = None,
    *,
    on_pages: OnPages | None = None,
    first_page: int = 1,
) -> ParsedDocument:
    """As `parse.parse`, in a process of its own bounded by `limits`. Blocks; call it from a thread.

    `on_pages` is called in the calling thread with each batch of pages as it becomes final; every
    page comes once, in order, and `document.pages` holds the same pages again. The time that it
    takes does not count; the process waits for it. What it raises ends the process and is raised
    here.

    `first_page` (1-based) resumes a document that has pages: only those from there on are handed
    out and returned. Metadata, references and page count are always of the whole document, and a
    page is the same wherever reading began.

    Raises:
        ParseFailure: what the parser said; `timeout` past the wall or CPU time; `too_large` past
            the memory or the output; `damaged` when the process died otherwise. Pages may have
            come before it.
    """
    limits = limits or ParseLimits()
    request = Request(
        path=str(path.resolve()), file_name=file_name[:1_000], limits=limits, first_page=first_page
    )
    pages: list[ParsedPage] = []
    with closing(_frames(request)) as frames:
        for frame in frames:
            if isinstance(frame, PagesRead):
                pages.extend(frame.pages)
                if on_pages is not None:
                    on_pages(frame.pages, frame.total)
            elif isinstance(frame, Finished):
                return frame.document.model_copy(update={"pages": tuple(pages)})
            else:
                _refuse(frame, request)
    raise failure("damaged", limits)


def read_in_subprocess(
    reader: str, result: type[M], path: Path, file_name: str, limits: ParseLimits | None = None
) -> M:
    """What one of `readers.READERS` finds in the file, read in a process of its own bounded by
    `limits`. Blocks; call it from a thread.

    Args:
        result: the model that the reader returns.

    Raises:
        ParseFailure: what the reader said, or as `parse_in_subprocess`.
    """
    limits = limits or ParseLimits()
    request = Request(
        path=str(path.resolve()), file_name=file_name[:1_000], limits=limits, reader=reader
    )
    with closing(_frames(request)) as frames:
        for frame in frames:
            if isinstance(frame, Read):
                return result.model_validate_json(frame.content)
            _refuse(frame, request)
    raise failure("damaged", limits)


def _refuse(frame: Frame, request: Request) -> None:
    """
    Raises:
        ParseFailure: `frame` says that there will be no answer.
    """
    if isinstance(frame, Failed):
        raise ParseFailure(frame.code, frame.message)
    if isinstance(frame, Ended):
        _log.warning("parsing %r ended with %s: %s", request.file_name, frame.status, frame.trace)
        # Past the soft limit of CPU time comes SIGXCPU, past the hard one SIGKILL.
        timeout = frame.status == -signal.SIGXCPU
        raise failure("timeout" if timeout else "damaged", request.limits)


def _frames(request: Request) -> Generator[Frame]:
    """What the parsing process says, until it hangs up; whoever stops listening ends it.

    Raises:
        ParseFailure: `timeout`, or `too_large` when it says more than may come out of one file.
    """
    limits = request.limits
    # A server that idled may end while the request is on its way: then nothing is heard of it.
    for attempt in (1, 2):
        server = _current.get()
        answers = server.ask(request)
        buffer = FrameBuffer()
        left = limits.timeout_seconds
        try:
            while True:
                began = time.monotonic()
                answers.settimeout(max(left, 0.001))
                try:
                    piece = answers.recv(_PIECE)
                except TimeoutError:
                    raise failure("timeout", limits) from None
                left -= time.monotonic() - began
                if not piece:
                    break
                try:
                    frames = buffer.feed(piece)
                except ValidationError:
                    return
                if buffer.received > limits.max_output_bytes:
                    raise failure("too_large", limits)
                yield from frames
        except ConnectionError:
            pass
        finally:
            answers.close()
        if buffer.received or attempt == 2:
            return
        _current.drop(server)


class _Server:
    """The parsing server of this process: see `parse_worker`."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "autonomy.library.parse_worker", str(theirs.fileno())],
            cwd=_ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()

    @property
    def alive(self) -> bool:
        return self.owner == os.getpid() and self._process.poll() is None

    def ask(self, request: Request) -> socket.socket:
        """The socket on which the answer comes."""
        ours, theirs = socket.socketpair()
        with theirs, suppress(ConnectionError):
            socket.send_fds(self._requests, [request.model_dump_json().encode()], [theirs.fileno()])
        return ours

    def close(self) -> None:
        """Hang up; the server ends by itself."""
        self._requests.close()
        if self.owner == os.getpid():
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class _Current:
    """The one server of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def get(self) -> _Server:
        """It, started when there is none yet or only that of the process this one was forked from."""
        with self._lock:
            if self._server is None or not self._server.alive:
                if self._server is not None:
                    self._server.close()
                self._server = _Server()
            return self._server

    def drop(self, server: _Server) -> None:
        """Give up a server that does not answer."""
        with self._lock:
            if self._server is server:
                server.close()
                self._server = None

    def close(self) -> None:
        with self._lock:
            if self._server is not None:
                self._server.close()
            self._server = None


_current = _Current()
atexit.register(_current.close)


def warm_up() -> None:
    """Start the parsing server of this process beside whatever else is done, if there is none."""
    _current.get()


def _environment() -> dict[str, str]:
    """Only what Python needs: a parser has no use for keys and addresses."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "TESSDATA_PREFIX")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONUTF8": "1",
        # Numeric libraries must not start threads in a process that forks.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_THREAD_LIMIT": "1",
    }
