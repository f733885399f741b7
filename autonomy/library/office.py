"""What Office files say of themselves: `docProps/core.xml` as CSL-JSON."""

from __future__ import annotations

import re
from typing import Any

from autonomy.library.bibliography import issued_from, people, sane_title
from autonomy.library.container import Container

_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
# Office puts the name of whoever installed it here; libraries put their own.
_JUNK_AUTHORS = re.compile(
    r"^(?:user|admin(?:istrator)?|author|microsoft.*|python-docx|python-pptx|openpyxl|steve canny|"
    r"windows.*|owner|unknown|student|\W*)$",
    re.I,
)
# The templates that python-docx and python-pptx ship; their dates say nothing of the document.
_TEMPLATE_DATES = ("2013-12-23T23:15", "2013-01-27T09:14")


def core_properties(archive: Container) -> dict[str, Any]:
    """Title, authors and date as far as they say something; always a `type`."""
    csl: dict[str, Any] = {"type": "document"}
    root = archive.xml("docProps/core.xml")
    if root is None:
        return csl
    title = sane_title(root.findtext(f"{_DC}title"))
    if title:
        csl["title"] = title
    author = root.findtext(f"{_DC}creator") or ""
    if not _JUNK_AUTHORS.match(author):
        authors = [name for name in people(author) if "given" in name]
        if authors:
            csl["author"] = authors
    date = root.findtext(f"{_DCTERMS}created") or ""
    created = issued_from(date)
    if created and not date.startswith(_TEMPLATE_DATES):
        csl["issued"] = created
    return csl
