from __future__ import annotations

from autonomy.agents.composer import (
    Evidence,
    SectionSummary,
    compose_answer,
    compose_conclusion,
    compose_introduction,
    compose_section,
)
from autonomy.export.document import MARKER
from tests.autonomy.agents.world import FISHERY, REEFS, make_source

REEF, REEF_PASSAGES = make_source("reefs", "Ten years [on] the reefs", "Okoye", 2019, REEFS)
FISH, FISH_PASSAGES = make_source("fishery", "Closed | seasons", "Lindqvist", 2021, FISHERY)


def evidence(**changes: object) -> Evidence:
    values = {
        "topic": "grazing fish on coral reefs",
        "passages": [*REEF_PASSAGES, *FISH_PASSAGES],
        "sources": {"reefs": REEF, "fishery": FISH},
        "queries": ["grazing fish coral reefs"],
    }
    return Evidence(**{**values, **changes})  # type: ignore[arg-type]


def test_a_section_keeps_near_its_length_and_marks_every_quotation() -> None:
    composed = compose_section(evidence(), "The sources say this.", 200)

    assert 160 <= composed.words <= 220
    assert composed.quotes == composed.markdown.count("“")
    assert composed.quotes == len(MARKER.findall(composed.markdown))
    assert set(composed.source_ids) == {"reefs", "fishery"}


def test_a_section_without_evidence_says_so_and_cites_nothing() -> None:
    composed = compose_section(evidence(passages=[]), "On lorries.", 200)

    assert "no passage that can be quoted" in composed.markdown
    assert not composed.passage_ids


def test_an_answer_that_the_sources_do_not_hold_is_not_invented() -> None:
    composed = compose_answer(evidence(), "When was the violin invented in Cremona?", 150)

    assert "do not say" in composed.markdown
    assert not composed.passage_ids


def test_an_answer_quotes_what_speaks_to_the_question() -> None:
    composed = compose_answer(evidence(), "Why do closed seasons work for grazing fish?", 150)

    assert "Closed seasons work because grazing fish spawn" in composed.markdown


def test_the_introduction_tables_its_sources_with_titles_made_safe() -> None:
    composed = compose_introduction(
        evidence(),
        [*REEF_PASSAGES, *FISH_PASSAGES],
        ["Background", "Results"],
        {"reefs": 4, "fishery": 3},
        160,
    )

    assert "| Ten years \\[on\\] the reefs | 4 |" in composed.markdown
    assert "Closed \\| seasons" in composed.markdown
    assert "“Background” and “Results”" in composed.markdown


def test_the_conclusion_names_what_is_thin_and_what_is_missing() -> None:
    sections = [
        SectionSummary("Background", 5, 2),
        SectionSummary("Results", 2, 1),
        SectionSummary("Cost", 0, 0),
    ]
    composed = compose_conclusion(evidence(), sections, 120)

    assert "fullest on “Background”" in composed.markdown
    assert "Only one source speaks on “Results”" in composed.markdown
    assert "On “Cost” the sources are silent" in composed.markdown
