"""Readers of files from outside that are no parsers of sources. They run in the confined process:
see `isolated.read_in_subprocess`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from pydantic import BaseModel

from autonomy.library.parsed import ParseLimits

Reader = Callable[[Path, str, ParseLimits], BaseModel]
"""Takes the file, what its owner calls it, and what reading may cost. Raises `ParseFailure`."""

READERS = {
    "highlights": "highlights:read_highlights",
    "table": "tabular:read_table",
    "draft": "drafts.reading:read_draft",
    "draft_changes": "drafts.package:write_changes",
    "similarity_report": "similarity_reports.read:read_file",
}
"""Name to module and function below `autonomy.library`."""


def reader_of(name: str) -> Reader:
    """
    Raises:
        KeyError: there is no such reader.
    """
    module, _, function = READERS[name].partition(":")
    reader: Reader = getattr(import_module(f"autonomy.library.{module}"), function)
    return reader
