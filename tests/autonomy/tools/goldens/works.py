"""Invented works, one or more for each type that a reference list meets. Metadata is as messy as
files and registries give it: titles in capitals of either fashion, pages with hyphens, DOIs as
addresses."""

from __future__ import annotations

from typing import Any


def people(*names: str) -> list[dict[str, str]]:
    """`people("Smith, Jane", "=WHO")` as CSL names; a leading `=` marks an institution."""
    made: list[dict[str, str]] = []
    for name in names:
        if name.startswith("="):
            made.append({"literal": name[1:]})
        else:
            family, given = name.split(", ")
            made.append({"family": family, "given": given})
    return made


def day(*parts: int) -> dict[str, Any]:
    return {"date-parts": [list(parts)]}


WORKS: dict[str, dict[str, Any]] = {
    "journal": {
        "type": "article-journal",
        "title": "Learning to Read Graphs: A Study of DNA Sequences in Scotland",
        "author": people("Smith, Jane A.", "Jones, Bo"),
        "container-title": "Journal of Data Studies",
        "volume": "12",
        "issue": "3",
        "page": "45-67",
        "issued": day(2019, 5),
        "DOI": "https://doi.org/10.1000/JDS.2019.12",
        "URL": "https://doi.org/10.1000/JDS.2019.12",
    },
    "book": {
        "type": "book",
        "title": "The craft of inquiry",
        "author": people("Booth, Wayne C.", "Colomb, Gregory G.", "Williams, Joseph M."),
        "edition": "3",
        "publisher": "University of Chicago Press",
        "publisher-place": "Chicago",
        "issued": day(2008),
        "ISBN": "9780226065663",
    },
    "edited": {
        "type": "book",
        "title": "Handbook of reading",
        "editor": people("Weber, Max", "Okafor, Ngozi"),
        "publisher": "Springer",
        "publisher-place": "Berlin",
        "issued": day(2020),
    },
    "chapter": {
        "type": "chapter",
        "title": "Reading closely",
        "author": people("Okafor, Ngozi"),
        "container-title": "Handbook of reading",
        "editor": people("Weber, Max"),
        "publisher": "Springer",
        "publisher-place": "Berlin",
        "page": "12-40",
        "issued": day(2020),
    },
    "conference": {
        "type": "paper-conference",
        "title": "Graphs that grow",
        "author": people("Lee, Ann", "Kim, Bo", "Cho, Dae", "Diaz, Eva"),
        "container-title": "Proceedings of the 9th Workshop on Graphs",
        "publisher": "ACM",
        "publisher-place": "New York",
        "page": "101-110",
        "issued": day(2021, 6, 14),
        "DOI": "10.1000/wog.9",
    },
    "thesis": {
        "type": "thesis",
        "title": "Ink and memory",
        "author": people("Dvořák, Jiří"),
        "genre": "PhD thesis",
        "publisher": "Charles University",
        "publisher-place": "Prague",
        "issued": day(2018),
        "URL": "https://example.org/ink",
        "accessed": day(2026, 1, 5),
    },
    "report": {
        "type": "report",
        "title": "World health statistics 2023",
        "author": people("=World Health Organization"),
        "publisher": "World Health Organization",
        "publisher-place": "Geneva",
        "issued": day(2023),
        "URL": "https://example.org/whs",
        "accessed": day(2026, 1, 5),
    },
    "web": {
        "type": "webpage",
        "title": "How we write",
        "author": people("Garcia, Ana"),
        "container-title": "Writing Centre",
        "issued": day(2022, 3, 14),
        "URL": "https://example.org/write",
        "accessed": day(2026, 1, 5),
    },
    "news": {
        "type": "article-newspaper",
        "title": "The river returns",
        "author": people("Adeyemi, Tolu"),
        "container-title": "The Guardian",
        "page": "4",
        "issued": day(2021, 11, 2),
    },
    "preprint": {
        "type": "article",
        "title": "Small models that plan",
        "author": people("Li, Wei", "Novak, Petra"),
        "publisher": "arXiv",
        "number": "arXiv:2101.00001",
        "issued": day(2021, 1, 5),
        "URL": "https://arxiv.org/abs/2101.00001",
        "accessed": day(2026, 1, 5),
    },
    "dataset": {
        "type": "dataset",
        "title": "Coral cover of the Marra coast",
        "author": people("Reyes, Luz"),
        "publisher": "Zenodo",
        "version": "2.1",
        "issued": day(2022),
        "DOI": "10.5281/zenodo.1234",
    },
    "software": {
        "type": "software",
        "title": "Graphkit",
        "author": people("Holm, Ida", "Berg, Nils"),
        "version": "1.4.0",
        "publisher": "Graph Labs",
        "issued": day(2024, 2),
        "URL": "https://example.org/graphkit",
        "accessed": day(2026, 1, 5),
    },
    "law": {
        "type": "legislation",
        "title": "Data Protection Act 2018",
        "issued": day(2018),
        "chapter-number": "12",
        "URL": "https://example.org/ukpga/2018/12",
        "accessed": day(2026, 1, 5),
    },
}
"""The thirteen types."""

PEOPLE: dict[str, dict[str, Any]] = {
    "one": {**WORKS["book"], "title": "One", "author": people("Brown, Carol"), "issued": day(2001)},
    "two": {**WORKS["book"], "title": "Two", "author": people("Ash, Al", "Birch, Bea")},
    "three": {
        **WORKS["book"],
        "title": "Three",
        "author": people("Ash, Al", "Birch, Bea", "Cedar, Cy"),
    },
    "four": {
        **WORKS["book"],
        "title": "Four",
        "author": people("Elm, Ed", "Fir, Flo", "Gum, Gus", "Holly, Hal"),
    },
    "institution": WORKS["report"],
    "nobody": {
        "type": "book",
        "title": "A quiet history of ink",
        "publisher": "Harbour Press",
        "publisher-place": "Leeds",
        "issued": day(2015),
    },
    "undated": {
        "type": "book",
        "title": "Notes on method",
        "author": people("Brown, Carol"),
        "publisher": "Hill Books",
        "publisher-place": "Oxford",
    },
    "same_year": {
        **WORKS["book"],
        "title": "Another one",
        "author": people("Brown, Carol"),
        "issued": day(2001),
    },
}
"""Authors in every number, and works that lack something."""
