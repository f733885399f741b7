"""RIS, the tagged format that every reference manager imports.

Tags after the RIS format specification of Research Information Systems (2001), with the type
names that current managers use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autonomy.tools.csl.reference import Reference

_TYPES = {
    "article-journal": "JOUR",
    "article-magazine": "MGZN",
    "article-newspaper": "NEWS",
    "article": "UNPB",
    "book": "BOOK",
    "chapter": "CHAP",
    "entry-encyclopedia": "ENCYC",
    "entry-dictionary": "DICT",
    "paper-conference": "CPAPER",
    "report": "RPRT",
    "thesis": "THES",
    "webpage": "ELEC",
    "post": "BLOG",
    "post-weblog": "BLOG",
    "dataset": "DATA",
    "patent": "PAT",
    "legislation": "STAT",
    "legal_case": "CASE",
    "manuscript": "MANSCPT",
    "periodical": "JFULL",
    "bill": "BILL",
    "speech": "SLIDE",
    "pamphlet": "PAMP",
    "personal_communication": "PCOMM",
    "hearing": "HEAR",
    "graphic": "ART",
    "figure": "FIGURE",
    "song": "MUSIC",
    "map": "MAP",
    "motion_picture": "MPCT",
    "software": "COMP",
    "standard": "STAND",
}
_ROLES = (("author", "AU"), ("editor", "ED"), ("collection-editor", "A3"), ("translator", "A4"))
_PLAIN = (
    ("title", "TI"),
    ("container-title", "T2"),
    ("container-title-short", "J2"),
    ("collection-title", "T3"),
    ("volume", "VL"),
    ("issue", "IS"),
    ("publisher", "PB"),
    ("publisher-place", "CY"),
    ("edition", "ET"),
    ("DOI", "DO"),
    ("URL", "UR"),
    ("language", "LA"),
    ("number", "M1"),
    ("genre", "M3"),
    ("abstract", "AB"),
    ("ISBN", "SN"),
    ("ISSN", "SN"),
)


def write_ris(references: Sequence[Reference]) -> str:
    """One RIS record per reference, CRLF line ends as the specification asks."""
    lines = [line for reference in references for line in _record(reference)]
    return "".join(f"{line}\r\n" for line in lines)


def _record(reference: Reference) -> Iterator[str]:
    yield f"TY  - {_TYPES.get(reference['type'], 'GEN')}"
    yield f"ID  - {reference['id']}"
    for role, tag in _ROLES:
        for person in reference.get(role, []):
            yield f"{tag}  - {_name(person)}"
    for variable, tag in _PLAIN:
        if variable in reference:
            yield f"{tag}  - {reference[variable]}"
    yield from _date(reference, "issued", "DA")
    yield from _date(reference, "accessed", "Y2")
    if "page" in reference:
        first, _, last = reference["page"].replace("–", "-").partition("-")
        yield f"SP  - {first.strip()}"
        if last.strip():
            yield f"EP  - {last.strip('- ')}"
    for word in str(reference.get("keyword", "")).split(","):
        if word.strip():
            yield f"KW  - {word.strip()}"
    yield "ER  - "
    yield ""


def _name(person: dict[str, str]) -> str:
    if "family" not in person:
        return person["literal"]
    particle = person.get("non-dropping-particle") or person.get("dropping-particle")
    family = f"{particle} {person['family']}" if particle else person["family"]
    return ", ".join(part for part in (family, person.get("given"), person.get("suffix")) if part)


def _date(reference: Reference, variable: str, tag: str) -> Iterator[str]:
    rows = reference.get(variable, {}).get("date-parts")
    if not rows:
        if variable == "issued" and (words := reference.get(variable, {}).get("literal")):
            yield f"PY  - {words}"
        return
    parts = [f"{rows[0][0]:04d}", *(f"{part:02d}" for part in rows[0][1:])]
    if variable == "issued":
        yield f"PY  - {parts[0]}"
    yield f"{tag}  - {'/'.join([*parts, '', ''][:3])}/"
