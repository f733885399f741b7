"""The fields of a BibTeX or BibLaTeX entry as CSL variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from autonomy.library.imports.bibtex_names import people
from autonomy.library.imports.dates import csl_date, month_number
from autonomy.library.imports.latex import address, plain_text

_TYPES = {
    "article": "article-journal",
    "suppperiodical": "article-journal",
    "review": "review",
    "periodical": "periodical",
    "book": "book",
    "mvbook": "book",
    "collection": "book",
    "mvcollection": "book",
    "proceedings": "book",
    "mvproceedings": "book",
    "reference": "book",
    "mvreference": "book",
    "booklet": "pamphlet",
    "manual": "report",
    "inbook": "chapter",
    "bookinbook": "chapter",
    "suppbook": "chapter",
    "incollection": "chapter",
    "suppcollection": "chapter",
    "inreference": "entry-encyclopedia",
    "inproceedings": "paper-conference",
    "conference": "paper-conference",
    "thesis": "thesis",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "report": "report",
    "techreport": "report",
    "unpublished": "manuscript",
    "online": "webpage",
    "electronic": "webpage",
    "www": "webpage",
    "webpage": "webpage",
    "newspaper": "article-newspaper",
    "dataset": "dataset",
    "data": "dataset",
    "software": "software",
    "patent": "patent",
    "legislation": "legislation",
    "jurisdiction": "legal_case",
    "standard": "standard",
    "video": "motion_picture",
    "movie": "motion_picture",
    "image": "graphic",
    "artwork": "graphic",
    "letter": "personal_communication",
}
_SUBTYPES = {"newspaper": "article-newspaper", "magazine": "article-magazine"}
_ROLES = {
    "author": "author",
    "editor": "editor",
    "translator": "translator",
    "bookauthor": "container-author",
    "holder": "authority",
}
_PLAIN = {
    "title": "title",
    "shorttitle": "title-short",
    "journaltitle": "container-title",
    "journal": "container-title",
    "booktitle": "container-title",
    "maintitle": "container-title",
    "shortjournal": "container-title-short",
    "series": "collection-title",
    "volume": "volume",
    "volumes": "number-of-volumes",
    "edition": "edition",
    "chapter": "chapter-number",
    "publisher": "publisher",
    "institution": "publisher",
    "school": "publisher",
    "organization": "publisher",
    "location": "publisher-place",
    "address": "publisher-place",
    "eventtitle": "event-title",
    "venue": "event-place",
    "pagetotal": "number-of-pages",
    "version": "version",
    "isbn": "ISBN",
    "issn": "ISSN",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "langid": "language",
    "language": "language",
    "abstract": "abstract",
    "keywords": "keyword",
    "note": "note",
}
_THESES = {"phdthesis": "PhD thesis", "mastersthesis": "Master’s thesis"}
_GENRES = {
    "phdthesis": "PhD thesis",
    "mathesis": "Master’s thesis",
    "techreport": "Technical report",
    "resreport": "Research report",
    "software": "Computer software",
    "datacd": "Data CD",
}
_ARTICLES = frozenset({"article-journal", "article-magazine", "article-newspaper", "periodical"})
_LANGUAGES = {
    "english": "en", "american": "en-US", "usenglish": "en-US", "british": "en-GB",
    "ukenglish": "en-GB", "german": "de", "ngerman": "de", "french": "fr", "spanish": "es",
    "italian": "it", "portuguese": "pt", "brazil": "pt-BR", "dutch": "nl", "swedish": "sv",
    "danish": "da", "polish": "pl", "czech": "cs", "russian": "ru", "turkish": "tr",
}  # fmt: skip


def csl_of(kind: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """CSL-JSON of an entry of type `kind` with the resolved `fields` (LaTeX, names in lower
    case). Fields that point to files on somebody's disk are left out."""
    csl: dict[str, Any] = {"type": _type(kind, fields)}
    for name, variable in _PLAIN.items():
        if words := plain_text(fields.get(name, "")):
            csl.setdefault(variable, words)
    for name, variable in _ROLES.items():
        if found := people(fields.get(name, "")):
            csl[variable] = found if variable != "authority" else plain_text(fields[name])
    if subtitle := plain_text(fields.get("subtitle", "")):
        csl["title"] = f"{csl.get('title', '').rstrip(':')}: {subtitle}".lstrip(": ")
    if subtitle := plain_text(fields.get("booksubtitle", "")):
        csl["container-title"] = f"{csl.get('container-title', '')}: {subtitle}".lstrip(": ")
    _dates(csl, fields)
    _numbers(csl, fields)
    _identifiers(csl, fields)
    _genre(csl, kind, fields)
    if csl["type"] == "book" and csl.get("container-title") == csl.get("title"):
        csl.pop("container-title", None)  # proceedings name themselves for what stands in them
    if "language" in csl:
        csl["language"] = _LANGUAGES.get(csl["language"].lower(), csl["language"])
    return csl


def _type(kind: str, fields: Mapping[str, str]) -> str:
    if kind in ("article", "misc") and fields.get("entrysubtype", "").lower() in _SUBTYPES:
        return _SUBTYPES[fields["entrysubtype"].lower()]
    if kind in _TYPES:
        known = _TYPES[kind]
        preprint = known == "article-journal" and not (
            fields.get("journal") or fields.get("journaltitle")
        )
        return "article" if preprint and fields.get("eprint") else known
    if fields.get("eprint") or "arxiv" in fields.get("howpublished", "").lower():
        return "article"
    has_address = fields.get("url") or "http" in fields.get("howpublished", "")
    return "webpage" if kind == "misc" and has_address and not fields.get("doi") else "document"


def _dates(csl: dict[str, Any], fields: Mapping[str, str]) -> None:
    written = plain_text(fields.get("date", ""))
    year = plain_text(fields.get("year", ""))
    issued = csl_date(written) if written else csl_date(year)
    month = fields.get("month", "")
    rows = issued.get("date-parts")
    if not written and rows and len(rows) == 1 and len(rows[0]) == 1:
        number = month_number(re.split(r"[^A-Za-z0-9]", plain_text(month).strip())[0])
        if number:
            rows[0].append(number)
            day = re.search(r"\d{1,2}", fields.get("day", "") or _days(month))
            if day and 1 <= int(day[0]) <= 31:
                rows[0].append(int(day[0]))
    if issued:
        csl["issued"] = issued
    if accessed := csl_date(plain_text(fields.get("urldate", ""))):
        csl["accessed"] = accessed
    if original := csl_date(plain_text(fields.get("origdate", ""))):
        csl["original-date"] = original


def _days(month: str) -> str:
    """The day in `mar # "~12"` or `12 March`; a bare number is the month itself."""
    words = plain_text(month)
    return "" if words.isdigit() else words if re.search("[A-Za-z]", words) else words[2:]


def _numbers(csl: dict[str, Any], fields: Mapping[str, str]) -> None:
    number = plain_text(fields.get("number", ""))
    issue = plain_text(fields.get("issue", ""))
    if csl["type"] in _ARTICLES:
        if number or issue:
            csl["issue"] = number or issue
    elif number:
        in_series = csl["type"] in ("book", "chapter", "paper-conference")
        csl["collection-number" if in_series and "collection-title" in csl else "number"] = number
    if pages := plain_text(fields.get("pages", "")):
        csl["page"] = re.sub(r"\s*[-–—]+\s*", "-", pages)
    elif article := plain_text(fields.get("eid", "") or fields.get("articleno", "")):
        csl["page"] = article


def _identifiers(csl: dict[str, Any], fields: Mapping[str, str]) -> None:
    if doi := address(fields.get("doi", "")):
        csl["DOI"] = doi
    url = address(fields.get("url", ""))
    if not url and (shown := re.search(r"https?://[^\s{}]+", fields.get("howpublished", ""))):
        url = address(shown[0])
    eprint = address(fields.get("eprint", ""))
    archive = (fields.get("archiveprefix") or fields.get("eprinttype") or "").strip()
    if (
        eprint
        and archive.lower() in ("arxiv", "")
        and re.match(r"[a-z-]+(\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5}", eprint)
    ):
        csl.setdefault("publisher", "arXiv")
        csl["number"] = f"arXiv:{eprint}" if not eprint.lower().startswith("arxiv") else eprint
        url = url or f"https://arxiv.org/abs/{eprint}"
    if url:
        csl["URL"] = url


def _genre(csl: dict[str, Any], kind: str, fields: Mapping[str, str]) -> None:
    wanted = plain_text(fields.get("type", ""))
    genre = _GENRES.get(wanted.lower(), wanted) or _THESES.get(kind, "")
    if genre:
        csl["genre"] = genre
    how = plain_text(fields.get("howpublished", ""))
    if how and "http" not in how and csl["type"] in ("document", "webpage"):
        csl.setdefault("publisher", how)
