from __future__ import annotations

import pytest

from autonomy.core.originality import ReadReport, ReportFormat
from autonomy.library.similarity_reports import Fit, FitLimits, fits

TITLE = "Tidal Gardens and the Harbours Behind Them"


def fit(
    title: str | None, words: int | None, found: tuple[int, int] | None = None, draft: int = 3_000
) -> Fit:
    report = ReadReport(format=ReportFormat.JSON, title=title, word_count=words)
    return fits(report, title=TITLE, words=draft, found=found)


@pytest.mark.parametrize("words", [2_400, 2_900, 3_000, 3_350, 4_200])
def test_counts_that_a_title_page_and_references_explain_fit(words: int) -> None:
    assert fit(TITLE, words).verdict == "fits"


@pytest.mark.parametrize("words", [0, 900, 2_399, 4_201, 9_800])
def test_another_length_is_another_document(words: int) -> None:
    told = fit(TITLE, words)
    assert told.verdict == "does_not_fit"
    assert f"{words:,} words" in told.reason
    assert "3,000" in told.reason
    assert "without a file" in told.reason


def test_the_allowance_is_a_setting() -> None:
    report = ReadReport(format=ReportFormat.JSON, title=TITLE, word_count=4_000)
    limits = FitLimits(fewer_percent=1, more_percent=1, words=0)
    assert fits(report, title=TITLE, words=3_000, limits=limits).verdict == "does_not_fit"
    assert limits.span(3_000) == (2_970, 3_030)


@pytest.mark.parametrize(
    "title",
    [
        TITLE,
        TITLE.upper(),
        "tidal_gardens_and_harbours_final.docx",
        "Tidal gardens & harbours behind them — second draft",
        "Harbours and tidal gardens",
    ],
)
def test_a_title_is_compared_loosely(title: str) -> None:
    assert fit(title, None).verdict == "fits"


@pytest.mark.parametrize("title", ["essay2_FINAL.docx", "Assignment", "", "Quick Submit_7"])
def test_a_name_that_says_nothing_does_not_speak_against_a_count_that_fits(title: str) -> None:
    assert fit(title or None, 3_400).verdict == "fits"


def test_another_title_with_another_count_is_refused_with_both() -> None:
    told = fit("Monetary Policy under Uncertain Inflation", 3_700)
    assert told.verdict == "does_not_fit"
    for shown in ("Monetary Policy", "3,700 words", "Tidal Gardens", "3,000 words"):
        assert shown in told.reason


def test_another_title_alone_is_refused() -> None:
    assert fit("Monetary Policy under Uncertain Inflation", None).verdict == "does_not_fit"


def test_another_title_with_the_very_same_count_cannot_be_told() -> None:
    told = fit("Monetary Policy under Uncertain Inflation", 3_010)
    assert told.verdict == "cannot_tell"
    assert "titles are not" in told.reason


def test_passages_that_stand_in_the_draft_speak_for_it_whatever_it_is_called() -> None:
    assert fit("Monetary Policy under Uncertain Inflation", 3_700, (9, 12)).verdict == "fits"


def test_passages_that_do_not_stand_in_the_draft_speak_against_it() -> None:
    told = fit(TITLE, 3_010, (2, 14))
    assert told.verdict == "does_not_fit"
    assert "14 passages" in told.reason


def test_a_single_passage_says_nothing() -> None:
    assert fit(TITLE, 3_010, (0, 1)).verdict == "fits"


def test_without_title_and_count_nothing_can_be_told() -> None:
    assert fit(None, None).verdict == "cannot_tell"


def test_a_short_draft_has_room_for_a_title_page() -> None:
    assert fit(TITLE, 420, draft=260).verdict == "fits"
