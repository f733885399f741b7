from __future__ import annotations

from autonomy.agents.gaps import SectionSummary, gaps, span_of_years, unmentioned
from autonomy.core.types import Reading
from tests.autonomy.agents.world import FISHERY, REEFS, make_source

REEF, REEF_PASSAGES = make_source("reefs", "Reefs", "Okoye", 2019, REEFS)
FISH, FISH_PASSAGES = make_source("fishery", "Fish", "Lindqvist", 2021, FISHERY)
BOTH = [*REEF_PASSAGES, *FISH_PASSAGES]
TWO = [SectionSummary("Results", 3, 2)]


def test_words_of_the_topic_that_no_passage_has_are_named_in_any_form() -> None:
    assert unmentioned("protected reefs and submarines", BOTH) == ["submarines"]


def test_sources_that_gave_nothing_are_named() -> None:
    said = gaps("reefs", TWO, BOTH, {"reefs": REEF}, [REEF, FISH])

    assert "Searched but not quoted: Lindqvist and Second; nothing there fitted better." in said


def test_a_document_of_one_source_says_that_it_stands_alone() -> None:
    said = gaps("reefs", [SectionSummary("Results", 3, 1)], BOTH, {"reefs": REEF}, [REEF])

    assert said == ["Everything here rests on a single source and stands uncorroborated."]


def test_what_a_reader_must_know_of_a_source_is_said() -> None:
    undated = FISH.model_copy(
        update={"csl": {"author": FISH.csl["author"]}, "reading": Reading.ABSTRACT}
    )
    withdrawn = REEF.model_copy(update={"retracted": True})
    said = " ".join(gaps("reefs", TWO, BOTH, {"reefs": withdrawn, "fishery": undated}, []))

    assert "Of Lindqvist and Second only the abstract could be read." in said
    assert "No year is known for Lindqvist and Second" in said
    assert "Retracted by its publisher: Okoye and Second." in said


def test_years_are_given_only_when_all_are_known() -> None:
    undated = FISH.model_copy(update={"csl": {}})

    assert span_of_years([REEF, FISH]) == "published between 2019 and 2021"
    assert span_of_years([REEF, undated]) == ""
    assert span_of_years([REEF]) == ""
