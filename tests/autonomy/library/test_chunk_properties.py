"""What holds for the passages of any document, whatever its blocks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy.library.chunk import Chunk, chunk, chunk_pages
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import Bibliography, BlockKind, ParsedDocument
from autonomy.library.sentences import sentences
from autonomy.library.tables import table_blocks

WORDS = st.sampled_from(
    "the mill river stops when water rises over harbour meadow 12 3.5 e.g. Fig. naïve 漢字 مرحبا "
    "cf. Dr. U.S. “quoted”".split(" ")
)
CITATIONS = st.sampled_from(
    ["(Lee et al., 2020)", "[12, 13]", "(Marsh, 2019, p. 4; Wen, 2021)", "(cf. Quist et al. 2018)"]
)


@st.composite
def sentence(draw: st.DrawFn) -> str:
    words = draw(st.lists(WORDS, min_size=4, max_size=30))
    cited = draw(st.booleans())
    text = " ".join(words) + (f" {draw(CITATIONS)}" if cited else "")
    return text[0].upper() + text[1:] + draw(st.sampled_from([".", "?", "!", "."]))


PROSE = st.lists(sentence(), min_size=1, max_size=8).map(" ".join)
CELL = st.text(alphabet=st.sampled_from("abc 12.,-é漢"), min_size=0, max_size=30)
TABLE = st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=30).map(
    lambda rows: list(table_blocks([["Well", "Depth in m"], *rows]))
)
BLOCKS = st.one_of(
    PROSE.map(lambda text: [RawBlock(text)]),
    PROSE.map(lambda text: [RawBlock(text, BlockKind.ABSTRACT)]),
    TABLE,
    st.sampled_from(["Floods", "Causes of it", "Method"]).map(
        lambda text: [RawBlock(text, BlockKind.HEADING, 1 + len(text) % 2)]
    ),
)
PAGES = st.lists(
    st.lists(BLOCKS, max_size=5).map(lambda groups: [b for group in groups for b in group]),
    min_size=1,
    max_size=4,
)


def tokens(text: str) -> int:
    return len(text.split())


def document(pages: list[list[RawBlock]]) -> ParsedDocument:
    trail = HeadingTrail()
    return ParsedDocument(
        media_type="text/plain",
        pages=tuple(lay_out(number, blocks, trail) for number, blocks in enumerate(pages, 1)),
        metadata=Bibliography(csl={}),
        page_count=len(pages),
    )


def spans(chunks: list[Chunk]) -> list[tuple[int, int, int]]:
    return [(c.page_index, c.char_start, c.char_end) for c in chunks]


@settings(max_examples=25, deadline=None)
@given(PAGES, st.integers(15, 80))
def test_spans_are_exact_in_order_and_never_doubled(
    pages: list[list[RawBlock]], limit: int
) -> None:
    parsed = document(pages)
    chunks = chunk(parsed, tokens, limit)
    for number, piece in enumerate(chunks):
        page = parsed.pages[piece.page_index]
        assert page.text[piece.char_start : piece.char_end] == piece.text
        assert piece.ordinal == number
        paths = {" › ".join(block.heading_path) for block in page.blocks}
        assert piece.heading in paths
    found = spans(chunks)
    assert found == sorted(found)
    for one, two in pairwise(found):
        assert one[0] < two[0] or one[2] <= two[1]


@settings(max_examples=25, deadline=None)
@given(PAGES)
def test_no_sentence_or_row_is_split_or_lost(pages: list[list[RawBlock]]) -> None:
    """With a limit that holds any of them; half sentences at page borders do not occur here."""
    parsed = document(pages)
    chunks = chunk(parsed, tokens, 60)
    for page_index, page in enumerate(parsed.pages):
        mine = [c for c in chunks if c.page_index == page_index]
        for block in page.blocks:
            if block.kind is BlockKind.HEADING or len(block.text) < 25:
                continue
            if block.kind is not BlockKind.TABLE and sum(map(str.isalpha, block.text)) < 0.5 * len(
                block.text.replace(" ", "")
            ):
                continue
            table = block.kind is BlockKind.TABLE
            units = (
                block.text.split("\n")
                if table
                else [block.text[a:b] for a, b in sentences(block.text)]
            )
            for unit in units:
                assert any(unit in c.text for c in mine), unit


@settings(max_examples=25, deadline=None)
@given(PAGES)
def test_citations_stay_whole(pages: list[list[RawBlock]]) -> None:
    """Even where a sentence is too long to stay whole."""
    for piece in chunk(document(pages), tokens, 4):
        if piece.kind is not BlockKind.TABLE:
            assert piece.text.count("(") == piece.text.count(")")
            assert piece.text.count("[") == piece.text.count("]")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=60))
def test_every_row_stands_once_and_under_the_header(rows: list[list[str]]) -> None:
    header = ["Well", "Depth in m"]
    chunks = chunk(document([list(table_blocks([header, *rows]))]), tokens, 200)
    assert all(c.text.startswith("Well | Depth in m") for c in chunks)
    shown = [line for c in chunks for line in c.text.split("\n")[1:]]
    expected = [
        [" ".join(cell.split()) for cell in row]
        for row in rows
        if any(cell.strip() for cell in row)
    ]
    trimmed = [" | ".join(_trimmed(row)) for row in expected]
    assert shown == trimmed


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row


@settings(max_examples=25, deadline=None)
@given(PAGES, st.integers(1, 3))
def test_pages_that_come_in_batches_have_the_same_passages(
    pages: list[list[RawBlock]], size: int
) -> None:
    parsed = document(pages).pages
    found: list[Chunk] = []
    for start in range(0, len(parsed), size):
        found += chunk_pages(
            parsed[start : start + size],
            tokens,
            40,
            before=parsed[start - 1] if start else None,
            after=parsed[start + size] if start + size < len(parsed) else None,
            first_index=start,
            first_ordinal=len(found),
        )
    assert found == chunk_pages(parsed, tokens, 40)
