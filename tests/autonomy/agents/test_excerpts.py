from __future__ import annotations

from autonomy.agents.composer import Evidence, compose_answer, compose_section
from autonomy.agents.excerpts import rows_of, table_excerpt
from autonomy.core.types import Passage, Source
from autonomy.core.words import stems

SHEET = Passage(
    id="sheet",
    source_id="harbours",
    text="Harbour | Boats | Catch in tonnes\nMarra | 41 | 1,204\nTessel | 12 | 310\nOld_pier | 3 | 8",
    heading="Landings",
)
PROSE = Passage(id="prose", source_id="harbours", text="Boats land fish | or they do not.")


def test_a_table_is_read_as_header_and_rows_and_prose_is_none() -> None:
    assert rows_of(SHEET.text)[1] == ["Marra", "41", "1,204"]
    assert rows_of(PROSE.text) == []


def test_rows_that_fit_the_question_are_kept_in_their_order() -> None:
    table, shown = table_excerpt(
        [PROSE, SHEET], stems("harbour catch"), stems("catch of old_pier and Marra"), 10
    )

    lines = table.splitlines()
    assert lines[0] == "Rows from the table [[p:sheet]]:"
    assert lines[2:] == [
        "| Harbour | Boats | Catch in tonnes |",
        "|:---|:--------|:--------|",
        "| Marra | 41 | 1,204 |",
    ]
    assert [quote.passage.id for quote in shown] == ["sheet"]


def test_no_table_or_no_room_gives_nothing() -> None:
    assert table_excerpt([PROSE], stems("boats"), stems("boats"), 100) == ("", [])
    assert table_excerpt([SHEET], stems("boats"), stems("boats"), 5) == ("", [])


def test_a_table_on_something_else_is_not_shown() -> None:
    assert table_excerpt([SHEET], stems("coral reefs"), stems("boats"), 100) == ("", [])


def test_a_question_that_a_table_answers_is_answered_with_its_row() -> None:
    evidence = Evidence(
        topic="boats", passages=[PROSE, SHEET], sources={}, queries=["boats of Marra"]
    )
    composed = compose_answer(evidence, "How many boats does Marra have?", 150)

    assert composed.markdown.startswith("A table among your sources speaks to this.")
    assert "| Marra | 41 | 1,204 |" in composed.markdown


def test_a_source_that_is_all_table_still_makes_a_section() -> None:
    evidence = Evidence(
        topic="landings by harbour",
        passages=[SHEET],
        sources={"harbours": Source(id="harbours", csl={"title": "Landings"})},
        queries=["catch by harbour"],
    )
    composed = compose_section(evidence, 150)

    assert "| Old\\_pier | 3 | 8 |" in composed.markdown
    assert composed.passage_ids == ("sheet",)


def test_columns_of_a_data_file_are_read_as_words() -> None:
    text = "department | uses_search_agent_percent\nHistory | 9\nBiology | 31"
    survey = Passage(id="survey", source_id="survey", text=text)
    evidence = Evidence(
        topic="agents",
        passages=[survey],
        sources={"survey": Source(id="survey", csl={})},
        queries=[],
    )
    question = "What percent of the History department uses a search agent?"

    assert "| History | 9 |" in compose_answer(evidence, question, 200).markdown
