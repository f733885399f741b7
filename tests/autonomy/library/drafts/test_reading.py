"""Drafts of every format, and what of them may be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autonomy.agents.draft_plan import parts_of
from autonomy.core.rewriting import DraftText, TextEdit, edited
from autonomy.core.types import Author, FileState, FileStatus
from autonomy.export.draft_document import document_of, draft_markdown
from autonomy.export.html import render_html
from autonomy.library.drafts.draft import Draft, HeldKind
from autonomy.library.drafts.reading import read_draft
from autonomy.library.drafts.units import BadAnswer, edits_of, units
from autonomy.library.isolated import read_in_subprocess
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.tools.drafts import which_draft
from tests.files.drafts import field, link, note, raw, rich_draft, simple, written
from tests.files.hostile import docx_with_entity, lying_zip_bomb, zip_bomb

MARKDOWN = """# On bays

In order to see, we `went the the` out[^1] and saw [the the map](https://bay.example/x).
It was $x_1$ deep [@berg2008, p. 3].

- The the boats
- left

> We walked the the meadow.

| a a | b |
| --- | --- |

```
the the code
```

## References

Berg, A. (2008) The the bays.

[^1]: The the note.
"""


def read(content: bytes, name: str, folder: Path) -> Draft:
    return read_draft(written(content, folder / name), name, ParseLimits())


def kinds(draft: Draft) -> list[str]:
    return [block.kind.value for block in draft.blocks]


def test_markdown_keeps_what_is_no_prose(tmp_path: Path) -> None:
    draft = read(MARKDOWN.encode(), "draft.md", tmp_path)
    assert kinds(draft) == [
        "heading", "body", "list", "list", "quote", "fixed", "code", "heading", "reference", "fixed",
    ]  # fmt: skip
    body = draft.blocks[1]
    assert [body.text[h.start : h.end] for h in body.held] == [
        "`went the the`",
        "[^1]",
        "[the the map](https://bay.example/x)",
        "$x_1$",
        "[@berg2008, p. 3]",
    ]
    assert draft_markdown(draft, {}).split() == MARKDOWN.split()


def test_plain_text_has_paragraphs(tmp_path: Path) -> None:
    text = "On bays\n\nWe went out and saw\nthe boats that lay there.\n\nReferences\n\nBerg, A. (2008) Bays.\n"
    draft = read(text.encode(), "draft.txt", tmp_path)
    assert kinds(draft) == ["heading", "body", "heading", "reference"]
    assert draft.blocks[1].text == "We went out and saw the boats that lay there."


def test_right_to_left_and_scripts_without_spaces_are_cut_into_sentences(tmp_path: Path) -> None:
    def bidi(document: Any) -> None:
        paragraph = document.paragraphs[0]
        paragraph._p.get_or_add_pPr().append(paragraph._p.makeelement(f"{{{W}}}bidi", {}))

    draft = read(
        simple("قيس الموقع مرتين. ثم عاد.", "珊瑚礁正在消失。鱼也走了。", change=bidi),
        "d.docx",
        tmp_path,
    )
    assert [b.right_to_left for b in draft.blocks] == [True, False]
    assert [u.text for u in units(draft.blocks[1])] == ["珊瑚礁正在消失。", "鱼也走了。"]
    assert len(units(draft.blocks[0])) == 2


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def test_tables_in_tables_and_boxes_are_left_alone(tmp_path: Path) -> None:
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    prose = "This cell holds a whole sentence that a person wrote in it."
    inner = f"<w:tbl><w:tr>{cell.format('1.5')}{cell.format('2')}</w:tr></w:tbl>"
    body = (
        f"<w:tbl><w:tr>{cell.format('Head')}<w:tc>{inner}<w:p/></w:tc></w:tr>"
        f"<w:tr>{cell.format('x')}{cell.format(prose)}</w:tr></w:tbl>"
    )
    draft = read(raw(body), "d.docx", tmp_path)
    assert [(b.text[:9], b.table, b.row, b.column, b.prose) for b in draft.blocks] == [
        ("Head", 0, 0, 0, False),
        ("1.5", 1, 0, 0, False),
        ("2", 1, 0, 1, False),
        ("x", 0, 1, 0, False),
        ("This cell", 0, 1, 1, True),
    ]
    shown = document_of(draft, DraftText(draft_id="d", source_id="s"), author=Author.HUMAN, date="")
    assert shown.sections[0].markdown.count("| --- |") == 2


def sample(tmp_path: Path) -> Draft:
    def more(document: Any) -> None:
        paragraph = document.paragraphs[0]
        paragraph.add_run("Details follow ")
        field(paragraph, "ADDIN ZOTERO_ITEM CSL_CITATION {}", "(Berg 2008)")
        paragraph.add_run(" below")
        note(paragraph, 1)
        paragraph.add_run(", and maps are at ")
        link(document, paragraph, "the office", "https://office.example")
        paragraph.add_run(".")

    return read(simple("", change=more), "d.docx", tmp_path)


def test_a_model_sees_what_must_stay_and_gives_it_back(tmp_path: Path) -> None:
    (block,) = sample(tmp_path).blocks
    assert [h.kind for h in block.held] == [HeldKind.CITATION, HeldKind.LINK]
    (unit,) = units(block)
    assert unit.shown == (
        "Details follow ⟦1: (Berg 2008)⟧ below⟦2: footnote 1⟧, and maps are at ⟦3: the office⟧."
    )
    after, edits = edits_of(unit, "See ⟦1⟧ below⟦2⟧; maps lie at ⟦3: the office⟧ too.")
    assert after == "See (Berg 2008) below; maps lie at the office too."
    assert edited(block.text, edits) == after
    assert not any(block.holds(e.start, e.end) for e in edits)


@pytest.mark.parametrize(
    "answer",
    [
        "See ⟦2⟧ ⟦1⟧ ⟦3⟧.",
        "See ⟦1⟧ ⟦2⟧.",
        "See ⟦1⟧ ⟦2⟧ ⟦3⟧ ⟦3⟧.",
        "See ⟦1⟧ ⟦2⟧ ⟦3⟧ ⟦",
        "Nothing at all.",
    ],
)
def test_what_is_lost_doubled_or_out_of_order_is_no_answer(answer: str, tmp_path: Path) -> None:
    (unit,) = units(sample(tmp_path).blocks[0])
    with pytest.raises(BadAnswer):
        edits_of(unit, answer)


def test_words_added_beside_a_note_stay_on_their_side(tmp_path: Path) -> None:
    (unit,) = units(sample(tmp_path).blocks[0])
    _, edits = edits_of(unit, "Details follow ⟦1⟧ right below⟦2⟧ here, and maps are at ⟦3⟧.")
    place = next(k.start for k in unit.kept if k.start == k.end)
    assert [e.start < place < e.end for e in edits] == [False] * len(edits)
    assert TextEdit(place, place + 1, " here,") in edits


def test_a_draft_is_cut_into_parts_at_its_headings(tmp_path: Path) -> None:
    draft = read(rich_draft(3_000), "d.docx", tmp_path)
    parts = parts_of(draft, most=40)
    assert parts[0].first == 0
    assert [p.last + 1 for p in parts[:-1]] == [p.first for p in parts[1:]]
    assert parts[-1].last == len(draft.blocks) - 1
    assert {"Methods", "Results"} <= {p.heading for p in parts}
    assert len(parts_of(draft, most=3)) <= 3


def test_the_document_of_a_draft_shows_and_downloads(tmp_path: Path) -> None:
    draft = read(rich_draft(400), "d.docx", tmp_path)
    ref = DraftText(draft_id="d", source_id="s")
    html = render_html(document_of(draft, ref, author=Author.HUMAN, date="2026-05-01"))
    assert "<table>" in html
    assert "Intense" not in html
    assert "<blockquote>" in html
    headings = [s.heading for s in document_of(draft, ref, author=Author.HUMAN, date="").sections]
    assert headings[1:4] == ["Introduction", "Methods", "Results"]


@pytest.mark.parametrize("make", [zip_bomb, lying_zip_bomb])
def test_bombs_are_refused_in_the_confined_process(make: Any, tmp_path: Path) -> None:
    with pytest.raises(ParseFailure):
        read_in_subprocess("draft", Draft, make(tmp_path / "draft.docx"), "draft.docx")


def test_entities_macros_and_tables_are_told(tmp_path: Path) -> None:
    bad = docx_with_entity(tmp_path / "bad.docx", "file:///etc/passwd")
    with pytest.raises(ParseFailure, match="declared entities"):
        read_draft(bad, "bad.docx", ParseLimits())
    with pytest.raises(ParseFailure, match="no running text"):
        read(b"a;b;c\n1;2;3\n4;5;6\n", "table.csv", tmp_path)
    with pytest.raises(ParseFailure, match="at most 10 are read"):
        read_draft(
            written(simple("Long words."), tmp_path / "d.docx"), "d.docx", ParseLimits(max_chars=10)
        )


def test_the_draft_is_the_file_that_looks_like_one_or_is_named() -> None:
    def files(*names: str) -> list[FileState]:
        return [FileState(source_id=n, file_name=n, status=FileStatus.READY) for n in names]

    def chosen(goal: str, *names: str) -> str | None:
        found = which_draft(files(*names), goal)
        return found.file_name if found else None

    assert chosen("Improve this", "paper.pdf") == "paper.pdf"
    assert chosen("Improve this", "smith.pdf", "thesis v2.docx", "notes.md") == "thesis v2.docx"
    assert chosen("Improve notes.md", "thesis.docx", "notes.md") == "notes.md"
    assert chosen("Improve this", "one.docx", "two.docx") is None
    assert chosen("Improve this", "picture.png") is None
