"""Reading references in a process of its own: abbreviations that double with each line, or braces
without end, at worst lose their own import."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from autonomy.library.confine import confine
from autonomy.library.imports.read import (
    BadEntry,
    ImportedReference,
    Imports,
    TooManyEntries,
    UnknownBibliography,
    read_bibliography,
)
from autonomy.library.parsed import ParseLimits

MEMORY_BYTES = 1024**3
"""Address space of the reading process."""
OUTPUT_BYTES = 256 * 1024**2
"""Most that may come out of one file, as JSON."""
_TOO_MUCH = 3
"""Status by which the reading process says that it ran out of memory."""
_ROOT = Path(__file__).resolve().parents[3]


class TooCostly(ValueError):
    """Reading the file takes more time or memory than one import may."""

    def __init__(self) -> None:
        super().__init__(
            "These references take too long or too much memory to read, so nothing was added. "
            "Split the file, and leave out abbreviations (@string) that are made of one another."
        )


def read_in_subprocess(data: bytes | str, *, most: int, seconds: float) -> Imports:
    """As `read.read_bibliography`, in a process that is bounded in memory, and to `seconds` of wall
    and CPU time.

    Raises:
        UnknownBibliography, TooManyEntries: as `read.read_bibliography`.
        TooCostly: past a bound.
    """
    text = isinstance(data, str)
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, "text" if text else "bytes", str(most), str(seconds)],
            input=data.encode(errors="replace") if isinstance(data, str) else data,
            capture_output=True,
            timeout=seconds,
            cwd=_ROOT,
            env={"PYTHONUTF8": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TooCostly from error
    if done.returncode == _TOO_MUCH or done.returncode < 0:
        raise TooCostly
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2_000:])
    said = json.loads(done.stdout)
    if said.get("unknown"):
        raise UnknownBibliography
    if said.get("entries"):
        raise TooManyEntries(said["entries"], most)
    return Imports(
        said["format"],
        [ImportedReference(**one) for one in said["references"]],
        [BadEntry(**one) for one in said["problems"]],
    )


def _said(data: bytes | str, most: int) -> bytes:
    """What the reading process answers."""
    try:
        read = asdict(read_bibliography(data, most=most))
    except UnknownBibliography:
        read = {"unknown": True}
    except TooManyEntries as error:
        read = {"entries": error.found}
    answer = json.dumps(read).encode()
    if len(answer) > OUTPUT_BYTES:
        raise MemoryError
    return answer


def main(kind: str, most: str, seconds: str) -> int:
    """The reading process's whole life; 0 when it answered."""
    given = sys.stdin.buffer.read()
    confine(ParseLimits(timeout_seconds=float(seconds), memory_bytes=MEMORY_BYTES))
    try:
        sys.stdout.buffer.write(_said(given.decode() if kind == "text" else given, int(most)))
    except MemoryError:
        return _TOO_MUCH
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
