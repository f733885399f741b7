"""Ten works of every kind that a reference list meets, and documents that cite them."""

from __future__ import annotations

from typing import Any

from autonomy.core.types import Passage, Source
from autonomy.export.document import Document, Section


def people(*names: str) -> list[dict[str, str]]:
    """`people("Smith, Jane")` as CSL-JSON names."""
    return [
        dict(zip(("family", "given"), (part.strip() for part in name.split(",")), strict=True))
        for name in names
    ]


def year(*parts: int) -> dict[str, Any]:
    return {"date-parts": [list(parts)]}


WORKS: dict[str, dict[str, Any]] = {
    "article": {
        "type": "article-journal",
        "title": "Learning to read graphs",
        "author": people("Smith, Jane A.", "Jones, Bo"),
        "container-title": "Journal of Data Studies",
        "volume": "12",
        "issue": "3",
        "page": "45-67",
        "issued": year(2019),
        "DOI": "10.1000/jds.2019.12",
    },
    "preprint": {
        "type": "article",
        "title": "Small models that plan",
        "author": people("Li, Wei"),
        "publisher": "arXiv",
        "number": "arXiv:2101.00001",
        "URL": "https://arxiv.org/abs/2101.00001",
        "issued": year(2021, 1, 5),
    },
    "book": {
        "type": "book",
        "title": "The craft of inquiry",
        "author": people("Booth, Wayne C.", "Colomb, Gregory G.", "Williams, Joseph M."),
        "publisher": "University of Chicago Press",
        "publisher-place": "Chicago",
        "edition": "3",
        "issued": year(2008),
    },
    "chapter": {
        "type": "chapter",
        "title": "Reading closely",
        "author": people("Okafor, Ada"),
        "editor": people("Weber, Max"),
        "container-title": "Handbook of reading",
        "publisher": "Springer",
        "publisher-place": "Berlin",
        "page": "12-40",
        "issued": year(2020),
    },
    "webpage": {
        "type": "webpage",
        "title": "How we write",
        "author": people("Garcia, Ana"),
        "container-title": "Writing Centre",
        "URL": "https://example.org/how-we-write",
        "issued": year(2022, 3, 14),
        "accessed": year(2026, 1, 5),
    },
    "no_author": {
        "type": "book",
        "title": "A quiet history of ink",
        "publisher": "Harbour Press",
        "publisher-place": "Leeds",
        "issued": year(2015),
    },
    "no_date": {
        "type": "book",
        "title": "Notes on method",
        "author": people("Brown, Carol"),
        "publisher": "Hill Books",
        "publisher-place": "Oxford",
    },
    "many_authors": {
        "type": "article-journal",
        "title": "A survey of everything",
        "author": people(
            "Adams, A.", "Baker, B.", "Clark, C.", "Davis, D.",
            "Evans, E.", "Frank, F.", "Ghosh, G.", "Hills, H.",
        ),
        "container-title": "Annals of Surveys",
        "volume": "7",
        "page": "1-99",
        "issued": year(2020),
    },
    "organisation": {
        "type": "report",
        "title": "World health statistics",
        "author": [{"literal": "World Health Organization"}],
        "publisher": "WHO",
        "publisher-place": "Geneva",
        "issued": year(2023),
    },
    "non_ascii": {
        "type": "article-journal",
        "title": "Čtení a psaní",
        "author": people("Dvořák, Jiří", "Çelik, Ayşe"),
        "container-title": "Česká literatura",
        "volume": "5",
        "page": "1-9",
        "issued": year(2018),
    },
}  # fmt: skip


def source(name: str, **changes: Any) -> Source:
    """The work called `name` as a source with that id."""
    return Source(id=name, csl=WORKS[name] | changes, file_name=f"{name}.pdf")


def passage(passage_id: str, name: str, page: int | None = 4) -> Passage:
    return Passage(id=passage_id, source_id=name, text="Words of the source.", page=page)


def document(*markdown: str, style: str = "harvard", **changes: Any) -> Document:
    """A document of one section per text, in which `[[p:book-7]]` cites page 7 of `book`, and
    `[[p:book]]` cites it without a page."""
    sections = tuple(
        Section(id=f"s{n}", heading=f"Part {n}", level=1, markdown=text)
        for n, text in enumerate(markdown, start=1)
    )
    draft = Document(title="A study of reading", style=style, sections=sections)
    passages = []
    for passage_id in draft.cited_passage_ids():
        name, _, page = passage_id.partition("-")
        name = name.replace("X", "_")
        if name in WORKS:
            passages.append(passage(passage_id, name, int(page) if page else None))
    cited = dict.fromkeys(p.source_id for p in passages)
    values: dict[str, Any] = {
        "sources": tuple(source(name) for name in cited),
        "passages": tuple(passages),
    }
    return draft.model_copy(update=values | changes)
