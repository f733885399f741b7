"""References as BibTeX: the entry types and fields of BibTeX (Patashnik 1988), and where it has
none those of BibLaTeX. UTF-8, which both read today; only what LaTeX takes for a command is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autonomy.tools.csl.reference import Reference

_TYPES = {
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "review": "article",
    "book": "book",
    "chapter": "incollection",
    "entry-encyclopedia": "inreference",
    "entry-dictionary": "inreference",
    "paper-conference": "inproceedings",
    "report": "techreport",
    "webpage": "online",
    "post-weblog": "online",
    "post": "online",
    "manuscript": "unpublished",
    "pamphlet": "booklet",
    "dataset": "dataset",
    "software": "software",
    "patent": "patent",
    "legislation": "legislation",
    "legal_case": "jurisdiction",
    "standard": "standard",
    "periodical": "periodical",
    "motion_picture": "movie",
}
_SUBTYPES = {"article-magazine": "magazine", "article-newspaper": "newspaper"}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ESCAPES = {
    "\\": r"\textbackslash{}",
    # BibTeX counts braces whether a backslash stands before them or not.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_JOINED = re.compile(r"-(?=-)|'(?=')|`(?=`)")
"""LaTeX makes a dash or a quotation mark of two of these."""
_ROLES = (("author", "author"), ("editor", "editor"), ("translator", "translator"))
_PLAIN = (
    ("container-title-short", "shortjournal"),
    ("collection-title", "series"),
    ("volume", "volume"),
    ("edition", "edition"),
    ("chapter-number", "chapter"),
    ("publisher-place", "address"),
    ("event-title", "eventtitle"),
    ("version", "version"),
    ("language", "langid"),
    ("ISBN", "isbn"),
    ("ISSN", "issn"),
    ("PMID", "pmid"),
    ("abstract", "abstract"),
    ("keyword", "keywords"),
    ("note", "note"),
)


def bibtex(references: Sequence[Reference]) -> str:
    """One entry per reference, each with its `id` as key."""
    return "\n".join(_entry(reference) for reference in references)


def _entry(reference: Reference) -> str:
    rows = "".join(f"  {name} = {value},\n" for name, value in _fields(reference))
    return f"@{_type(reference)}{{{_key(reference['id'])},\n{rows}}}\n"


def _type(reference: Reference) -> str:
    if reference["type"] == "thesis":
        genre = str(reference.get("genre", "")).lower()
        return "mastersthesis" if "master" in genre else "phdthesis"
    return _TYPES.get(reference["type"], "misc")


def _key(identity: str) -> str:
    return re.sub(r"[^A-Za-z0-9:._/+-]", "", identity) or "source"


def _fields(reference: Reference) -> Iterator[tuple[str, str]]:
    kind = reference["type"]
    for variable, name in _ROLES:
        if people := reference.get(variable):
            yield name, _braced(" and ".join(_name(person) for person in people))
    if "title" in reference:
        yield "title", _braced(_protected(reference["title"]))
    yield from _held_by(reference)
    yield from _dates(reference)
    for variable, name in _PLAIN:
        if variable in reference:
            yield name, _braced(_escaped(reference[variable]))
    if "publisher" in reference:
        role = {"report": "institution", "thesis": "school"}.get(kind, "publisher")
        yield role, _braced(_escaped(reference["publisher"]))
    yield from _numbers(reference)
    if kind in _SUBTYPES:
        yield "entrysubtype", _braced(_SUBTYPES[kind])
    if "genre" in reference:
        yield "type", _braced(_escaped(reference["genre"]))
    # Addresses are not escaped: every style sets them by \url or \href.
    for variable, name in (("DOI", "doi"), ("URL", "url")):
        if variable in reference:
            yield name, _braced(re.sub(r"[{}\\]", "", reference[variable]))


def _held_by(reference: Reference) -> Iterator[tuple[str, str]]:
    if "container-title" in reference:
        in_journal = _TYPES.get(reference["type"]) == "article"
        yield (
            "journal" if in_journal else "booktitle",
            _braced(_escaped(reference["container-title"])),
        )


def _numbers(reference: Reference) -> Iterator[tuple[str, str]]:
    if "page" in reference:
        ends = re.split(r"\s*[-–—]+\s*", str(reference["page"]))
        yield "pages", _braced("--".join(map(_escaped, ends)))
    number = reference.get("issue") or reference.get("collection-number")
    number = number or reference.get("number")
    arxiv = re.match(r"(?i)arxiv:\s*(\S+)", str(reference.get("number", "")))
    if arxiv:
        yield "eprint", _braced(_escaped(arxiv[1]))
        yield "eprinttype", _braced("arxiv")
    elif number:
        yield "number", _braced(_escaped(number))


def _dates(reference: Reference) -> Iterator[tuple[str, str]]:
    issued = reference.get("issued", {})
    rows = issued.get("date-parts", [])
    if len(rows) == 2:
        # Only BibLaTeX has ranges; the year alone is for everybody else.
        yield "date", _braced("/".join(_iso(row) for row in rows))
    if rows:
        first = rows[0]
        yield "year", _braced(str(first[0]))
        if len(first) > 1:
            yield "month", _MONTHS[first[1] - 1]
        if len(first) > 2:
            yield "day", _braced(str(first[2]))
    elif "literal" in issued:
        yield "year", _braced(_escaped(issued["literal"]))
    accessed = reference.get("accessed", {}).get("date-parts", [[]])[0]
    if accessed:
        yield "urldate", _braced(_iso(accessed))


def _iso(parts: Sequence[int]) -> str:
    return "-".join([f"{parts[0]:04d}", *(f"{part:02d}" for part in parts[1:])])


def _name(person: dict[str, str]) -> str:
    if "family" not in person:
        # Braces of its own keep an institution's name in one piece.
        return _braced(_escaped(person["literal"]))
    particle = person.get("non-dropping-particle") or person.get("dropping-particle")
    family = _escaped(person["family"])
    if not particle and (" and " in f" {family} " or "," in family or _looks_particled(family)):
        family = _braced(family)
    parts = [f"{_escaped(particle)} {family}" if particle else family]
    if "suffix" in person:
        parts.append(_escaped(person["suffix"]))
    if "given" in person:
        given = _escaped(person["given"])
        parts.append(_braced(given) if "," in given or " and " in given else given)
    elif not particle:
        return _braced(family)
    return ", ".join(parts)


def _looks_particled(family: str) -> bool:
    """A family name that begins in lower case would be read as a particle."""
    return family[:1].islower()


def _protected(title: str) -> str:
    """The title with words in braces whose capitals no style may take away (DNA, iPhone)."""
    return " ".join(
        f"{{{_escaped(word)}}}" if re.search(r"\w[A-Z]|\d[A-Z]|[a-z]\d", word) else _escaped(word)
        for word in title.split()
    )


def _escaped(value: str) -> str:
    text = "".join(_ESCAPES.get(letter, letter) for letter in str(value))
    return _JOINED.sub(r"\g<0>{}", text)


def _braced(value: str) -> str:
    return f"{{{value}}}"
