"""A document laid out with its matches."""

from __future__ import annotations

from autonomy.core.originality import (
    Bound,
    ComparedKind,
    Match,
    MatchGroup,
    MatchKind,
    Part,
    Similarity,
)
from autonomy.core.types import Passage, Source
from autonomy.export.document import Document, Section
from autonomy.export.draft_text import draft_text
from autonomy.tools.similarity.report import Piece, report_of

SOURCE = Source(
    id="s",
    csl={"title": "Rivers", "author": [{"family": "Lee"}], "issued": {"date-parts": [[2020]]}},
)
PASSAGE = Passage(id="p1", source_id="s", text="…", page=4)


def document(*sections: str) -> Document:
    return Document(
        title="Rivers",
        sections=tuple(
            Section(id=f"s{n}", heading=f"Part {n}", markdown=text)
            for n, text in enumerate(sections)
        ),
        sources=(SOURCE,),
        passages=(PASSAGE,),
    )


def match(text: str, words: str, kind: MatchKind = MatchKind.LIGHT) -> Match:
    start = text.index(words)
    return Match(
        start=start,
        end=start + len(words),
        text_id="a",
        text_start=0,
        text_end=1,
        kind=kind,
        group=MatchGroup.NOT_CITED_OR_QUOTED,
        words=len(words.split()),
        score=1,
    )


def similarity(*matches: Match) -> Similarity:
    return Similarity(percent=0, matched_words=0, counted_words=0, matches=matches)


def test_paragraphs_quotations_and_items_are_told_apart_and_their_signs_are_gone() -> None:
    given = document(
        "A **bold** word and snake_case.\n\n> quoted\n> on\n\n- one\n- two\n\n### Low\n\nEnd."
    )
    (section,) = report_of(given, similarity()).sections
    told = [(p.kind, "".join(piece.text for piece in p.pieces)) for p in section.paragraphs]
    assert told == [
        ("text", "A bold word and snake_case."),
        ("quote", "quoted on"),
        ("item", "one"),
        ("item", "two"),
        ("heading", "Low"),
        ("text", "End."),
    ]


def test_a_match_is_cut_by_paragraphs_and_citations_and_keeps_its_number() -> None:
    given = document("First.", "Here one two [[p:p1]] three\n\nfour five. End.")
    text = draft_text(given)
    found = similarity(match(text, "one two [[p:p1]] three\n\nfour five"))
    first, second = report_of(given, found).sections[1].paragraphs
    assert first.pieces == (
        Piece(text="Here "),
        Piece(text="one two ", match=0),
        Piece(text="(Lee, 2020, p. 4)", citation=True),
        Piece(text=" three", match=0),
    )
    assert second.pieces == (Piece(text="four five", match=0), Piece(text=". End."))


def test_a_paraphrase_under_a_surer_match_shows_what_is_left_of_it() -> None:
    given = document("one two three four five six")
    text = draft_text(given)
    found = similarity(
        match(text, text, MatchKind.PARAPHRASE), match(text, "three four", MatchKind.VERBATIM)
    )
    (paragraph,) = report_of(given, found).sections[0].paragraphs
    assert [(piece.text, piece.match) for piece in paragraph.pieces] == [
        ("one two ", 0),
        ("three four", 1),
        (" five six", 0),
    ]


def test_a_citation_in_the_text_reads_as_a_part_of_its_sentence() -> None:
    given = document("As [[n:p1]] shows, one two [[p:p1]]. So does [[n:nobody]].")
    (paragraph,) = report_of(given, similarity()).sections[0].paragraphs
    said = "".join(piece.text for piece in paragraph.pieces)
    assert said == "As Lee (2020, p. 4) shows, one two (Lee, 2020, p. 4). So does the source."


def test_a_citation_of_an_unknown_passage_is_still_one() -> None:
    given = document("Here [[p:nobody]].")
    (paragraph,) = report_of(given, similarity()).sections[0].paragraphs
    assert Piece(text="(source)", citation=True) in paragraph.pieces


def test_kinds_of_texts_are_all_named() -> None:
    from autonomy.export.similarity_words import EXCLUDED, GROUPS, KINDS, WHERE, bound_said
    from autonomy.tools.similarity import recount

    assert set(WHERE) == set(ComparedKind)
    assert set(GROUPS) == set(MatchGroup)
    assert set(KINDS) == set(MatchKind)
    assert set(EXCLUDED) == {
        recount.QUOTED_AND_CITED,
        recount.BIBLIOGRAPHY,
        recount.COMMON_PHRASE,
        recount.SMALL_MATCH,
        recount.GROUP,
        recount.TEXT,
    }
    for part in Part:
        said = bound_said(Bound(part=part, looked_at=1_200, of=4_500))
        assert "1,200" in said
        assert "4,500" in said
