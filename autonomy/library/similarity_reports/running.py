"""Running titles of the new report: which part of it a page belongs to, in the report's words.

Every page has, above and below, “Page 2 of 14 - Integrity Overview” and the id of the submission. The
part is compared with other pages' only, so that its language does not matter.
"""

from __future__ import annotations

import re

from autonomy.library.similarity_reports.labels import fold
from autonomy.library.similarity_reports.rows import Row

MARK = "trn:oid"
SUBMISSION = re.compile(r"trn:oid:+[\w:]*\w")
_SECTION = re.compile(rf"\d{{1,5}}\D{{1,12}}\d{{1,5}}\s*[-–—]\s*(\D.{{2,120}}?)\s*{MARK}", re.S)


def is_running(row: Row) -> bool:
    """Whether the row is a running title."""
    return _SECTION.search(row.text) is not None


def section_of(text: str) -> str:
    """What the running title of a page's text calls the part, folded, with the label of the id
    that follows; empty when the page has none."""
    found = _SECTION.search(text)
    return fold(found[1]) if found else ""
