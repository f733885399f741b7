from __future__ import annotations

import json

import pytest

from autonomy.core.originality import MatchGroup, Percent, ReadReport, ReportFormat
from autonomy.library.similarity_reports import ReportLimits, read_report


def read(said: object) -> ReadReport:
    return read_report(json.dumps(said).encode(), "report.json")


def test_our_own_form() -> None:
    report = read(
        {
            "similarity": 14.5,
            "word_count": 5_432,
            "title": " Tidal\nGardens ",
            "language": "en",
            "by_kind": {"internet": "10%", "publication": "<1%", "student_paper": 8},
            "groups": {
                "not_cited_or_quoted": {"percent": 12, "count": 52},
                "missing_quotation": 1,
                "missing_citation": {"percent": "<1%", "count": 2},
                "cited_and_quoted": 0,
            },
            "sources": [
                {"number": 3, "title": "saltmarsh.example", "kind": "internet", "percent": 3},
                {"title": "Tides", "kind": "Publication", "percent": {"value": 1, "below": True}},
            ],
            "passages": [
                {
                    "text": "Lamps of the\nquay.",
                    "source": 3,
                    "group": "missing_citation",
                    "page": 2,
                },
                "Another one.",
            ],
            "flags": ["Hidden Text: 70 characters"],
            "excluded": ["quotes"],
        }
    )
    assert report.format is ReportFormat.JSON
    assert (report.title, report.word_count, report.language) == ("Tidal Gardens", 5_432, "en")
    assert report.similarity == Percent(value=14.5)
    assert report.by_kind["publication"] == Percent(value=1, below=True)
    assert report.groups[MatchGroup.MISSING_QUOTATION] == Percent(value=1)
    assert report.group_counts == {
        MatchGroup.NOT_CITED_OR_QUOTED: 52,
        MatchGroup.MISSING_CITATION: 2,
    }
    assert [(s.number, s.kind) for s in report.sources] == [(3, "internet"), (2, "publication")]
    assert report.sources[1].percent == Percent(value=1, below=True)
    assert report.passages[0].text == "Lamps of the quay."
    assert (report.passages[0].source_number, report.passages[0].page) == (3, 2)
    assert report.passages[1].group is None
    assert set(report.unread) == {"passages.source_number", "passages.group"}


def test_what_is_posted_when_a_report_is_ready() -> None:
    report = read(
        {"cycle_id": "01890f6e", "report_url": "https://x.example", "observed_similarity": 9}
    )
    assert report.similarity == Percent(value=9)
    assert report.unread["word_count"] == "it is not given"


def test_results_of_the_service_s_programming_interface() -> None:
    report = read(
        {
            "submission_id": "883fbb3a-2825-4a2a-8d24-d52e40673772",
            "overall_match_percentage": 15,
            "internet_match_percentage": 12,
            "publication_match_percentage": 10,
            "submitted_works_match_percentage": 0,
            "status": "COMPLETE",
            "top_matches": [
                {
                    "percentage": 4.5,
                    "name": "Westmark on 2021-05-05",
                    "source_type": "SUBMITTED_WORK",
                },
                {"percentage": 3, "name": "saltmarsh.example", "source_type": "INTERNET"},
            ],
        }
    )
    assert report.similarity == Percent(value=15)
    assert {k: p.value for k, p in report.by_kind.items()} == {
        "internet": 12,
        "publication": 10,
        "student_paper": 0,
    }
    assert [(s.title, s.kind) for s in report.sources] == [
        ("Westmark on 2021-05-05", "student_paper"),
        ("saltmarsh.example", "internet"),
    ]


@pytest.mark.parametrize(
    ("written", "value", "below"),
    [
        ("0", 0, False),
        ("100", 100, False),
        ('"<1%"', 1, True),
        ('"< 1 %"', 1, True),
        ('"12,5 %"', 12.5, False),
        ('"14"', 14, False),
        ('"١٤٪"', 14, False),
        ('{"value": 3, "below": true}', 3, True),
    ],
)
def test_a_percentage_however_it_is_written(written: str, value: float, below: bool) -> None:
    report = read_report(f'{{"similarity": {written}}}'.encode(), "report.json")
    assert report.similarity == Percent(value=value, below=below)


@pytest.mark.parametrize(
    "written",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-5",
        "100.5",
        "1e300",
        "true",
        "[]",
        '"about 14"',
        '"-5%"',
        '"1e2"',
        '"²⁰%"',
        '""',
        '{"value": {"value": 3}}',
    ],
)
def test_what_is_no_percentage_is_none_with_a_reason_and_never_0(written: str) -> None:
    report = read_report(f'{{"similarity": {written}}}'.encode(), "report.json")
    assert report.similarity is None
    assert "no percentage from 0 to 100" in report.unread["similarity"]


def test_null_is_not_given() -> None:
    assert read({"similarity": None}).unread["similarity"] == "it is not given"


@pytest.mark.parametrize("count", [-1, 1.5, True, "many", "12 words", 10**30, [1]])
def test_a_strange_word_count_is_none_with_a_reason(count: object) -> None:
    report = read({"similarity": 3, "word_count": count})
    assert report.word_count is None
    assert "no count" in report.unread["word_count"]


def test_sources_and_passages_of_another_form_are_counted_and_left_out() -> None:
    report = read(
        {
            "similarity": 3,
            "sources": [{"title": "Tides", "kind": "internet", "percent": 2}, {"name": ""}, 7],
            "passages": [{"text": 3}, {"text": "Right."}, None],
        }
    )
    assert [s.title for s in report.sources] == ["Tides"]
    assert report.unread["sources"] == "2 of 3 have another form"
    assert report.unread["passages"] == "2 of 3 have another form"


def test_long_lists_end_at_the_limit() -> None:
    many = {"similarity": 3, "sources": [{"title": "T", "kind": "internet", "percent": 1}] * 9}
    report = read_report(json.dumps(many).encode(), "r.json", ReportLimits(max_sources=5))
    assert len(report.sources) == 5
    assert "first 5 of 9" in report.unread["sources"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings(encoding: str) -> None:
    data = '{"similarity": 14, "title": "Jardín"}'.encode(encoding)
    assert read_report(data, "r.json").title == "Jardín"
