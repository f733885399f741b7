"""What makes a work a good source, and which of them are kept."""

from __future__ import annotations

from typing import Any

from autonomy.core.period import Period
from autonomy.core.works import OpenCopy, Retraction, Work
from autonomy.tools.literature.candidates import Candidate
from autonomy.tools.literature.choice import choose
from autonomy.tools.literature.ranking import WEIGHTS, Judged, judge, kind_of

TOPIC = "night buses in small towns"
NOW = 2026


def work(number: int = 1, *, year: int = 2020, **more: Any) -> Work:
    csl = {
        "type": more.pop("type", "article-journal"),
        "title": more.pop("title", f"Night buses in small towns, part {number}"),
        "author": [{"family": more.pop("family", f"Person{number}")}],
        "container-title": more.pop("venue", f"Journal {number}"),
        "issued": {"date-parts": [[year]]},
    }
    given: dict[str, Any] = {
        "abstract": "We counted who rides.",
        "identifiers": {"doi": f"10.5555/{number}"},
    }
    return Work(csl=csl, **{**given, **more})


def judged(*works: Work, cosine: float = 0.7, period: Period | None = None) -> list[Judged]:
    return judge(
        [Candidate(work=w, fused=1.0) for w in works],
        [[cosine]] * len(works),
        topic=TOPIC,
        queries=(),
        period=period or Period(),
        this_year=NOW,
    )


def test_the_score_is_made_of_named_parts_that_add_up() -> None:
    [one] = judged(work(cited_by=120, copies=(OpenCopy(url="https://x.example"),)))
    standing = one.standing()

    assert abs(sum(WEIGHTS.values()) - 1) < 1e-9
    assert all(0 <= value <= 1 for value in one.parts.values())
    assert standing["score"] == one.score
    assert (
        standing["words"]
        == "close to the topic, journal article, 2020, cited 120 times, free to read"
    )


def test_no_number_of_citations_makes_up_for_another_subject() -> None:
    famous = work(1, title="Pensions and the law", abstract="Rules.", cited_by=50_000)
    near = work(2)
    ranked = judge(
        [Candidate(work=famous, fused=1.0), Candidate(work=near, fused=1.0)],
        [[0.1], [0.6]],
        topic=TOPIC,
        queries=(),
        period=Period(),
        this_year=NOW,
    )

    assert [j.work for j in ranked] == [near, famous]
    assert choose(ranked, 5, Period()).dropped == [(ranked[1], "it does not speak to the topic")]


def test_a_review_counts_for_more_than_an_article_and_that_for_more_than_a_preprint() -> None:
    kinds = [
        work(title="Night buses: a systematic review"),
        work(),
        work(type="book"),
        work(type="article"),
        work(type="webpage"),
    ]
    values = [kind_of(w)[0] for w in kinds]

    assert values == sorted(values, reverse=True)
    assert kind_of(kinds[0])[1] == "review article"
    assert kind_of(kinds[3])[1] == "preprint"


def test_recency_is_measured_within_the_years_that_were_asked_for() -> None:
    [new, old] = judged(work(1, year=2025), work(2, year=2021), period=Period(2020))
    assert new.parts["recency"] > 0.8
    assert old.parts["recency"] < 0.3


def test_what_cannot_be_a_source_says_why() -> None:
    given = {
        "it was retracted on 2024-02-01": work(
            1, notices=(Retraction(kind="retraction", date="2024-02-01"),)
        ),
        "it is from 2010, outside the years asked for": work(2, year=2010),
        "there is neither an abstract nor a free full text to read": work(3, abstract=""),
        "it is no text but a dataset": work(4, type="dataset"),
        "it has no title": work(5, title=" "),
    }
    choice = choose(judged(*given.values(), work(6, year=2022)), 10, Period(2015))

    assert {why: one.work for one, why in choice.dropped} == given
    assert len(choice.kept) == 1


def test_a_correction_is_no_retraction() -> None:
    assert choose(judged(work(notices=(Retraction(kind="correction"),))), 3, Period()).kept


def test_sources_are_spread_over_authors_and_journals() -> None:
    same_author = [work(n, family="Prolific") for n in range(1, 5)]
    same_venue = [work(n, venue="One Journal") for n in range(10, 16)]
    choice = choose(judged(*same_author, *same_venue), 8, Period())

    reasons = [why for _, why in choice.dropped]
    assert reasons.count("2 works of the same first author were kept already") == 2
    assert reasons.count("3 works of the same journal were kept already") == 3
    assert len(choice.kept) == 5


def test_beyond_the_number_wanted_others_fit_better() -> None:
    choice = choose(judged(*(work(n) for n in range(6))), 4, Period())
    assert len(choice.kept) == 4
    assert {why for _, why in choice.dropped} == {"4 others fit better"}
