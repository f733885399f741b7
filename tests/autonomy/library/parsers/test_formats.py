"""Word, web pages, Markdown and plain text: words, headings and what they say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from autonomy.library.parse import parse
from autonomy.library.parsed import Block, BlockKind, ParsedDocument
from tests.files import documents


def read(path: Path, content: str, name: str) -> ParsedDocument:
    path.write_text(content, encoding="utf-8")
    return parse(path, name)


def blocks(document: ParsedDocument) -> list[Block]:
    found = [block for page in document.pages for block in page.blocks]
    for page in document.pages:
        for block in page.blocks:
            assert page.text[block.char_start : block.char_end] == block.text
    return found


# ------------------------------------------------------------------------------------- Word


@pytest.fixture(scope="module")
def wells(tmp_path_factory: pytest.TempPathFactory) -> ParsedDocument:
    return parse(documents.word_document(tmp_path_factory.mktemp("docx") / "w.docx"), "w.docx")


def test_word_properties_give_title_and_author(wells: ParsedDocument) -> None:
    assert wells.metadata.csl["title"] == "Wells of the Northern Plain"
    assert wells.metadata.csl["author"] == [{"family": "Haddad", "given": "Noor"}]
    assert "issued" not in wells.metadata.csl
    assert wells.pages[0].number is None


def test_word_headings_tables_and_references_are_told(wells: ParsedDocument) -> None:
    by_text = {block.text: block for block in blocks(wells)}
    assert by_text["Wells of the Northern Plain"].kind is BlockKind.FRONT
    depth = by_text["Most wells are shallower than forty metres, cf. Table 1."]
    assert depth.heading_path == ("Where the water comes from", "Depth")
    assert by_text["Well | Depth\nA | 31"].kind is BlockKind.TABLE
    assert by_text["Haddad, N. (2018) Water under the plain. Alder Press."].kind is (
        BlockKind.REFERENCES
    )


def test_deleted_words_of_tracked_changes_are_left_out(tmp_path: Path) -> None:
    path = documents.word_document(tmp_path / "w.docx")
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = (
        f'<w:document xmlns:w="{name}"><w:body><w:p>'
        '<w:r><w:t xml:space="preserve">The well is </w:t></w:r>'
        "<w:del><w:r><w:delText>shallow</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>deep</w:t></w:r></w:ins>"
        "<w:r><w:t>.</w:t></w:r></w:p></w:body></w:document>"
    )
    documents.repack(path, {"word/document.xml": xml.encode()})
    assert [block.text for block in blocks(parse(path, "w.docx"))] == ["The well is deep."]


# ---------------------------------------------------------------------------------------- web


@pytest.fixture(scope="module")
def bees(tmp_path_factory: pytest.TempPathFactory) -> ParsedDocument:
    return read(tmp_path_factory.mktemp("html") / "b.html", documents.PAGE, "b.html")


def test_scholarly_tags_make_the_reference(bees: ParsedDocument) -> None:
    csl = bees.metadata.csl
    assert csl["title"] == "Bees in winter"
    assert csl["author"] == [
        {"family": "Lindqvist", "given": "Sara"},
        {"family": "Fadel", "given": "Omar"},
    ]
    assert csl["issued"] == {"date-parts": [[2022, 3, 14]]}
    assert (csl["container-title"], csl["DOI"]) == ("Apiary Review", "10.5555/bees.22")
    assert csl["type"] == "article-journal"
    assert bees.language == "en"


def test_scripts_styles_and_furniture_never_become_text(bees: ParsedDocument) -> None:
    text = bees.pages[0].text
    for alien in ("INJECTED", "color:red", "Home About", "Cookies", "onerror", "alert"):
        assert alien not in text


def test_web_paragraphs_keep_their_words_and_headings(bees: ParsedDocument) -> None:
    by_text = {block.text: block.heading_path for block in blocks(bees)}
    first = "Bees do not sleep through the winter. They form a cluster and take turns at its edge."
    assert by_text[first] == ("Bees in winter",)
    item = "Sugar is a poor substitute for honey in cold months."
    assert by_text[item] == ("Bees in winter", "Feeding")


def test_linked_data_names_the_author(tmp_path: Path) -> None:
    page = (
        '<html><head><title>Frost</title><script type="application/ld+json">'
        '{"@type":"Article","headline":"Frost on the pass","datePublished":"2019-01-02",'
        '"author":[{"name":"Uma Stone"}]}</script></head>'
        "<body><p>The pass was closed for nine days in January.</p></body></html>"
    )
    csl = read(tmp_path / "f.html", page, "f.html").metadata.csl
    assert csl["title"] == "Frost on the pass"
    assert csl["author"] == [{"family": "Stone", "given": "Uma"}]
    assert csl["issued"] == {"date-parts": [[2019, 1, 2]]}


# ----------------------------------------------------------------------------------- Markdown


@pytest.fixture(scope="module")
def lichens(tmp_path_factory: pytest.TempPathFactory) -> ParsedDocument:
    return read(tmp_path_factory.mktemp("md") / "l.md", documents.NOTES, "l.md")


def test_front_matter_is_metadata(lichens: ParsedDocument) -> None:
    csl = lichens.metadata.csl
    assert csl["title"] == "Notes on Lichens"
    assert [name["family"] for name in csl["author"]] == ["Berg", "Kwan"]
    assert csl["issued"] == {"date-parts": [[2020, 5, 1]]}


def test_markdown_is_read_without_its_marks(lichens: ParsedDocument) -> None:
    found = {block.text: block for block in blocks(lichens)}
    assert "Lichens grow slowly; see the atlas for Xanthoria." in found
    age = found["Some colonies are older than the walls they grow on."]
    assert age.heading_path == ("Notes on Lichens", "Age")
    assert found['print("code stays as it is")'].kind is BlockKind.FIGURE


def test_nested_aliases_in_front_matter_are_not_expanded(tmp_path: Path) -> None:
    bomb = (
        "---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n---\n\nThe text itself is harmless enough.\n"
    )
    document = read(tmp_path / "x.md", bomb, "x.md")
    assert document.metadata.csl["title"] == "x"
    assert document.pages[0].text == "The text itself is harmless enough."


# --------------------------------------------------------------------------------- plain text


def test_wrapped_lines_are_joined_and_lists_are_not(tmp_path: Path) -> None:
    text = (
        "The River\n\nRain falls on the hills in spring and the rivers rise within\n"
        "a day. The mills along the lower valley stop when the water\nstands too high.\n\n"
        "- first item\n- second item\n"
    )
    document = read(tmp_path / "r.txt", text, "r.txt")
    found = [block.text for block in blocks(document)]
    assert found[0] == "The River"
    assert "rise within a day. The mills" in found[1]
    assert found[2] == "- first item\n- second item"
    assert document.metadata.csl["title"] == "The River"


def test_form_feeds_are_pages(tmp_path: Path) -> None:
    document = read(tmp_path / "r.txt", "Page one is here.\fPage two is here.", "r.txt")
    assert [page.number for page in document.pages] == [1, 2]
    assert document.page_count == 2


def test_a_nameless_text_takes_its_files_name(tmp_path: Path) -> None:
    document = read(tmp_path / "x", "it begins in the middle, and goes on.", "river_notes-2.txt")
    assert document.metadata.csl == {"type": "document", "title": "river notes 2"}
