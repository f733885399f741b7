"""When two descriptions are of one work: the identifiers they share, or who wrote what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from autonomy.core.works import Work

_DOI = re.compile(r"10\.\d{4,9}/\S+", re.IGNORECASE)
_ARXIV = re.compile(
    r"(?:arxiv[:/. ]\s*)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?", re.I
)
_NAMED = 4
"""Words from which a title names a work whoever's year it carries; "Introduction" does not."""


def bare_doi(text: object) -> str:
    """The DOI in `text`, bare and in lower case; empty when there is none."""
    match = _DOI.search(str(text or ""))
    return match.group().rstrip(".,;)").lower() if match else ""


def bare_arxiv(text: object) -> str:
    """The arXiv id in `text` without its version; empty when there is none."""
    match = _ARXIV.fullmatch(str(text or "").strip())
    return match[1].lower() if match else ""


def plain_title(csl: Mapping[str, Any]) -> str:
    """The title as it is compared: letters and digits, lower case, no accents and no mark-up."""
    text = re.sub(r"<[^>]{1,40}>", " ", str(csl.get("title") or ""))
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower()
    return " ".join(re.findall(r"[^\W_]+", text))


def first_author(csl: Mapping[str, Any]) -> str:
    """Family name of the first author as it is compared; empty when there is none."""
    for person in csl.get("author") or ():
        if isinstance(person, Mapping):
            name = str(person.get("family") or person.get("literal") or "")
            return plain_title({"title": name})
    return ""


def year_of(csl: Mapping[str, Any]) -> int | None:
    """Year of publication, None when it is not stated."""
    try:
        return int(csl["issued"]["date-parts"][0][0])
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def identifiers_of(csl: Mapping[str, Any], stated: Mapping[str, str]) -> dict[str, str]:
    """DOI and arXiv id, from the identifiers or from the description."""
    doi = bare_doi(stated.get("doi") or csl.get("DOI"))
    arxiv = bare_arxiv(stated.get("arxiv"))
    if not arxiv and doi.startswith("10.48550/arxiv."):
        arxiv = bare_arxiv(doi.removeprefix("10.48550/arxiv."))
    others = {k: v for k, v in stated.items() if k not in ("doi", "arxiv") and v}
    found = {**others, "doi": doi, "arxiv": arxiv}
    return {name: value for name, value in found.items() if value}


def names_of(work: Work) -> frozenset[str]:
    """What the work may be known by: two works with a name in common are one.

    `doi:…`, `arxiv:…` and the registries' own ids; `work:…` of title, first author and year; and
    for a title that names a work by itself also without the year, so that a preprint and its
    published version meet.
    """
    names = {
        f"{kind}:{value}" for kind, value in identifiers_of(work.csl, work.identifiers).items()
    }
    title, author = plain_title(work.csl), first_author(work.csl)
    if title and work.csl.get("type") == "webpage":
        names.add(f"url:{work.url}")
    elif title:
        names.add(f"work:{title}|{author}|{year_of(work.csl) or ''}")
        if author and len(title.split()) >= _NAMED:
            names.add(f"work:{title}|{author}")
    return frozenset(names)


def key_of(work: Work) -> str:
    """The one name a work goes by within a run, at most 200 characters."""
    known = identifiers_of(work.csl, work.identifiers)
    for kind in ("doi", "arxiv", "pmid", "pmcid", "openalex", "semantic_scholar"):
        if known.get(kind):
            return f"{kind}:{known[kind]}"[:200]
    if work.csl.get("type") == "webpage" and work.url:
        return f"url:{work.url}"[:200]
    title = plain_title(work.csl) or work.url
    return f"work:{title}|{first_author(work.csl)}|{year_of(work.csl) or ''}"[:200]
