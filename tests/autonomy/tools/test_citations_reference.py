from __future__ import annotations

from typing import Any

import pytest

from autonomy.export.nodes import plain
from autonomy.tools.citations import (
    CitationGroup,
    Cited,
    format_citations,
    references_of,
    resolve_style,
)
from autonomy.tools.csl.reference import citation_key, clean_reference
from tests.autonomy.export.works import people, source, year

BROKEN: list[dict[str, Any]] = [
    {},
    {"type": "spaceship", "title": None, "author": "Jane Smith"},
    {"title": ["A list"], "author": [{"name": "Lee Ann"}, 7, None, {}], "issued": "2017-06"},
    {"title": {"a": 1}, "issued": {"date-parts": [["2017", "x"]]}, "page": 4, "volume": True},
    {"title": "T", "issued": {"date-parts": [[None]]}, "URL": "javascript:alert(1)"},
    {"title": "T\x00\u202e\ud800", "author": [{"given": "Plato"}], "issued": {"raw": "c. 380 BC"}},
    {"title": "x" * 50_000, "publisher": ["a", "b"], "custom": {"x": {}}, "id": 9},
]


@pytest.mark.parametrize("csl", BROKEN)
def test_no_metadata_can_break_the_list_of_references(csl: dict[str, Any]) -> None:
    broken = source("book").model_copy(update={"id": "x", "csl": csl, "file_name": "my_scan.pdf"})
    references, keys = references_of([broken, source("article")])
    groups = [CitationGroup((Cited(key),)) for key in keys.values()]
    result = format_citations(resolve_style("harvard"), "en", references, groups)
    assert len(result.entries) == 2
    assert all(plain(entry.inlines).strip() for entry in result.entries)


def test_a_work_without_title_and_author_is_called_by_its_file() -> None:
    nameless = source("book").model_copy(update={"csl": {}, "file_name": "lecture_notes.pdf"})
    references, _ = references_of([nameless])
    assert references[0]["title"] == "lecture notes"


def test_only_web_addresses_survive() -> None:
    assert "URL" not in clean_reference({"URL": "javascript:alert(1)"}, "k")
    assert clean_reference({"URL": "https://a.org/x"}, "k")["URL"] == "https://a.org/x"


@pytest.mark.parametrize(
    ("raw", "parts"),
    [("2017", [[2017]]), ("2017-06-02", [[2017, 6, 2]]), (2017, [[2017]])],
)
def test_dates_as_text_are_understood(raw: object, parts: list[list[int]]) -> None:
    assert clean_reference({"issued": raw}, "k")["issued"] == {"date-parts": parts}


@pytest.mark.parametrize(
    ("reference", "taken", "key"),
    [
        ({"author": people("Vaswani, Ashish"), "issued": year(2017)}, [], "vaswani2017"),
        ({"author": people("Vaswani, A"), "issued": year(2017)}, ["vaswani2017"], "vaswani2017b"),
        ({"author": people("Østergård, Åse")}, [], "ostergard"),
        ({"author": [{"literal": "World Health Organization"}]}, [], "who"),
        ({"title": "The art of ink", "issued": year(1999)}, [], "artink1999"),
        ({"title": "源氏物語"}, [], "source"),
        ({}, ["source"], "sourceb"),
    ],
)
def test_keys_are_readable_and_unique(
    reference: dict[str, Any], taken: list[str], key: str
) -> None:
    assert citation_key(reference, taken) == key


def test_keys_stay_unique_in_a_large_library() -> None:
    _, keys = references_of([source("book").model_copy(update={"id": f"s{n}"}) for n in range(60)])
    assert len(set(keys.values())) == 60
