from __future__ import annotations

import pytest

from autonomy.core.originality import MatchGroup, Percent, ReadReport
from autonomy.library.similarity_reports import OtherReport, read_report

TEXT_ONLY = """<!DOCTYPE html><html><head><title>Report</title>
<script>document.write("<h1>99% Similarity Index</h1>")</script></head><body>
<table><tr><td>Processed on: 12-Mar-2024</td><td>ID: 929385737</td></tr>
<tr><td>Word Count: 3,212</td><td>Submitted: 1</td></tr></table>
<p>Title: Tidal Gardens</p>
<div>Similarity Index</div><div>24%</div>
<ul><li>Internet Sources:&nbsp;20%</li><li>Publications: &lt;1%</li><li>Student Papers: 12%</li></ul>
<p>Exclude quotes: On</p><p>Exclude bibliography: Off</p><p>Exclude matches: &lt; 10 words</p>
<div>3% match (Internet from 12-Mar-2014)</div><div><a href="javascript:alert(1)">http://saltmarsh.example/a</a></div>
<div>1% match (student papers from 23-Apr-2015)</div><div>Submitted to Port Alder College</div>
<div>&lt;1% match (publications)</div><div>Quillon, A. “Tides”, 2010</div>
<p>Plain words. <mark data-source="1" data-group="not_cited_or_quoted">the lamps of the quay</mark> and
<span class="highlight missing-citation" data-source="2">gulls over <b>narrow</b> roofs</span>.</p>
</body></html>"""

LISTED = """<html><body><h1>Similitud general</h1><p>38%</p>
<section><div>52 Sin citar o entrecomillar</div><div>30%</div><div>3 Faltan comillas 8%</div>
<div>1 Falta la cita <b>&lt;1%</b></div><div>0 Citado y entrecomillado 0%</div></section>
<h2>Fuentes principales</h2>
<table><tr><td>1</td><td>Internet</td><td>marea.example</td><td>20%</td></tr>
<tr><td>2</td><td>Publicación</td><td>Tarvik, B. “Dunas”</td><td>&lt;1%</td></tr></table></body></html>"""


def read(page: str) -> ReadReport:
    return read_report(page.encode(), "report.html")


def test_a_text_only_report() -> None:
    report = read(TEXT_ONLY)
    assert report.similarity == Percent(value=24)
    assert (report.word_count, report.title, report.language) == (3_212, "Tidal Gardens", "en")
    assert report.by_kind == {
        "internet": Percent(value=20),
        "publication": Percent(value=1, below=True),
        "student_paper": Percent(value=12),
    }
    assert report.excluded == ("quotes", "small_matches")
    assert [(s.number, s.title, s.kind, s.percent) for s in report.sources] == [
        (1, "http://saltmarsh.example/a", "internet", Percent(value=3)),
        (2, "Submitted to Port Alder College", "student_paper", Percent(value=1)),
        (3, "Quillon, A. “Tides”, 2010", "publication", Percent(value=1, below=True)),
    ]
    assert [(p.text, p.source_number, p.group) for p in report.passages] == [
        ("the lamps of the quay", 1, MatchGroup.NOT_CITED_OR_QUOTED),
        ("gulls over narrow roofs", 2, MatchGroup.MISSING_CITATION),
    ]


def test_a_listed_report_in_spanish() -> None:
    report = read(LISTED)
    assert (report.similarity, report.language) == (Percent(value=38), "es")
    assert report.groups == {
        MatchGroup.NOT_CITED_OR_QUOTED: Percent(value=30),
        MatchGroup.MISSING_QUOTATION: Percent(value=8),
        MatchGroup.MISSING_CITATION: Percent(value=1, below=True),
        MatchGroup.CITED_AND_QUOTED: Percent(value=0),
    }
    assert report.group_counts[MatchGroup.NOT_CITED_OR_QUOTED] == 52
    assert [(s.title, s.kind) for s in report.sources] == [
        ("marea.example", "internet"),
        ("Tarvik, B. “Dunas”", "publication"),
    ]
    assert {"title", "word_count", "passages"} <= set(report.unread)


def test_what_only_a_script_would_show_is_not_there() -> None:
    page = "<html><body><div>Similarity Index</div><script>document.write('24%')</script>"
    page += "<h2>Primary sources</h2><p>1</p><p>a.example</p><p>3%</p></body></html>"
    report = read(page)
    assert report.similarity is None
    assert report.unread["similarity"]
    assert [s.title for s in report.sources] == ["a.example"]
    assert "sources.kind" in report.unread


@pytest.mark.parametrize("figure", ["NaN%", "-4%", "400%", "%", "٤٠٠٪", "1e3%"])
def test_a_figure_that_is_none_is_left_unread(figure: str) -> None:
    page = f"<html><body><p>Similarity Index</p><p>{figure}</p><p>Internet sources: 3%</p></body></html>"
    report = read(page)
    assert report.similarity is None
    assert report.unread["similarity"]


def test_markup_in_titles_stays_text() -> None:
    page = LISTED.replace("marea.example", "&lt;img src=x onerror=alert(1)&gt;")
    assert read(page).sources[0].title == "<img src=x onerror=alert(1)>"


def test_a_page_on_ai_writing_is_called_by_its_name() -> None:
    with pytest.raises(OtherReport):
        read("<html><body><h1>AI Writing Overview</h1><p>26% detected as AI</p></body></html>")
