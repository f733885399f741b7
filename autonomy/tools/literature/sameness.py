"""When two descriptions are of one work: the identifiers they share, or who wrote what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy.core.csl import first_family, folded_title, year_of
from autonomy.core.works import Work
from autonomy.tools.scholarly import identifiers

_NAMED = 4
"""Words from which a title names a work whatever year it carries; "Introduction" does not."""


def identifiers_of(csl: Mapping[str, Any], stated: Mapping[str, str]) -> dict[str, str]:
    """DOI and arXiv id, from the identifiers or from the description."""
    found = identifiers.known(doi=stated.get("doi") or csl.get("DOI"), arxiv=stated.get("arxiv"))
    others = {k: v for k, v in stated.items() if k not in ("doi", "arxiv") and v}
    return {**others, **found}


def names_of(work: Work) -> frozenset[str]:
    """What the work may be known by: two works with a name in common are one.

    `doi:…`, `arxiv:…` and the registries' own ids; `work:…` of title, first author and year; and
    for a title that names a work by itself also without the year, so that a preprint and its
    published version meet.
    """
    names = {
        f"{kind}:{value}" for kind, value in identifiers_of(work.csl, work.identifiers).items()
    }
    title, author = folded_title(work.csl), first_family(work.csl)
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
    title = folded_title(work.csl) or work.url
    return f"work:{title}|{first_family(work.csl)}|{year_of(work.csl) or ''}"[:200]
