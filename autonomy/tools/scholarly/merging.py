"""One work from what several registries say of it, and which records speak of the same work."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.core.csl import first_family, folded_title, year_of
from autonomy.core.works import OpenCopy, Retraction, Work
from autonomy.tools.scholarly.identifiers import arxiv_of_doi

PRECEDENCE = (
    "crossref",
    "pubmed",
    "europe_pmc",
    "openalex",
    "semantic_scholar",
    "arxiv",
    "unpaywall",
)
"""Whose metadata is believed first: the publisher's own, then those who curate, then those who
gather. Where one is silent the next speaks."""
YEARS_APART = 3
"""A preprint and what was published of it."""
FUSION = 60.0
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009)."""
_KINDS = {"publishedVersion": 0, "acceptedVersion": 1, "submittedVersion": 2}


def is_preprint(work: Work) -> bool:
    return work.csl.get("genre") == "Preprint"


def same(one: Work, other: Work) -> bool:
    """Whether two records speak of one work, as published or as its preprint."""
    if any(other.identifiers.get(kind) == value for kind, value in one.identifiers.items()):
        return True
    if _linked(one, other) or _linked(other, one):
        return True
    a, b = (folded_title(work.csl).replace(" ", "") for work in (one, other))
    if a != b or len(a) < 12 or first_family(one.csl) != first_family(other.csl):
        return False
    first, second = year_of(one.csl), year_of(other.csl)
    apart = abs(first - second) if first and second else 0
    if is_preprint(one) != is_preprint(other):
        return apart <= YEARS_APART
    # The same words by the same person under two identifiers are two works: "Editorial".
    clash = one.identifiers.keys() & other.identifiers.keys()
    return not clash and apart <= (1 if is_preprint(one) else 0)


def _linked(one: Work, other: Work) -> bool:
    dois = {f"doi:{value}" for value in (other.identifiers.get("doi"),) if value}
    return bool(dois & set(one.versions))


def merged(records: Sequence[Work]) -> Work:
    """One work: the first by `PRECEDENCE` gives its words, published before preprint; the others
    fill what it leaves out."""
    ordered = sorted(records, key=lambda work: (is_preprint(work), _standing(work), -len(work.csl)))
    best = ordered[0]
    csl = dict(best.csl)
    for other in ordered[1:]:
        # A preprint's number and publisher are not those of what was published.
        if is_preprint(other) == is_preprint(best):
            for name, value in other.csl.items():
                csl.setdefault(name, value)
        elif "author" not in csl and "author" in other.csl:
            csl["author"] = other.csl["author"]
    identifiers: dict[str, str] = {}
    for work in ordered:
        for kind, value in work.identifiers.items():
            identifiers.setdefault(kind, value)
    own = f"doi:{identifiers.get('doi', '')}"
    versions = dict.fromkeys(version for work in ordered for version in work.versions)
    for work in ordered:
        other_doi = work.identifiers.get("doi", "")
        if other_doi:
            versions.setdefault(f"doi:{other_doi}")
    if not is_preprint(best) and "arxiv" in identifiers:
        versions.setdefault(f"arxiv:{identifiers['arxiv']}")
    known = {version for version in versions if not arxiv_of_doi(version.partition(":")[2])}
    abstracts = [work.abstract for work in ordered if work.abstract]
    references = max((work.references for work in ordered), key=len)
    counts = [work.cited_by for work in ordered if work.cited_by is not None]
    return Work(
        csl=csl,
        identifiers=identifiers,
        providers=tuple(dict.fromkeys(name for work in ordered for name in work.providers)),
        abstract=_fullest(abstracts),
        url=next((work.url for work in ordered if work.url), ""),
        copies=_copies(ordered),
        cited_by=max(counts, default=None),
        references=references,
        notices=_notices(ordered),
        versions=tuple(version for version in versions if version in known and version != own),
        score=max(work.score for work in ordered),
    )


def _standing(work: Work) -> int:
    name = work.providers[0] if work.providers else ""
    return PRECEDENCE.index(name) if name in PRECEDENCE else len(PRECEDENCE)


def _fullest(abstracts: Sequence[str]) -> str:
    """The first one, unless it is a stump of another."""
    if not abstracts:
        return ""
    longest = max(abstracts, key=len)
    return longest if len(abstracts[0]) < 0.6 * len(longest) else abstracts[0]


def _copies(works: Sequence[Work]) -> tuple[OpenCopy, ...]:
    seen: dict[str, OpenCopy] = {}
    for work in works:
        for copy in work.copies:
            before = seen.get(copy.url)
            if before is None or (copy.licence and not before.licence):
                seen[copy.url] = copy
    return tuple(sorted(seen.values(), key=lambda copy: _KINDS.get(copy.version, 3))[:12])


def _notices(works: Sequence[Work]) -> tuple[Retraction, ...]:
    """Each kind once, from whoever says most of it."""
    best: dict[tuple[str, str], Retraction] = {}
    for work in works:
        for notice in work.notices:
            best.setdefault((notice.kind, notice.doi), notice)
    named = {kind for kind, doi in best if doi}
    return tuple(one for (kind, doi), one in best.items() if doi or kind not in named)


def fused(lists: Sequence[Sequence[Work]]) -> list[Work]:
    """Ranked lists of several registries as one, each work once, best first."""
    groups: list[list[tuple[int, int, Work]]] = []
    for source, ranked in enumerate(lists):
        for rank, work in enumerate(ranked, 1):
            alike = [group for group in groups if any(same(work, other) for _, _, other in group)]
            groups = [group for group in groups if group not in alike]
            # One record may be what shows that two others speak of the same work.
            groups.append([*(entry for group in alike for entry in group), (source, rank, work)])
    works = []
    for group in groups:
        best: dict[int, int] = {}
        for source, rank, _ in group:
            best[source] = min(rank, best.get(source, rank))
        score = sum(1 / (FUSION + rank) for rank in best.values())
        one = merged([work for _, _, work in group])
        works.append((min(best.values()), one.model_copy(update={"score": round(score, 6)})))
    return [work for _, work in sorted(works, key=lambda pair: (-pair[1].score, pair[0]))]
