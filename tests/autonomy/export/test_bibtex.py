from __future__ import annotations

import json

from autonomy.export.bibtex import bibtex
from autonomy.export.formats import export
from autonomy.export.render import render
from tests.autonomy.export.works import WORKS, document

EVERY_WORK = " ".join(f"Claim [[p:{name.replace('_', 'X')}-4]]." for name in WORKS)


def test_each_cited_work_is_one_entry() -> None:
    text = bibtex(render(document(EVERY_WORK)).references)
    assert text.count("\n@") + text.startswith("@") == len(WORKS)
    assert "@article{smith2019," in text
    assert "@incollection{okafor2020," in text


def test_entries_keep_what_identifies_the_work() -> None:
    text = bibtex(render(document("True [[p:article-1]].")).references)
    for field in (
        "author = {Smith, Jane A. and Jones, Bo}",
        "journal = {Journal of Data Studies}",
        "volume = {12}",
        "doi = {10.1000/jds.2019.12}",
        "year = {2019}",
    ):
        assert field in text


def test_reports_have_an_institution_and_pages_a_day_of_access() -> None:
    text = bibtex(render(document("One [[p:organisation-1]], two [[p:webpage-1]].")).references)
    assert "institution = {WHO}" in text
    assert "urldate = {2026-01-05}" in text
    assert "month = mar" in text


def test_no_citations_mean_an_empty_file() -> None:
    assert bibtex(render(document("Nothing.")).references) == ""
    assert json.loads(export(document("Nothing."), "csl-json").data) == []


def test_csl_json_is_what_was_cited() -> None:
    items = json.loads(export(document("True [[p:nonXascii-1]]."), "csl-json").data)
    assert [item["id"] for item in items] == ["dvorak2018"]
    assert items[0]["title"] == "Čtení a psaní"
