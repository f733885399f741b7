"""Identifiers of works, each in the one spelling by which they are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from autonomy.core.csl import normal_doi

_ARXIV = re.compile(
    r"(?<![\w.])(?:arxiv\.org/(?:abs|pdf|html)/|arxiv[:.])?"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?$",
    re.I,
)
_ARXIV_DOI = re.compile(r"^10\.48550/arxiv\.(.+?)(?:v\d+)?$")


def arxiv(value: Any) -> str:
    """Without the version: `2101.00001` or `hep-th/9901001`; empty for what is none."""
    if not isinstance(value, str) or len(value) > 200:
        return ""
    found = _ARXIV.search(value.strip())
    return found[1].lower() if found else ""


def arxiv_of_doi(value: str) -> str:
    """The arXiv id that a DOI of arXiv stands for."""
    found = _ARXIV_DOI.match(value)
    return arxiv(found[1]) if found else ""


def pmid(value: Any) -> str:
    found = re.search(r"(?:^|/|:)(\d{1,9})/?$", str(value or "").strip())
    return found[1] if found else ""


def pmcid(value: Any) -> str:
    found = re.search(r"(?:^|/|:)(?:pmc)?(\d{3,10})/?$", str(value or "").strip(), re.I)
    return f"PMC{found[1]}" if found else ""


def openalex(value: Any) -> str:
    found = re.search(r"(?:^|/|:)(W\d{1,14})$", str(value or "").strip(), re.I)
    return found[1].upper() if found else ""


def semantic_scholar(value: Any) -> str:
    said = str(value or "").strip().lower()
    return said if re.fullmatch(r"[0-9a-f]{40}", said) else ""


_SPELLING = {
    "doi": normal_doi,
    "arxiv": arxiv,
    "pmid": pmid,
    "pmcid": pmcid,
    "openalex": openalex,
    "semantic_scholar": semantic_scholar,
}
KINDS = tuple(_SPELLING)


def known(**given: Any) -> dict[str, str]:
    """Those of `given` that are identifiers, spelled the one way. A DOI of arXiv tells the arXiv
    id too."""
    found = {kind: spelled for kind, value in given.items() if (spelled := _SPELLING[kind](value))}
    if "arxiv" not in found and (number := arxiv_of_doi(found.get("doi", ""))):
        found["arxiv"] = number
    return found


def grouped(identifiers: Iterable[str]) -> dict[str, list[str]]:
    """`doi:…`, `arxiv:…`, `pmid:…` by kind, without doubles; what is no identifier is left out.
    A bare DOI or arXiv id is known by its look."""
    found: dict[str, list[str]] = {}
    for given in identifiers:
        kind, _, value = given.strip().partition(":")
        kind = kind.lower()
        if kind not in _SPELLING:
            kind, value = ("doi", given) if normal_doi(given) else ("arxiv", given)
        for name, spelled in known(**{kind: value}).items():
            if name == "arxiv" or not arxiv_of_doi(spelled):
                kept = found.setdefault(name, [])
                if spelled not in kept:
                    kept.append(spelled)
    return found


def of_reference(csl: Mapping[str, Any]) -> dict[str, str]:
    """The identifiers that a CSL item carries."""
    url = str(csl.get("URL") or "")
    note = str(csl.get("number") or "")
    return known(
        doi=csl.get("DOI") or (url if "doi.org/" in url else ""),
        pmid=csl.get("PMID"),
        pmcid=csl.get("PMCID"),
        arxiv=url if "arxiv.org/" in url else (note if "arxiv" in note.lower() else ""),
    )
