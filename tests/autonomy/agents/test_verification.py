from __future__ import annotations

import pytest

from autonomy.agents.verification import (
    check_citations,
    check_claim,
    judgeable,
)
from autonomy.core.types import CitationVerdict, FindingWeight, Passage, Source

PASSAGE = Passage(
    id="p1",
    source_id="s1",
    page=4,
    text="Living coral cover fell from 48.2 per cent to 33.1 per cent over the decade of the survey, which "
    "is the group’s largest loss.",
)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (
            "They write: “Living coral cover fell from 48.2 per cent to 33.1 per cent”.",
            CitationVerdict.QUOTED,
        ),
        ("They write: “which is the group's largest loss”.", CitationVerdict.QUOTED),
        (
            "They write: “Living coral cover rose from 48.2 per cent to 53.1 per cent”.",
            CitationVerdict.NOT_FOUND,
        ),
        ("Coral cover fell to 33.1 per cent over the decade of the survey.", CitationVerdict.CLOSE),
        (
            "Coral cover fell to 23.1 per cent over the decade of the survey.",
            CitationVerdict.NOT_FOUND,
        ),
        (
            "The coast road opened to lorries in spring and traffic doubled.",
            CitationVerdict.NOT_FOUND,
        ),
        ("Okoye", CitationVerdict.CLOSE),
    ],
)
def test_a_claim_gets_the_verdict_that_words_alone_allow(
    claim: str, verdict: CitationVerdict
) -> None:
    assert check_claim(claim, PASSAGE)[0] is verdict


def test_likeness_of_words_is_never_called_support() -> None:
    verdict, *_ = check_claim(PASSAGE.text, PASSAGE)

    assert verdict is not CitationVerdict.SUPPORTED


def test_a_check_carries_marker_source_and_page() -> None:
    (check,) = check_citations(
        [(7, "p1", "“Living coral cover fell from 48.2 per cent”")], {"p1": PASSAGE}
    )

    assert (check.marker, check.source_id, check.page) == (7, "s1", 4)


TRUE_QUOTE = "“Living coral cover fell from 48.2 per cent to 33.1 per cent”"


def test_a_number_beside_a_true_quotation_must_be_in_the_passage_too() -> None:
    verdict, reason, _ = check_claim(f"Over 90 years of counting, {TRUE_QUOTE}.", PASSAGE)

    assert verdict is CitationVerdict.NOT_FOUND
    assert "90" in reason


@pytest.mark.parametrize(
    ("claim", "open_to_a_model"),
    [
        (f"On this point, Okoye and Second report: {TRUE_QUOTE}.", False),
        (
            "Storms, sewage, tourism, dredging, shipping, bleaching, disease and starfish destroyed "
            f"every remaining reef before measurements began, so that {TRUE_QUOTE}.",
            True,
        ),
        ("They write: “Living coral cover rose to 53.1 per cent”.", False),
        ("Coral cover fell to 33.1 per cent over the decade of the survey.", True),
        ("Okoye", False),
    ],
)
def test_a_model_judges_claims_and_not_whether_words_are_verbatim(
    claim: str, open_to_a_model: bool
) -> None:
    assert judgeable(claim, PASSAGE) is open_to_a_model


SOURCE = Source(
    id="s1",
    csl={
        "title": "Ten years on the reefs of Marra",
        "author": [{"family": "Okoye", "given": "Ada"}],
        "issued": {"date-parts": [[2019]]},
    },
)


def test_a_claim_may_name_the_authors_and_the_year_of_its_source() -> None:
    claim = f"In 2019 Okoye counted corals, and found: {TRUE_QUOTE}."

    assert check_claim(claim, PASSAGE, SOURCE).verdict is CitationVerdict.QUOTED
    assert check_claim(claim, PASSAGE).verdict is CitationVerdict.NOT_FOUND


@pytest.mark.parametrize(
    ("frame", "verdict"),
    [
        ("Seven years earlier, Okoye writes:", CitationVerdict.QUOTED),
        ("Twenty-one years later, the work of Okoye found", CitationVerdict.QUOTED),
        ("1 year later, Okoye writes:", CitationVerdict.QUOTED),
        ("Seven years earlier, Okoye counted 412 plots:", CitationVerdict.NOT_FOUND),
        ("Seven years later, the reefs were worse:", CitationVerdict.NOT_FOUND),
        ("Seven years later, Diallo writes:", CitationVerdict.NOT_FOUND),
        ("Okoye writes seven years later:", CitationVerdict.NOT_FOUND),
    ],
)
def test_how_far_two_works_are_apart_is_no_claim_about_the_passage(
    frame: str, verdict: CitationVerdict
) -> None:
    assert check_claim(f"{frame} {TRUE_QUOTE}.", PASSAGE, SOURCE).verdict is verdict


def test_the_years_between_works_are_also_told_of_a_work_without_authors() -> None:
    nobody = SOURCE.model_copy(update={"csl": {"title": "Ten years on the reefs of Marra"}})
    claim = f"Seven years later, Ten years on the reefs of Marra states: {TRUE_QUOTE}."

    assert check_claim(claim, PASSAGE, nobody).verdict is CitationVerdict.QUOTED


def test_what_stands_beside_the_passage_is_a_remark_and_no_error() -> None:
    claim = "Living coral cover fell over the decade of the survey by 412 plots."
    before = PASSAGE.model_copy(update={"id": "p0", "text": "The survey had 412 plots of coral."})

    alone, with_neighbours = (
        check_claim(claim, PASSAGE),
        check_claim(claim, PASSAGE, None, [before, PASSAGE]),
    )

    assert alone.verdict is CitationVerdict.NOT_FOUND
    assert with_neighbours.verdict is CitationVerdict.CLOSE
    assert [f.weight for f in with_neighbours.findings] == [FindingWeight.BESIDE]
    assert "412" in with_neighbours.findings[0].message


def test_a_turned_claim_is_warned_of_and_not_judged_by_rule() -> None:
    claim = "Living coral cover did not fall from 48.2 per cent to 33.1 per cent over the decade."

    verdict, _, findings = check_claim(claim, PASSAGE)

    assert verdict is CitationVerdict.CLOSE
    assert [(f.kind, f.weight) for f in findings] == [("negation", "warning")]


def test_a_work_without_an_author_may_be_called_by_its_title() -> None:
    source = Source(id="s1", csl={"title": "Living reefs of the north"})
    claim = f"In the words of “Living reefs of the north”: {TRUE_QUOTE}."

    assert check_claim(claim, PASSAGE, source).verdict is CitationVerdict.QUOTED
    assert check_claim(claim, PASSAGE, SOURCE).verdict is CitationVerdict.NOT_FOUND
