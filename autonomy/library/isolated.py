"""Parsing files from outside in a process of its own, with limits the file cannot talk its way around.

A hostile file can at worst lose its own parse: the child has bounds on memory, CPU and wall time,
and its death is a `ParseFailure` like any other.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ValidationError

from autonomy.library.parsed import (
    FailureCode,
    ParsedDocument,
    ParsedPage,
    ParseFailure,
    ParseLimits,
)

OnPages = Callable[[Sequence[ParsedPage], int | None], None]
"""Takes the next pages, final and in order, and how many the document has (None without pages)."""
_log = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
_MESSAGES: dict[str, str] = {
    "timeout": "Reading this file took longer than {seconds:,.0f} seconds, so it was stopped. "
    "Split it and upload the parts you need.",
    "damaged": "This file could not be read: the reader stopped while working on it. "
    "Save it again from the program that made it and upload that.",
    "too_large": "Reading this file needs more memory than one file may use. "
    "Split it and upload the parts you need.",
}


class Failure(BaseModel):
    """A `ParseFailure` on its way out of the child."""

    code: FailureCode
    message: str


class Outcome(BaseModel):
    """What the child leaves behind: one of the two."""

    document: ParsedDocument | None = None
    failure: Failure | None = None


def parse_in_subprocess(
    path: Path,
    file_name: str,
    limits: ParseLimits | None = None,
    *,
    on_pages: OnPages | None = None,
    first_page: int = 1,
) -> ParsedDocument:
    """As `parse.parse`, in a child process bounded by `limits`. Blocks; call it from a thread.

    `on_pages` is called in the calling thread with each batch of pages as it becomes final; every
    page comes once, in order, and `document.pages` holds the same pages again. What it raises ends
    the child and is raised here.

    `first_page` (1-based) resumes a document that has pages: only those from there on are handed
    out and returned. Metadata, references, remarks and page count are always of the whole
    document, and a page is the same wherever reading began.

    Raises:
        ParseFailure: what the parser said; `timeout` past the wall or CPU time; `too_large` past
            the memory; `damaged` when the child died otherwise. Pages may have come before it.
    """
    limits = limits or ParseLimits()
    with tempfile.TemporaryDirectory(prefix="parse-") as folder:
        result = Path(folder, "outcome.json")
        arguments = [str(path.resolve()), file_name, limits.model_dump_json(), str(result)]
        with Path(folder, "trace").open("w+b") as trace:
            child = _start(arguments, trace)
            try:
                child.wait(limits.timeout_seconds)
            except subprocess.TimeoutExpired:
                raise _failure("timeout", limits) from None
            finally:
                _end(child)
            if child.returncode:
                trace.seek(0)
                said = trace.read()[-2_000:].decode("utf-8", "replace")
                _log.warning("parsing %r ended with %s: %s", file_name, child.returncode, said)
        document = _read(result, child.returncode, limits)
    if document.page_count is not None and first_page > 1:
        document = document.model_copy(update={"pages": document.pages[first_page - 1 :]})
    if on_pages is not None and document.pages:
        on_pages(document.pages, document.page_count)
    return document


def _start(arguments: list[str], trace: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "autonomy.library.parse_worker", *arguments],
        cwd=_ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=trace,
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    """Only what Python needs: a parser has no use for keys and addresses."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONUTF8": "1"}


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's process group and reap it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _read(result: Path, code: int | None, limits: ParseLimits) -> ParsedDocument:
    try:
        outcome = Outcome.model_validate_json(result.read_bytes())
    except (OSError, ValidationError):
        raise _failure("timeout" if code == -signal.SIGXCPU else "damaged", limits) from None
    if outcome.failure is not None:
        raise ParseFailure(outcome.failure.code, outcome.failure.message)
    if outcome.document is None:
        raise _failure("damaged", limits)
    return outcome.document


def _failure(code: FailureCode, limits: ParseLimits) -> ParseFailure:
    return ParseFailure(code, failure_message(code, limits))


def failure_message(code: FailureCode, limits: ParseLimits) -> str:
    """The sentence for an ending that no parser could word itself."""
    return _MESSAGES[code].format(seconds=limits.timeout_seconds)
