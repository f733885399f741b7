from __future__ import annotations

import json

import pytest

from autonomy.library.imports.read import (
    TooManyEntries,
    UnknownBibliography,
    read_bibliography,
)
from autonomy.library.imports.recognise import recognise

CSL = [{"id": "lee", "type": "book", "title": "Ink", "author": [{"family": "Lee", "given": "A"}]}]


def test_csl_json_in_its_three_shapes() -> None:
    for value in (CSL, {"items": CSL}, CSL[0]):
        result = read_bibliography(json.dumps(value), most=9)
        assert result.format == "csl-json"
        assert result.references[0].csl["title"] == "Ink"
        assert result.references[0].key == "lee"


def test_items_of_zotero() -> None:
    item = {
        "key": "X",
        "data": {
            "itemType": "journalArticle",
            "title": "Ink",
            "creators": [
                {"creatorType": "author", "lastName": "Lee", "firstName": "Ann"},
                {"creatorType": "author", "name": "WHO"},
            ],
            "date": "2020-03-01 14:00:00",
            "publicationTitle": "J",
            "DOI": "10.1000/x",
        },
    }
    result = read_bibliography(json.dumps([item, {"itemType": "note", "note": "<p>x"}]), most=9)
    assert result.references[0].csl == {
        "type": "article-journal",
        "title": "Ink",
        "author": [{"family": "Lee", "given": "Ann"}, {"literal": "WHO"}],
        "issued": {"date-parts": [[2020, 3, 1]]},
        "container-title": "J",
        "DOI": "10.1000/x",
    }
    assert len(result.problems) == 1


def test_items_that_are_none_are_named() -> None:
    result = read_bibliography(json.dumps([*CSL, 3, {}, {"type": "book", "title": 4.5}]), most=9)
    assert len(result.references) == 2
    assert len(result.problems) == 2


def test_a_file_that_was_cut_off_says_so() -> None:
    result = read_bibliography(json.dumps(CSL)[:-5].replace('"', '"'), most=9)
    assert not result.references
    assert "not complete JSON" in result.problems[0].message


@pytest.mark.parametrize("text", ["", "Dear all,", "{}", "[]", "<xml/>", "\x00\x01", "[[[[[["])
def test_other_text_is_no_bibliography(text: str) -> None:
    with pytest.raises(UnknownBibliography):
        read_bibliography(text, most=9)


def test_more_than_the_limit_is_refused_whole() -> None:
    with pytest.raises(TooManyEntries, match="at most 1 "):
        read_bibliography("@book{a, title={A}}\n@book{b, title={B}}", most=1)


def test_deeply_nested_json_ends_in_words() -> None:
    with pytest.raises(UnknownBibliography):
        read_bibliography("[" * 100_000, most=9)


def test_other_encodings() -> None:
    text = "@book{k, title={Čtení a psaní}, author={Dvořák, Jiří}}"
    for encoding in ("utf-8-sig", "utf-16"):
        result = read_bibliography(text.encode(encoding), most=9)
        assert result.references[0].csl["title"] == "Čtení a psaní"


@pytest.mark.parametrize(
    ("name", "text", "format"),
    [
        ("refs.bib", "% saved\n@article{k,", "bibtex"),
        ("refs.RIS", "\ufeffTY  - JOUR\n", "ris"),
        ("refs.json", json.dumps(CSL), "csl-json"),
        ("refs.json", '{"name": "package", "type": "module"}', None),
        ("notes.md", "@book{k, title={x}}", None),
        ("paper.bib", "%PDF-1.7", None),
    ],
)
def test_recognised_by_ending_and_content(name: str, text: str, format: str | None) -> None:
    assert recognise(text, name) == format
