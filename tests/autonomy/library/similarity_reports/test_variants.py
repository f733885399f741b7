"""Both layouts in all their variants: every field is right, or None with a reason."""

from __future__ import annotations

import pytest

from autonomy.core.originality import MatchGroup, ReadReport
from autonomy.library.similarity_reports import ReportLimits, read_report
from autonomy.library.similarity_reports.labels import KINDS
from autonomy.library.similarity_reports.opened import OpenedPdf
from tests.files.similarity_reports import classic, enhanced
from tests.files.similarity_reports.classic import Generated, source_list
from tests.files.similarity_reports.variants import (
    CLASSIC,
    ENHANCED,
    classic_report,
    enhanced_report,
)


def assert_told(report: ReadReport, truth: ReadReport) -> None:
    for field in ReadReport.model_fields:
        if field != "unread":
            assert getattr(report, field) == getattr(truth, field), field
    assert set(report.unread) == set(truth.unread)
    assert all(reason.strip() for reason in report.unread.values())


def assert_nothing_lacks_a_reason(report: ReadReport) -> None:
    for field in ("title", "word_count", "similarity"):
        assert getattr(report, field) is not None or report.unread[field], field
    for kind in KINDS:
        assert kind in report.by_kind or report.unread[f"by_kind.{kind}"]
    if report.groups or "groups" not in report.unread:
        for group in MatchGroup if report.format == "similarity_pdf" else ():
            assert group in report.groups or report.unread[f"groups.{group}"]
    for source in report.sources:
        assert source.percent is not None or report.unread["sources.percent"]
        assert source.kind or report.unread["sources.kind"]
    for passage in report.passages:
        assert passage.group is not None or report.unread["passages.group"]
        assert passage.source_number is not None or report.unread["passages.source_number"]


def test_there_are_thirty_variants_and_more_of_each_layout() -> None:
    assert min(len(CLASSIC), len(ENHANCED)) >= 30


@pytest.mark.parametrize("name", CLASSIC)
def test_a_classic_report(name: str) -> None:
    made = classic_report(name)
    report = read_report(made.data, made.name)
    assert_told(report, made.truth)
    assert_nothing_lacks_a_reason(report)


@pytest.mark.parametrize("name", ENHANCED)
def test_a_new_report(name: str) -> None:
    made = enhanced_report(name)
    report = read_report(made.data, made.name)
    assert_told(report, made.truth)
    assert_nothing_lacks_a_reason(report)


def test_of_a_long_classic_report_only_the_ends_are_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = classic_report("hundreds-of-pages")
    opened: set[int] = set()
    for name in ("text", "page"):
        original = getattr(OpenedPdf, name)

        def noted(self: OpenedPdf, index: int, original: object = original) -> object:
            opened.add(index)
            return original(self, index)  # type: ignore[operator]

        monkeypatch.setattr(OpenedPdf, name, noted)
    read_report(made.data, made.name)
    with OpenedPdf(made.data, ReportLimits()) as pdf:
        last = pdf.count - 1
    assert last > 400
    # The new layout is told by its first pages, the classic one by its last.
    assert opened <= {*range(8), last - 1, last}


def _both(count: int) -> list[Generated]:
    sources = source_list(7, count)
    passages = enhanced.passage_list(7, count, "en", count)
    return [
        classic.make(classic.Options(sources=sources)),
        enhanced.make(enhanced.Options(sources=sources, passages=passages)),
    ]


def test_what_is_past_a_limit_is_left_out_and_said() -> None:
    limits = ReportLimits(max_sources=4, max_passages=3)
    for made in _both(9):
        report = read_report(made.data, made.name, limits)
        assert report.sources == made.truth.sources[:4]
        assert "first 4" in report.unread["sources"]
    assert len(report.passages) == 3
    assert "first 3" in report.unread["passages"]


def test_a_label_that_is_worded_a_little_differently_is_still_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = classic.CLASSIC["en"]
    changed = {
        "similarity": "SIMILARITY INDEXES",
        "primary": "PRIMARY SOURCE",
        "entries": ("Internet Sources:", "Publication", "Student Papers"),
    }
    monkeypatch.setitem(classic.CLASSIC, "en", type(labels)(**{**labels.__dict__, **changed}))
    made = classic.make(classic.Options(sources=source_list(5, 4)))
    report = read_report(made.data, made.name)
    assert report.similarity == made.truth.similarity
    assert report.sources == made.truth.sources


def test_a_label_that_nobody_knows_leaves_its_figure_unread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = classic.CLASSIC["de"]
    monkeypatch.setitem(
        classic.CLASSIC, "de", type(labels)(**{**labels.__dict__, "similarity": "GLEICHLAUT"})
    )
    made = classic.make(classic.Options(language="de", sources=source_list(5, 2, "de")))
    report = read_report(made.data, made.name)
    assert report.similarity is None
    assert "not known" in report.unread["similarity"]
    assert report.by_kind == made.truth.by_kind
