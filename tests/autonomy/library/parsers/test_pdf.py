"""PDF text as a person reads it, on pages that the tests set themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from autonomy.library.parse import parse
from autonomy.library.parsed import BlockKind, ParsedDocument
from tests.files.documents import ABSTRACT, LEFT, RIGHT, TITLE, two_column_paper, typeset

PROSE = (
    "Rain falls on the hills in spring and the rivers rise within a day. The mills along the "
    "lower valley stop when the water stands too high for their wheels. "
)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> ParsedDocument:
    return parse(two_column_paper(tmp_path_factory.mktemp("pdf") / "p.pdf"), "p.pdf")


def of_kind(document: ParsedDocument, kind: BlockKind) -> list[str]:
    return [b.text for page in document.pages for b in page.blocks if b.kind is kind]


def test_blocks_point_exactly_into_their_page(paper: ParsedDocument) -> None:
    for number, page in enumerate(paper.pages, 1):
        assert page.number == number
        for block in page.blocks:
            assert page.text[block.char_start : block.char_end] == block.text


def test_title_and_people_are_read_from_the_page(paper: ParsedDocument) -> None:
    csl = paper.metadata.csl
    assert csl["title"] == TITLE
    assert csl["author"] == [
        {"family": "Bellweather", "given": "Ada"},
        {"family": "van der Meer", "given": "Jonas"},
        {"family": "Wen-Li", "given": "Ilse"},
        {"family": "Ortiz", "given": "Mei-Ling"},
    ]
    assert csl["issued"] == {"date-parts": [[2021]]}


def test_columns_are_read_one_after_the_other_with_words_made_whole(paper: ParsedDocument) -> None:
    body = " ".join(of_kind(paper, BlockKind.BODY))
    assert LEFT.strip() in body
    assert RIGHT.strip() in body
    assert LEFT.strip() + " " + LEFT.strip() in body


def test_headings_give_each_passage_its_path(paper: ParsedDocument) -> None:
    paths = {
        b.heading_path for page in paper.pages for b in page.blocks if b.kind is BlockKind.BODY
    }
    assert ("1 Introduction",) in paths
    assert ("1 Introduction", "1.1 Earlier work") in paths
    assert ("2 Methods",) in paths


def test_the_abstract_is_kept_and_told_apart(paper: ParsedDocument) -> None:
    assert of_kind(paper, BlockKind.ABSTRACT) == [ABSTRACT]


def test_references_and_the_title_block_are_no_body(paper: ParsedDocument) -> None:
    references = " ".join(of_kind(paper, BlockKind.REFERENCES))
    assert "Old mud under young grass" in references
    assert "Meadows and storms" in references
    body = " ".join(of_kind(paper, BlockKind.BODY))
    for alien in ("Harbour Press", "Institute of Shore Science", "shore.example", "Bellweather"):
        assert alien not in body


def test_running_headers_and_page_numbers_are_gone(paper: ParsedDocument) -> None:
    text = "\n".join(page.text for page in paper.pages)
    assert "Coastal Notes" not in text
    assert not any(line.strip().isdigit() for line in text.split("\n"))


def test_captions_are_captions_and_labels_are_not_prose(paper: ParsedDocument) -> None:
    assert of_kind(paper, BlockKind.CAPTION) == ["Figure 1: Wave height with and without plants."]
    assert "Bay A" not in " ".join(of_kind(paper, BlockKind.BODY))


def test_note_marks_go_and_exponents_stay(tmp_path: Path) -> None:
    for mark in ("#super", "#super(typographic: false)"):
        source = f"{PROSE} It was measured.{mark}[12] The plot{mark}[3], of 40 m{mark}[2], was dry.\n\n{PROSE}"
        text = parse(typeset(tmp_path / "x.pdf", source), "x.pdf").pages[0].text
        assert "It was measured. The plot, of 40 m2, was dry." in text


def test_ligatures_are_plain_letters(tmp_path: Path) -> None:
    source = f"The official office file affects the first flow of affluent fish. {PROSE}"
    text = parse(typeset(tmp_path / "x.pdf", source), "x.pdf").pages[0].text
    assert "official office file affects the first flow" in text


def test_text_set_sideways_is_set_aside(tmp_path: Path) -> None:
    source = f"#place(dx: -2cm, rotate(-90deg)[Stamp of 1999])\n{PROSE * 3}"
    assert "Stamp" not in parse(typeset(tmp_path / "x.pdf", source), "x.pdf").pages[0].text


def test_a_paper_without_metadata_claims_none(tmp_path: Path) -> None:
    document = parse(typeset(tmp_path / "x.pdf", PROSE * 4), "mill_water-levels.pdf")
    csl = document.metadata.csl
    assert csl["title"] == "mill water levels"
    assert "author" not in csl
    assert "issued" not in csl


def test_slides_keep_their_short_lines(tmp_path: Path) -> None:
    slide = "#set page(width: 16cm, height: 9cm)\n#set text(20pt)\n= Floods\n- Rivers rise\n- Mills stop\n#pagebreak()\n= Drought\n- Wells fall\n- Fields burn"
    document = parse(typeset(tmp_path / "x.pdf", slide), "x.pdf")
    assert "Rivers rise" in of_kind(document, BlockKind.BODY)
    assert document.page_count == 2


def test_compounds_keep_their_hyphen_at_a_line_end(tmp_path: Path) -> None:
    """Every width breaks the lines elsewhere, so some of them break at the hyphen."""
    sentence = "A well-known self-regulating river needs no lock made by man. "
    for width in range(50, 90, 4):
        source = f'#set page(width: {width}mm)\n#set par(justify: true)\n#set text(hyphenate: true, lang: "en")\n{sentence * 8}'
        document = parse(typeset(tmp_path / "x.pdf", source), "x.pdf")
        text = " ".join(page.text for page in document.pages).replace("\n\n", " ")
        assert sentence.strip() in text
        assert "selfregulating" not in text
        assert "wellknown" not in text


def test_the_language_is_told(paper: ParsedDocument) -> None:
    assert paper.language == "en"


def test_a_mark_that_stands_apart_is_left_out_too(tmp_path: Path) -> None:
    source = f"{PROSE} The lock#h(1.5pt)#super(typographic: false)[†#h(2pt)‡] held. {PROSE}"
    text = parse(typeset(tmp_path / "x.pdf", source), "x.pdf").pages[0].text
    assert "The lock held." in text


def test_a_name_with_a_capital_inside_is_made_whole(tmp_path: Path) -> None:
    """The document spells it without a hyphen elsewhere."""
    source = f"HarbourWatch counts ships. {PROSE} The counts of Harbour-\\ Watch grew. {PROSE}"
    text = parse(typeset(tmp_path / "x.pdf", source), "x.pdf").pages[0].text
    assert "The counts of HarbourWatch grew." in text
