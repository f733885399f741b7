from __future__ import annotations

import re

import pytest

from autonomy.agents.verification import quoted_spans
from autonomy.export.claims import citations_in_order
from autonomy.export.html import render_html
from tests.autonomy.export.works import document

SMITH = "[[p:article-1]]"
OKAFOR = "[[p:chapter-2]]"
BROWN_SAYS = "[[n:noXdate-3]]"


def claims(markdown: str) -> list[tuple[int, str, str]]:
    return [tuple(claim) for claim in citations_in_order(document(markdown))]  # type: ignore[misc]


def test_a_claim_is_the_sentence_that_carries_the_marker() -> None:
    text = f"Before it. Graphs can be read with care {SMITH}. After it all."
    assert claims(text) == [(1, "article-1", "Graphs can be read with care.")]


def test_a_marker_behind_the_full_stop_belongs_to_the_sentence_before() -> None:
    text = f"Graphs can be read with care. {SMITH} The next sentence says more."
    assert claims(text) == [(1, "article-1", "Graphs can be read with care.")]


def test_a_sentence_is_cut_at_its_citations() -> None:
    text = f"Graphs can be read quickly {SMITH}, but texts must be read slowly {OKAFOR}."
    assert claims(text) == [
        (1, "article-1", "Graphs can be read quickly"),
        (2, "chapter-2", "but texts must be read slowly."),
    ]


def test_adjacent_citations_share_their_claim() -> None:
    text = f"Graphs can be read with care {SMITH}; {OKAFOR}."
    assert [claim for _, _, claim in claims(text)] == ["Graphs can be read with care."] * 2


def test_a_narrative_citation_owns_what_follows_and_reads_as_its_authors() -> None:
    text = f"{BROWN_SAYS} argues that method is a habit. Another thing."
    assert claims(text) == [(1, "noXdate-3", "Brown argues that method is a habit.")]


def test_a_title_that_stands_in_for_authors_is_no_quotation() -> None:
    (claim,) = citations_in_order(document("[[n:noXauthor-3]] says: “ink was made of galls”."))

    assert claim.claim == "A quiet history of ink says: “ink was made of galls”."
    assert quoted_spans(claim.claim) == ["ink was made of galls"]


def test_a_narrative_citation_shares_its_words_with_the_one_behind_them() -> None:
    text = f"{BROWN_SAYS} argues that method is a habit {SMITH}."
    assert [claim for _, _, claim in claims(text)] == [
        "Brown argues that method is a habit",
        "Brown argues that method is a habit.",
    ]


def test_too_short_a_clause_gives_way_to_its_sentence() -> None:
    text = f"Graphs {SMITH} and texts {OKAFOR} can all be read with care."
    assert claims(text)[0][2] == "Graphs and texts can all be read with care."


@pytest.mark.parametrize(
    "sentence",
    [
        "Reported by Smith et al. Northern reefs were seen",
        "It rose by 4.5 per cent, i.e. Much more than before",
        "As J. A. Smith showed in Fig. 3 the effect is small",
    ],
)
def test_abbreviations_do_not_end_a_sentence(sentence: str) -> None:
    assert claims(f"First. {sentence} {SMITH}.")[0][2] == f"{sentence}."


def test_markdown_is_stripped_and_quotes_stay_as_typed() -> None:
    text = f'He wrote *"read with care"* in [a book](https://a.org) {SMITH}.'
    assert claims(text)[0][2] == 'He wrote "read with care" in a book.'


def test_lists_tables_and_headings_have_claims_too() -> None:
    text = f"- The first of all points {SMITH}\n\n| a | b |\n|--|--|\n| c | four words in cell {OKAFOR} |"
    assert [claim for _, _, claim in claims(text)] == [
        "The first of all points",
        "four words in cell",
    ]


def test_numbers_are_those_of_the_rendered_page() -> None:
    text = f"One *two {SMITH}* three {OKAFOR}{SMITH}. `x {OKAFOR}` [l {SMITH}](https://a.org)"
    draft = document(text, f"More {BROWN_SAYS}.")
    numbers = [(c.marker, c.passage_id) for c in citations_in_order(draft)]
    pairs = re.findall(r'data-passages="([^"]+)" data-marker="([^"]+)"', render_html(draft))
    rendered = [
        (int(number), passage)
        for passages, places in pairs
        for number, passage in zip(places.split(), passages.split(), strict=True)
    ]
    assert rendered == numbers
    assert [number for number, _ in numbers] == list(range(1, 7))
