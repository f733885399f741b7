from __future__ import annotations

from autonomy.agents.composer import (
    Evidence,
    compose_answer,
    compose_conclusion,
    compose_introduction,
    compose_section,
)
from autonomy.agents.gaps import SectionSummary
from autonomy.core.markers import MARKER
from autonomy.library.tables import CELL_GAP
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
    composed = compose_section(evidence(), 200)

    assert 160 <= composed.words <= 220
    assert composed.quotes == composed.markdown.count("“")
    assert composed.quotes == len(MARKER.findall(composed.markdown))
    assert set(composed.source_ids) == {"reefs", "fishery"}


def test_a_section_without_evidence_says_so_and_cites_nothing() -> None:
    composed = compose_section(evidence(passages=[]), 200)

    assert "no passage that can be quoted" in composed.markdown
    assert not composed.passage_ids


def test_a_section_with_little_room_quotes_once_rather_than_call_its_sources_silent() -> None:
    composed = compose_section(evidence(), 8)

    assert composed.quotes >= 1
    assert composed.words <= 60


def test_an_answer_that_the_sources_do_not_hold_is_not_invented() -> None:
    composed = compose_answer(evidence(), "When was the violin invented in Cremona?", 150)

    assert "do not say" in composed.markdown
    assert not composed.passage_ids


def test_an_answer_quotes_what_speaks_to_the_question() -> None:
    composed = compose_answer(evidence(), "Why do closed seasons work for grazing fish?", 150)

    assert "Closed seasons work because grazing fish spawn" in composed.markdown


def test_a_section_says_that_nothing_names_what_was_asked_for() -> None:
    composed = compose_section(evidence(aspect="Lighthouses"), 120)

    assert "No passage that can be quoted names “Lighthouses”" in composed.markdown
    assert composed.quotes


def test_a_section_on_results_tables_the_figures_that_its_sources_give() -> None:
    composed = compose_section(evidence(cues=["results"]), 260)

    table = [line for line in composed.markdown.splitlines() if line.startswith("|")]
    assert table[0] == "| Figure | Reported as | Source |"
    rows = table[2:]
    assert len(rows) >= 3
    for row in rows:
        figure, quote, source = (cell.strip() for cell in row.strip("|").split(" | "))
        assert all(part in quote for part in figure.split("; ")), row
        assert MARKER.search(quote)
        assert source in ("Okoye and Second 2019", "Lindqvist and Second 2021")


def test_the_introduction_sets_its_sources_side_by_side_in_their_own_words() -> None:
    given = evidence(everything=[*REEF_PASSAGES, *FISH_PASSAGES])
    composed = compose_introduction(
        given,
        [*REEF_PASSAGES, *FISH_PASSAGES],
        ["Background", "Results"],
        {"reefs": 4, "fishery": 3},
        240,
    )

    assert "two sources, published between 2019 and 2021," in composed.markdown
    assert "|  | Okoye and Second 2019 | Lindqvist and Second 2021 |" in composed.markdown
    assert "| What it sets out to do | “We present a ten-year survey" in composed.markdown
    assert "| What was found | " in composed.markdown
    assert composed.quotes == len(MARKER.findall(composed.markdown)) >= 4
    assert "“Background” and “Results”" in composed.markdown


def test_a_short_introduction_lists_its_sources_with_titles_made_safe() -> None:
    composed = compose_introduction(
        evidence(),
        [*REEF_PASSAGES, *FISH_PASSAGES],
        ["Background", "Results"],
        {"reefs": 4, "fishery": 3},
        90,
    )

    assert "| Ten years &#91;on\\] the reefs | 4 |" in composed.markdown
    assert "Closed \\| seasons" in composed.markdown


def test_the_conclusion_names_what_is_thin_and_what_is_missing() -> None:
    sections = [
        SectionSummary("Background", 5, 2),
        SectionSummary("Results", 2, 1),
        SectionSummary("Cost", 0, 0),
    ]
    given = evidence(
        topic="grazing fish and lighthouses",
        cited=frozenset({"reefs", "fishery"}),
        everything=[*REEF_PASSAGES, *FISH_PASSAGES],
    )
    composed = compose_conclusion(given, sections, 120)

    assert "fullest on “Background”" in composed.markdown
    assert "Only one source speaks on “Results”" in composed.markdown
    assert "On “Cost” the sources are silent" in composed.markdown
    assert "No passage that was found has the word “lighthouses”." in composed.markdown


def test_what_the_request_asks_for_by_name_is_told_whatever_its_words() -> None:
    rate = FISH_PASSAGES[0].model_copy(
        update={
            "id": "rate",
            "source_id": "rate",
            "heading": "Exchange rate: date 2024-01-05, base EUR",
            "text": "rate  |  date\n1.0921  |  2024-01-05".replace("  |  ", CELL_GAP),
        }
    )
    question = "What was one euro worth in dollars on the fifth of January?"
    given = evidence(passages=[*REEF_PASSAGES, rate], asked_for=frozenset({"rate"}))

    answer = compose_answer(given, question, 150)
    assert "| 1.0921 | 2024-01-05 |" in answer.markdown
    assert answer.passage_ids == ("rate",)
    section = compose_section(given, 200)
    assert "| 1.0921 | 2024-01-05 |" in section.markdown
    assert "rate" in section.source_ids
