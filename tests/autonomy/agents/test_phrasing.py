from __future__ import annotations

import pytest

from autonomy.agents.phrasing import Reporter, count
from autonomy.agents.quotable import Quote
from autonomy.core.phrases import series
from autonomy.core.types import Passage, Source
from autonomy.core.words import stems

TWO = [{"family": "Lee", "given": "A."}, {"family": "Kim", "given": "B."}]


def quote(text: str, source: str = "lee", *, passage: str = "p1", ordinal: int = 0) -> Quote:
    kept = Passage(id=passage, source_id=source, text=text, ordinal=ordinal)
    return Quote(text, kept, 1.0, stems(text))


def work(key: str, year: int, authors: list[dict[str, str]]) -> Source:
    return Source(id=key, csl={"author": authors, "issued": {"date-parts": [[year]]}})


def reporter(authors: list[dict[str, str]] = TWO) -> Reporter:
    return Reporter({"lee": work("lee", 2010, authors), "old": work("old", 1998, TWO)})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("We measured salt in nine rivers.", "[[n:p1]] “measured salt in nine rivers.”"),
        ("We also measured salt in nine rivers.", "[[n:p1]] “measured salt in nine rivers.”"),
        (
            "Our rivers carried salt all year.",
            "[[n:p1]] state that their “rivers carried salt all year.”",
        ),
        (
            "This study examines salt in rivers.",
            "The study of [[n:p1]] “examines salt in rivers.”",
        ),
        ("Salt rose by 31 per cent.", "[[n:p1]] report: “Salt rose by 31 per cent.”"),
        ("Salt stays in the water [4]", "[[n:p1]] state: “Salt stays in the water [4]”."),
    ],
)
def test_a_sentence_is_quoted_from_where_its_authors_become_the_subject(
    text: str, sentence: str
) -> None:
    assert reporter().paragraph([quote(text)]) == sentence


def test_a_single_author_is_not_made_a_plural() -> None:
    said = reporter([{"family": "Lee"}]).paragraph([quote("We measured salt in nine rivers.")])

    assert said == "[[n:p1]] states: “We measured salt in nine rivers.”"


def test_an_institution_gives_no_their() -> None:
    said = reporter([{"literal": "River Board"}]).paragraph([quote("Our rivers carried salt.")])

    assert said == "[[n:p1]] states: “Our rivers carried salt.”"


def test_more_of_the_same_source_is_cited_in_brackets_with_the_stop_behind() -> None:
    said = reporter().paragraph(
        [
            quote("Salt stays in the water."),
            quote("We found salt in spring.", passage="p2", ordinal=9),
        ]
    )

    assert said.endswith("They “found salt in spring” [[p:p2]].")


def test_another_source_is_told_how_far_it_is_away_once() -> None:
    quotes = [
        quote("Salt stays in the water."),
        quote("Salt came by sea.", "old", passage="p2"),
        quote("Salt went by road."),
    ]
    said = reporter().paragraph(quotes, term="road salt")

    assert said.startswith("On *road salt*, [[n:p1]] state")
    assert "Twelve" not in said
    assert "Some years earlier, [[n:p2]]" in said
    assert said.count("years") == 1


def test_numbers_and_series_in_words() -> None:
    assert [count(n, "source") for n in (0, 1, 2, 12)] == [
        "no sources",
        "one source",
        "two sources",
        "12 sources",
    ]
    assert [series(list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
