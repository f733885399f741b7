"""When and where a work was published, as its first page states it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from autonomy.library.bibliography import ARXIV, YEAR, find_doi, issued
from autonomy.library.parsers.pdf.lines import Line
from autonomy.library.parsers.pdf.page_text import PageText
from autonomy.library.sections import is_abstract_heading

_VENUE = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th)\s+)?(?:[A-Z][\w&-]*\s+){0,6}"
    r"(?:Conference|Workshop|Symposium|Proceedings|Meeting)\s+(?:on|of|for)\s+[^.;]{5,140}"
)
_JOURNAL = re.compile(
    r"^(?:[A-Z][\w&-]+\s+){0,6}(?:Journal|Transactions|Letters|Review|Annals|Proceedings)\b[^.;]{0,100}"
)
_LOCUS = re.compile(
    r"(?P<volume>\d{1,4})\s*\((?P<year>(?:19|20)\d\d)\)\s*(?P<first>\d{1,6})\s*[–—-]\s*(?P<last>\d{1,6})"
)
_RIGHTS_YEAR = re.compile(r"(?:©|\(c\)|copyright)\D{0,30}((?:19|20)\d\d)", re.I)
_DATED = re.compile(
    r"(?:published|accepted|available online|received|posted|dated?)\b\D{0,40}?(?:\d{1,2}\D{1,12})?((?:19|20)\d\d)",
    re.I,
)
_MONTH_YEAR = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?:\d{1,2},?\s+)?((?:19|20)\d\d)\b",
    re.I,
)


def front_bottom(page: PageText) -> float:
    """Where the title area ends at the latest: the abstract's heading, or 60 % of the page."""
    for line in sorted(page.lines, key=lambda x: x.y):
        if is_abstract_heading(line.text) or re.match(
            r"^(?:1\.?|I\.)\s+Introduction\b", line.text, re.I
        ):
            return line.y - 1
    return page.height * 0.6


def published(page: PageText, body: float, info: dict[str, str]) -> dict[str, Any]:
    """Year, identifiers and container, strongest statement first."""
    shown = "\n".join(line.text for line in page.lines)
    imprint = "\n".join(line.text for line in _imprint(page, body))
    everything = f"{shown}\n{page.stray}"
    csl: dict[str, Any] = {}
    stamp = ARXIV.search("".join(page.stray.split())) or ARXIV.search(info.get("Subject", ""))
    year: int | None = None
    venue = _venue(page)
    if venue:
        csl.update(venue)
        found = YEAR.search(venue["container-title"])
        year = int(found[1]) if found else None
    locus = _LOCUS.search(imprint)
    if locus and csl.get("type") == "article-journal":
        csl["volume"], csl["page"] = locus["volume"], f"{locus['first']}-{locus['last']}"
        year = year or int(locus["year"])
    doi = find_doi(f"{info.get('doi', '')} {info.get('Subject', '')} {everything}")
    if doi:
        csl["DOI"] = doi
    if stamp:
        csl["number"] = f"arXiv:{stamp[1]}"
        csl["URL"] = f"https://arxiv.org/abs/{stamp[1]}"
        if "type" not in csl:
            csl["type"], csl["publisher"] = "article", "arXiv"
        if year is None and re.match(r"\d{4}\.", stamp[1]):
            # The identifier begins with year and month of the first version.
            year = 2000 + int(stamp[1][:2])
    for pattern in (_RIGHTS_YEAR, _DATED, _MONTH_YEAR):
        match = pattern.search(imprint) if year is None else None
        if match and int(match[1]) <= date.today().year + 1:
            year = int(match[1])
    if year is None:
        year = _banner_year(page, body)
    if year is not None:
        csl["issued"] = issued(year)
    csl.setdefault("type", "article-journal" if doi else "document")
    return csl


def _imprint(page: PageText, body: float) -> list[Line]:
    """Lines that may tell of the publication: above the text, at the edges, or about rights and
    dates. A year in the running text tells when something else happened."""
    stop = front_bottom(page)
    return [
        line
        for line in page.lines
        if (line.y < stop and len(line.text.split()) <= 14)
        or (
            (line.y < page.height * 0.12 or line.y > page.height * 0.85) and line.size < body * 0.95
        )
        or (line.size < body * 0.95 and _DATED.match(line.text))
        or _RIGHTS_YEAR.match(line.text)
    ]


def _banner_year(page: PageText, body: float) -> int | None:
    """A year in the outermost lines of the first page (journal banners, report covers)."""
    for line in page.lines:
        if line.size < body * 0.98 and (line.y < page.height * 0.12 or line.y > page.height * 0.9):
            match = YEAR.search(line.text)
            if match and int(match[1]) <= date.today().year + 1:
                return int(match[1])
    return None


def _venue(page: PageText) -> dict[str, Any]:
    """Conference or journal, when a line at the top or foot of the page states it."""
    for line in page.lines:
        if page.height * 0.12 < line.y < page.height * 0.8 or len(line.text) > 250:
            continue
        match = _VENUE.search(line.text)
        if match:
            name = re.sub(
                r"^(?:in|at|to appear in|published (?:as|in))\s+",
                "",
                match[0].strip(" ,"),
                flags=re.I,
            )
            closing = name.find(")")
            return {
                "container-title": name[: closing + 1] if closing > 0 else name,
                "type": "paper-conference",
            }
        match = _JOURNAL.match(line.text)
        if match and line.y < page.height * 0.12:
            name = re.split(r"\s*(?:,|\(|\bvol\b|\d|:)", match[0], maxsplit=1, flags=re.I)[
                0
            ].strip()
            if len(name.split()) >= 2:
                return {"container-title": name, "type": "article-journal"}
    return {}
