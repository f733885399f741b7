"""RIS, the tagged format of databases and reference managers.

Tags after the RIS format specification of Research Information Systems (2001) with what EndNote,
Zotero and publishers write today.
"""

from __future__ import annotations

import re
from typing import Any

from rispy import RisParser

from autonomy.library.imports.dates import csl_date
from autonomy.library.imports.entry import RawEntry

TYPES = {
    "JOUR": "article-journal",
    "JFULL": "periodical",
    "EJOUR": "article-journal",
    "ABST": "article-journal",
    "INPR": "article-journal",
    "MGZN": "article-magazine",
    "NEWS": "article-newspaper",
    "UNPB": "article",
    "PREPRINT": "article",
    "BOOK": "book",
    "EBOOK": "book",
    "EDBOOK": "book",
    "WHOLE": "book",
    "CHAP": "chapter",
    "ECHAP": "chapter",
    "ENCYC": "entry-encyclopedia",
    "DICT": "entry-dictionary",
    "CPAPER": "paper-conference",
    "CONF": "paper-conference",
    "RPRT": "report",
    "GOVDOC": "report",
    "THES": "thesis",
    "ELEC": "webpage",
    "WEB": "webpage",
    "ICOMM": "webpage",
    "BLOG": "post-weblog",
    "DATA": "dataset",
    "DBASE": "dataset",
    "AGGR": "dataset",
    "COMP": "software",
    "PAT": "patent",
    "STAT": "legislation",
    "BILL": "bill",
    "LEGAL": "legislation",
    "CASE": "legal_case",
    "MANSCPT": "manuscript",
    "MAP": "map",
    "MPCT": "motion_picture",
    "VIDEO": "motion_picture",
    "STAND": "standard",
    "SLIDE": "speech",
    "PAMP": "pamphlet",
    "PCOMM": "personal_communication",
    "HEAR": "hearing",
    "MUSIC": "song",
    "SOUND": "song",
    "ART": "graphic",
    "FIGURE": "figure",
}
_LISTS = ("A1", "A2", "A3", "A4", "AU", "ED", "TA", "KW", "N1", "SN")
_SKIPPED = ("L1", "L2", "L3", "L4", "LK", "RP", "AV", "UK")
"""Attachments on somebody's disk and the like."""
_FIRST_OF = (
    ("title", ("TI", "T1", "CT")),
    ("container-title-short", ("J2", "JA")),
    ("volume", ("VL", "VO")),
    ("issue", ("IS", "CP")),
    ("publisher", ("PB",)),
    ("publisher-place", ("CY", "PP")),
    ("edition", ("ET",)),
    ("language", ("LA",)),
    ("abstract", ("AB", "N2")),
    ("genre", ("M3",)),
    ("title-short", ("ST",)),
    ("call-number", ("CN",)),
    ("URL", ("UR",)),
)
_IN_SERIES = frozenset({"BOOK", "EBOOK", "EDBOOK", "WHOLE", "RPRT", "GOVDOC", "THES", "COMP"})
"""Types whose T2 is the series and not what the work stands in."""
_LINE = re.compile(r"^([A-Z][A-Z0-9]) {0,2}- ?")


def read_ris(text: str) -> list[RawEntry]:
    """Each record from its `TY` to its `ER`; a record without an end is read up to the next."""
    entries: list[RawEntry] = []
    record: list[str] = []
    start = 0
    for number, line in enumerate([*text.lstrip("\ufeff").splitlines(), "TY  - end"], start=1):
        tag = _LINE.match(line.lstrip("\ufeff"))
        if tag and tag[1] == "TY":
            if record:
                entries.append(_entry(record, start))
            record, start = [], number
        if record or (tag and tag[1] == "TY"):
            # One form of the separator, for some programs write one blank or none.
            record.append(f"{tag[1]}  - {line[tag.end() :].strip()}" if tag else line.strip())
    return entries


def _entry(record: list[str], line: int) -> RawEntry:
    wanted = [row for row in record if row and row[:2] not in _SKIPPED]
    closed = any(row.startswith("ER  -") for row in wanted)
    known = sorted({row[:2] for row in wanted if _LINE.match(row)} | {"TY"})
    parser = RisParser(
        mapping={tag: tag for tag in known},
        list_tags=list(_LISTS),
        delimiter_tags_mapping={},
        skip_unknown_tags=True,
    )
    rows = parser.parse("\n".join([*wanted, *([] if closed else ["ER  - "])]))
    if not rows:
        return RawEntry("", line, {}, "It holds no fields.")
    csl = _csl(rows[0])
    remark = "" if closed else "It had no end (“ER”); what stands before the next record was read."
    return RawEntry(str(rows[0].get("ID", ""))[:200], line, csl, remark=remark)


def _csl(row: dict[str, Any]) -> dict[str, Any]:
    kind = str(row["TY"]).upper()
    csl: dict[str, Any] = {"type": TYPES.get(kind, "document")}
    for variable, tags in _FIRST_OF:
        if value := _first(row, *tags):
            csl[variable] = value
    if kind in _IN_SERIES:
        _set(csl, "collection-title", _first(row, "T2", "T3"))
        _set(csl, "title", csl.get("title") or _first(row, "BT"))
    else:
        _set(csl, "container-title", _first(row, "T2", "JF", "JO", "BT"))
        _set(csl, "collection-title", _first(row, "T3"))
    for variable, tags in (("author", ("AU", "A1")), ("translator", ("A4",))):
        _set(csl, variable, _people(row, *tags))
    _set(csl, "editor", _people(row, "ED", *(() if kind in _IN_SERIES else ("A2",))))
    _set(csl, "collection-editor", _people(row, "A3", *(("A2",) if kind in _IN_SERIES else ())))
    _set(csl, "issued", csl_date(_first(row, "DA"), _first(row, "PY", "Y1")))
    _set(csl, "accessed", csl_date(_first(row, "Y2")) if csl.get("URL") else None)
    _set(csl, "page", _pages(_first(row, "SP"), _first(row, "EP")))
    _set(csl, "number", _first(row, "M1"))
    _set(csl, "DOI", _first(row, "DO") or _doi_in(_first(row, "M3"), _first(row, "UR")))
    if csl.get("genre", "").startswith("10."):
        del csl["genre"]
    _set(csl, "keyword", ", ".join(str(word) for word in row.get("KW", [])))
    serial = ", ".join(str(number) for number in row.get("SN", []))
    _set(
        csl, "ISBN" if re.search(r"97[89]|\d{9}[\dXx]", serial.replace("-", "")) else "ISSN", serial
    )
    return csl


def _set(csl: dict[str, Any], variable: str, value: object) -> None:
    if value:
        csl[variable] = value


def _first(row: dict[str, Any], *tags: str) -> str:
    for tag in tags:
        value = row.get(tag)
        value = value[0] if isinstance(value, list) and value else value
        if value and str(value).strip():
            return str(value).strip()
    return ""


def _people(row: dict[str, Any], *tags: str) -> list[dict[str, str]]:
    names: list[Any] = next((row[tag] for tag in tags if row.get(tag)), [])
    return [_person(str(name)) for name in names if str(name).strip(" ,;")]


_PARTICLE = re.compile(
    r"^((?:(?:van|von|der|den|de|del|della|la|le|du|dos|da|di|ten|ter|zu|zur|al|el|af|av)[ '’])+)(?=\S)"
)


def _person(name: str) -> dict[str, str]:
    """“Family, Given, Suffix”; a name without a comma is one of an institution."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 1 or not parts[1]:
        return {"literal": parts[0]}
    person = {"given": parts[1]}
    particle = _PARTICLE.match(parts[0])
    person["family"] = parts[0][particle.end() :] if particle else parts[0]
    if particle:
        person["non-dropping-particle"] = particle[1].strip()
    if len(parts) > 2 and parts[2]:
        person["suffix"] = parts[2]
    return person


def _pages(first: str, last: str) -> str:
    first = re.sub(r"\s*[-–—]+\s*", "-", first)
    return f"{first}-{last}" if last and last != first and "-" not in first else first


def _doi_in(*values: str) -> str:
    for value in values:
        if found := re.search(r"10\.\d{4,9}/\S+", value):
            return found[0]
    return ""
