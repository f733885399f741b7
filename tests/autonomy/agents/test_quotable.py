from __future__ import annotations

import pytest

from autonomy.agents.quotable import candidates, contribution, quotable, select
from tests.autonomy.agents.world import FISHERY, REEFS, make_source

_, REEF_PASSAGES = make_source("reefs", "Reefs", "Okoye", 2019, REEFS)
_, FISH_PASSAGES = make_source("fishery", "Fish", "Lindqvist", 2021, FISHERY)


@pytest.mark.parametrize(
    "sentence",
    [
        "Too short to be quoted here.",
        "fragment that begins in lower case and so was cut from its start by the page.",
        "A sentence that never ends because the page was cut before the full stop came",
        "The value of x = y + z follows from the sum that the second line of the proof gives.",
        "See https://reefs.example for all of the data that this survey has collected so far.",
        "The parenthesis (that opens here is never closed in the whole of this long sentence.",
        "We packed the keys and the values together into the two matrices that we call K and V.",
        "Should managers close a fishery for a season when the reefs have only just recovered?",
        "Is there any survey that counts the young corals of the northern and southern bays.",
        "Which are the bays in which a closed season has brought back the fish that left.",
    ],
)
def test_debris_fragments_and_questions_are_not_quoted(sentence: str) -> None:
    assert not quotable(sentence)


def test_a_plain_statement_is_quoted() -> None:
    assert quotable(
        "Grazing fish explain much of the difference because they keep young coral free of seaweed."
    )


def test_candidates_are_whole_sentences_of_their_passage() -> None:
    quotes = candidates(REEF_PASSAGES, ["coral cover"])

    assert quotes
    assert all(q.text in q.passage.text for q in quotes)


def test_a_fitting_heading_raises_its_sentences() -> None:
    def rank(cues: list[str]) -> int:
        quotes = candidates(REEF_PASSAGES, ["coral reefs"], cues=cues)
        return [q.passage.heading for q in quotes].index("Limitations")

    assert rank(["limitations"]) < rank([])


def test_selection_keeps_to_its_words_and_repeats_nothing() -> None:
    pool = candidates([*REEF_PASSAGES, *FISH_PASSAGES], ["grazing fish on coral reefs"])
    chosen = select(pool, 80)

    assert sum(q.words for q in chosen) <= 80
    assert len({q.text for q in chosen}) == len(chosen)
    assert {q.passage.source_id for q in chosen} == {"reefs", "fishery"}


def test_what_is_quoted_elsewhere_is_left_alone() -> None:
    pool = candidates(REEF_PASSAGES, ["coral cover"])

    assert pool[0].text not in {q.text for q in select(pool, 500, taken=[pool[0].stems])}


def test_a_source_introduces_itself_in_its_own_words() -> None:
    quote = contribution(FISH_PASSAGES[:2], "grazing fish")

    assert quote is not None
    assert "This study examines" in quote.text or "We find" in quote.text
