"""Lists of names in BibTeX's notation: “First von Last”, “von Last, First”, “von Last, Jr, First”."""

from __future__ import annotations

from bibtexparser.middlewares.names import (
    InvalidNameError,
    parse_single_name_into_parts,
    split_multiple_persons_names,
)

from autonomy.library.imports.latex import plain_text, unwrapped

_MOST = 2_000
"""Names of one field that are read."""


def people(value: str) -> list[dict[str, str]]:
    """The people of a field as CSL names. A name in braces of its own is an institution;
    "and others" is left out."""
    found: list[dict[str, str]] = []
    for name in split_multiple_persons_names(" ".join(value.split()))[:_MOST]:
        if name.lower() in ("others", "et al.", "et al", ""):
            continue
        found.append(_extended(name) or _person(name))
    return [person for person in found if person]


def _person(name: str) -> dict[str, str]:
    if unwrapped(name) is not None and name.startswith("{"):
        return _kept({"literal": plain_text(name)})
    try:
        parts = parse_single_name_into_parts(name, strict=False)
    except InvalidNameError:
        return _kept({"literal": plain_text(name)})
    family, given = _joined(parts.last), _joined(parts.first)
    if not given and not parts.von:
        return _kept({"literal": family})
    return _kept(
        {
            "family": family,
            "given": given,
            "non-dropping-particle": _joined(parts.von),
            "suffix": _joined(parts.jr),
        }
    )


def _extended(name: str) -> dict[str, str]:
    """BibLaTeX's `family=Berg, given=Jan, prefix=van der`."""
    if "=" not in name or not name.lstrip().startswith(("family", "given", "prefix", "suffix")):
        return {}
    names = {
        "family": "family",
        "given": "given",
        "prefix": "non-dropping-particle",
        "suffix": "suffix",
    }
    person: dict[str, str] = {}
    for piece in name.split(","):
        key, _, words = piece.partition("=")
        if key.strip() in names:
            person[names[key.strip()]] = plain_text(words.strip().strip('"'))
    return _kept(person)


def _joined(words: list[str]) -> str:
    return plain_text(" ".join(words))


def _kept(person: dict[str, str]) -> dict[str, str]:
    return {part: words for part, words in person.items() if words}
