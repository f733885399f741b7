"""What a reader of one format hands on: an entry as CSL, or why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class EntryError(ValueError):
    """This entry cannot be a reference; the message says why, for the person who imports it."""


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry of a file, in the order of the file."""

    key: str
    """The entry's own name there ("smith2019"); empty where it has none."""
    line: int
    """1-based line that it starts on; 0 where the format has no lines."""
    csl: dict[str, Any]
    """CSL-JSON, not yet checked; empty when `problem` is set."""
    problem: str = ""
    """Why the entry could not be read; a sentence."""
    remark: str = ""
    """What was left out of an entry that was read; a sentence or nothing."""
