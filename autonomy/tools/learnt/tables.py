"""Text answers that hold rows: CSV, JSON Lines, and XML that is a plain list of records.

Needs the standard library only: it goes along into the sandbox.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree

CHARS = 5_000_000
"""Characters of a text that is read."""
ROWS = 100_000
COLUMNS = 500


class NotRows(ValueError):
    """The text is not such a table, or it could not be read without loss."""


def rows(text: Any, form: str) -> Any:
    """The records of `text`; a value that is no text is taken as read already.

    Args:
        form: `csv`, `tsv`, `json_lines` or `xml`.
    """
    if not isinstance(text, str):
        return text
    if len(text) > CHARS:
        raise NotRows(f"the text has more than {CHARS:,} characters")
    found = READERS[form](text)
    if len(found) > ROWS:
        raise NotRows(f"there are more than {ROWS:,} rows")
    return found


def _csv(text: str) -> list[Any]:
    return _delimited(text, ",")


def _tsv(text: str) -> list[Any]:
    return _delimited(text, "\t")


def _delimited(text: str, delimiter: str) -> list[Any]:
    if "\x00" in text:
        raise NotRows("there is a zero byte in it")
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter, strict=True)
    try:
        lines = [line for line in reader if line]
    except csv.Error as error:
        raise NotRows(f"it is no CSV: {error}") from error
    if not lines:
        raise NotRows("there is no line with the names of the columns")
    head, *body = lines
    if len(head) > COLUMNS or len(set(head)) != len(head) or not all(head):
        raise NotRows("the names of the columns are missing, too many, or not distinct")
    for number, line in enumerate(body, start=2):
        if len(line) != len(head):
            raise NotRows(f"row {number} has {len(line)} cells, not {len(head)}")
        if "" in line:
            raise NotRows(f"row {number} has an empty cell, which may be nothing or an empty text")
    return [dict(zip(head, line, strict=True)) for line in body]


def _json_lines(text: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise NotRows(f"line {number} is no JSON") from error
        if not isinstance(found[-1], dict):
            raise NotRows(f"line {number} is no object")
    return found


def _xml(text: str) -> list[Any]:
    lowered = text.lower()
    if "<!doctype" in lowered or "<!entity" in lowered:
        raise NotRows("XML with a document type is not read")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without a DTD there are no entities
    except ElementTree.ParseError as error:
        raise NotRows(f"it is no XML: {error}") from error
    if len({child.tag for child in root}) > 1:
        raise NotRows("the records are of different kinds")
    return [_record(child) for child in root]


def _record(element: ElementTree.Element) -> dict[str, str]:
    if element.attrib or (element.text or "").strip() or (element.tail or "").strip():
        raise NotRows("a record has attributes or loose text")
    record: dict[str, str] = {}
    for cell in element:
        if cell.attrib or len(cell) or (cell.tail or "").strip() or cell.tag in record:
            raise NotRows("a cell has attributes, parts or a twin")
        if not cell.text:
            raise NotRows("a cell is empty, which may be nothing or an empty text")
        record[cell.tag] = cell.text
    return record


READERS = {"csv": _csv, "tsv": _tsv, "json_lines": _json_lines, "xml": _xml}
