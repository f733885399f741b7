"""The process behind `isolated.parse_in_subprocess`: it has the parsers loaded and forks for each file.

`python -m autonomy.library.parse_worker FD`, where FD is a SOCK_SEQPACKET socket. Each message is a
`Request` with one descriptor, a stream socket on which the fork answers in frames. Starting Python
and loading the parsers takes longer than reading most files, and a fork has them at once.

The server itself never touches a file. It ends when its parent does, or after a while without work;
a request whose asker hangs up is killed.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from autonomy.library.confine import confine
from autonomy.library.frames import (
    Ended,
    Failed,
    Finished,
    Frame,
    PagesRead,
    Read,
    Request,
    Started,
    send,
)
from autonomy.library.parse import PARSERS, parse
from autonomy.library.parsed import ParsedPage, ParseFailure
from autonomy.library.readers import READERS, reader_of
from autonomy.library.wording import failure_message

IDLE_SECONDS = 120.0
_REQUEST_BYTES = 64 * 1024


def serve(requests: socket.socket) -> None:
    """Fork for each request until the asking process is gone."""
    for module in sorted({name.partition(":")[0] for name in PARSERS.values()}):
        import_module(f"autonomy.library.parsers.{module}")
    for reader in READERS:
        reader_of(reader)
    gc.collect()
    gc.freeze()
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = selector.select(IDLE_SECONDS)
            if not ready and not children:
                return
            for key, _ in ready:
                if key.fileobj is woken:
                    with suppress(BlockingIOError):
                        woken.recv(4096)
                elif key.fileobj is requests:
                    message, descriptors, _, _ = socket.recv_fds(requests, _REQUEST_BYTES, 1)
                    if not message:
                        for pid in children:
                            _kill(pid)
                        return
                    answers = socket.socket(fileno=descriptors[0])
                    pid = os.fork()
                    if pid == 0:
                        for other in (requests, woken, wake, *children.values()):
                            other.close()
                        _answer(Request.model_validate_json(message), answers)
                    children[pid] = answers
                    selector.register(answers, selectors.EVENT_READ)
                else:
                    # Nobody writes to us on it, so the asker hung up.
                    asked = next(pid for pid, end in children.items() if end is key.fileobj)
                    selector.unregister(key.fileobj)
                    _kill(asked)
            for pid, status in _ended(children):
                answers = children.pop(pid)
                with suppress(KeyError, ValueError):
                    selector.unregister(answers)
                # Whatever it started goes with it.
                _kill(pid)
                with suppress(OSError):
                    answers.setblocking(False)
                    send(answers, Ended(status=os.waitstatus_to_exitcode(status)))
                answers.close()


def _ended(children: dict[int, socket.socket]) -> list[tuple[int, int]]:
    found = []
    for pid in children:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            found.append((pid, status))
    return found


def _kill(pid: int) -> None:
    """End a fork and the programs that it started; they share its process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _answer(request: Request, answers: socket.socket) -> NoReturn:
    """The fork's whole life: parse, answer in frames, end."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        send(answers, Started())
        confine(request.limits)
        send(answers, _parse(request, answers))
        status = 0
    finally:
        # The asker words the answer; the trace is for operators.
        if sys.exc_info()[0] is not None:
            with suppress(OSError):
                send(answers, Ended(status=1, trace=traceback.format_exc()[-2_000:]))
        os._exit(status)


def _parse(request: Request, answers: socket.socket) -> Frame:
    def hand_out(pages: Sequence[ParsedPage], total: int | None) -> None:
        send(answers, PagesRead(pages=tuple(pages), total=total))

    try:
        if request.reader:
            read = reader_of(request.reader)
            found = read(Path(request.path), request.file_name, request.limits)
            return Read(content=found.model_dump_json())
        document = parse(
            Path(request.path), request.file_name, request.limits, hand_out, request.first_page
        )
        return Finished(document=document.model_copy(update={"pages": ()}))
    except ParseFailure as failure:
        return Failed(code=failure.code, message=failure.message)
    except MemoryError:
        return Failed(code="too_large", message=failure_message("too_large", request.limits))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
