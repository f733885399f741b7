"""Passages: whole sentences of one page and one section, of a useful size."""

from __future__ import annotations

from collections.abc import Callable

from autonomy.library.chunk import Chunk, chunk
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import Bibliography, BlockKind, ParsedDocument
from autonomy.library.sentences import sentences

SENTENCE = "The mills along the lower valley stop when the river rises (Marsh et al., 2019). "


def words(text: str) -> int:
    return len(text.split())


def document(*pages: list[RawBlock]) -> ParsedDocument:
    trail = HeadingTrail()
    return ParsedDocument(
        media_type="application/pdf",
        pages=tuple(lay_out(number, blocks, trail) for number, blocks in enumerate(pages, 1)),
        metadata=Bibliography(csl={}),
        page_count=len(pages),
    )


def cut(
    *pages: list[RawBlock], count: Callable[[str], int] = words, max_tokens: int = 60
) -> list[Chunk]:
    parsed = document(*pages)
    chunks = chunk(parsed, count, max_tokens)
    for number, piece in enumerate(chunks):
        page = parsed.pages[piece.page_index]
        assert page.text[piece.char_start : piece.char_end] == piece.text
        assert (piece.ordinal, piece.page) == (number, page.number)
    return chunks


def body(text: str) -> RawBlock:
    return RawBlock(text.strip())


def heading(text: str, level: int = 1) -> RawBlock:
    return RawBlock(text, BlockKind.HEADING, level)


def test_passages_hold_whole_sentences_up_to_the_limit() -> None:
    chunks = cut([body(SENTENCE * 30)])
    assert len(chunks) > 3
    for piece in chunks:
        assert words(piece.text) <= 60 * 1.25
        assert {piece.text[a:b] for a, b in sentences(piece.text)} == {SENTENCE.strip()}


def test_short_paragraphs_of_a_section_are_joined() -> None:
    chunks = cut([body(SENTENCE), body(SENTENCE), body(SENTENCE)])
    assert [piece.text.count("mills") for piece in chunks] == [3]


def test_sections_and_pages_are_never_mixed() -> None:
    chunks = cut(
        [heading("Floods"), body(SENTENCE), heading("Causes", 2), body(SENTENCE)],
        [body("A new page begins with this sentence of its own.")],
    )
    assert [(c.heading, c.page) for c in chunks] == [
        ("Floods", 1),
        ("Floods › Causes", 1),
        ("Floods › Causes", 2),
    ]


def test_half_sentences_at_a_page_border_are_left_out() -> None:
    chunks = cut(
        [body(SENTENCE + "The report goes on to say that the")],
        [body("dams were never finished. " + SENTENCE)],
    )
    assert [piece.text for piece in chunks] == [SENTENCE.strip()] * 2


def test_kinds_are_kept_apart() -> None:
    chunks = cut(
        [
            RawBlock("Ada Bellweather, Institute of Shore Science", BlockKind.FRONT),
            RawBlock(SENTENCE, BlockKind.ABSTRACT),
            body(SENTENCE),
            RawBlock("Figure 1: Mills and the height of the river.", BlockKind.CAPTION),
            RawBlock("Marsh, T. (2019) Old mud under young grass. Alder.", BlockKind.REFERENCES),
        ]
    )
    assert [c.kind.value for c in chunks] == ["front", "abstract", "body", "caption", "references"]


def test_debris_yields_no_passage() -> None:
    chunks = cut(
        [
            body("12"),
            body("0.91 0.87 0.66 12.4 88.1 93.2 0.44 17 18 19 20"),
            body("<EOS> <pad> <pad> the law will never be perfect <EOS> <pad>"),
            RawBlock("Bay A Bay B", BlockKind.FIGURE),
            RawBlock("Permission to make copies is granted by the press.", BlockKind.FRONT),
            RawBlock("31 | 40 | 12.5", BlockKind.TABLE),
        ]
    )
    assert chunks == []


def test_an_endless_sentence_is_cut_at_clauses() -> None:
    endless = ", ".join(f"the {n}th river of the plain" for n in range(400))
    chunks = cut([body(endless)])
    assert all(len(piece.text) <= 60 * 4 * 1.5 for piece in chunks)
    assert all(piece.text.endswith((",", "plain")) for piece in chunks)


def test_text_without_spaces_is_cut_anywhere() -> None:
    chunks = cut([body("x" * 5_000)], count=len)
    assert sum(len(piece.text) for piece in chunks) == 5_000


def test_a_long_text_is_cut_in_reasonable_time() -> None:
    assert len(cut([body(SENTENCE * 20_000)])) > 4_000
