from __future__ import annotations

import pytest

from autonomy.export.document import Section
from autonomy.export.markdown import write_markdown
from autonomy.export.nodes import find, plain
from autonomy.export.render import CITE_CLASS, render
from autonomy.export.structure import DanglingCitation
from autonomy.tools.citations import UnknownStyle
from tests.autonomy.export.works import document, passage, source


def words(markdown: str, style: str = "harvard") -> str:
    """The running text of a one-section document as it is printed."""
    rendered = render(document(markdown, style=style))
    return "\n".join(plain(b["c"]) for b in rendered.body if b["t"] == "Para")


def test_adjacent_markers_form_one_group() -> None:
    for text in (
        "True [[p:book-4]][[p:article-9]].",
        "True [[p:book-4]] [[p:article-9]].",
        "True [[p:book-4]]; [[p:article-9]].",
        "True[[p:book-4]], [[p:article-9]].",
    ):
        assert words(text, "apa") == "True (Booth et al., 2008, p. 4; Smith & Jones, 2019, p. 9)."


def test_one_work_cited_twice_in_a_group_is_named_once_with_both_pages() -> None:
    assert words("True [[p:chapter-9]][[p:chapter-4]].") == "True (Okafor, 2020, pp. 4, 9)."


def test_a_narrative_marker_takes_in_the_markers_behind_it() -> None:
    assert words("[[n:chapter-4]][[p:chapter-5]] agrees.") == "Okafor (2020, pp. 4–5) agrees."


def test_a_passage_without_page_is_cited_without_page() -> None:
    assert words("True [[p:chapter]].") == "True (Okafor, 2020)."


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("A claim. [[p:chapter-4]]", "A claim (Okafor, 2020, p. 4)."),
        ("A claim.[[p:chapter-4]] More.", "A claim (Okafor, 2020, p. 4). More."),
        ('He said "so." [[p:chapter-4]]', "He said “so” (Okafor, 2020, p. 4)."),
        ("As in et al. [[p:chapter-4]] and so", "As in et al. (Okafor, 2020, p. 4) and so"),
        ("Why? [[p:chapter-4]]", "Why? (Okafor, 2020, p. 4)"),
        ("A claim [[p:chapter-4]] .", "A claim (Okafor, 2020, p. 4)."),
        ("Wait... [[p:chapter-4]]", "Wait... (Okafor, 2020, p. 4)"),
        ("claim[[p:chapter-4]]and on", "claim (Okafor, 2020, p. 4) and on"),
        ("[[p:chapter-4]]", "(Okafor, 2020, p. 4)"),
    ],
)
def test_citations_are_set_as_a_careful_typist_would(text: str, printed: str) -> None:
    assert words(text) == printed


def test_a_block_quotation_keeps_its_full_stop_before_the_citation() -> None:
    rendered = render(document("> Word for word. [[p:chapter-4]]"))
    assert plain(rendered.body[1]["c"][0]["c"]) == "Word for word. (Okafor, 2020, p. 4)"


def test_notes_follow_the_punctuation() -> None:
    rendered = render(document("A claim [[p:book-4]]. More.", style="chicago-notes"))
    kinds = [n["t"] if n["t"] != "Str" else n["c"] for n in rendered.body[1]["c"]]
    assert kinds == ["A", "Space", "claim", ".", "Span", "Space", "More."]


def test_numbers_follow_the_order_of_reading_even_inside_emphasis() -> None:
    text = "One [[p:book-1]] and *two [[p:article-1]]* and three [[p:chapter-1]]."
    assert words(text, "vancouver") == "One (1) and two (2) and three (3)."


def test_each_citation_carries_its_passages_places_and_works() -> None:
    text = "One [[p:book-1]][[p:article-2]]. *Two* [[n:book-3]]."
    spans = [n for n in find(render(document(text)).body, "Span") if CITE_CLASS in n["c"][0][1]]
    assert [dict(span["c"][0][2]) for span in spans] == [
        {
            "data-passages": "book-1 article-2",
            "data-marker": "1 2",
            "data-keys": "booth2008 smith2019",
        },
        {"data-passages": "book-3", "data-marker": "3", "data-keys": "booth2008"},
    ]


def test_only_cited_works_are_listed() -> None:
    spare = source("article")
    draft = document("True [[p:book-4]].")
    rendered = render(draft.model_copy(update={"sources": (*draft.sources, spare)}))
    assert [entry.key for entry in rendered.entries] == ["booth2008"]
    assert [item["id"] for item in rendered.references] == ["booth2008"]


def test_a_work_held_twice_is_listed_once() -> None:
    twin = source("book").model_copy(update={"id": "twin"})
    draft = document("One [[p:book-4]]. Two [[p:other]].")
    rendered = render(
        draft.model_copy(
            update={
                "sources": (*draft.sources, twin),
                "passages": (*draft.passages, passage("other", "twin", 9)),
            }
        )
    )
    assert [entry.key for entry in rendered.entries] == ["booth2008"]


def test_dangling_markers_are_refused_by_name() -> None:
    with pytest.raises(DanglingCitation) as caught:
        render(document("One [[p:nowhere]]. Two [[p:book-1]] and [[n:gone]]."))
    assert caught.value.ids == ("nowhere", "gone")


def test_a_passage_without_its_source_dangles() -> None:
    with pytest.raises(DanglingCitation):
        render(document("One [[p:book-1]].", sources=()))


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(UnknownStyle):
        render(document("Text.", style="harvrd"))


def test_headings_inside_a_section_stand_below_its_own() -> None:
    rendered = render(document("# One\n\ntext\n\n## Two"))
    assert [(b["c"][0], plain(b["c"][2])) for b in rendered.body if b["t"] == "Header"] == [
        (1, "Part 1"),
        (2, "One"),
        (3, "Two"),
    ]


def test_a_repeated_heading_is_printed_once() -> None:
    rendered = render(document("## Part 1\n\ntext"))
    assert [plain(b["c"][2]) for b in rendered.body if b["t"] == "Header"] == ["Part 1"]


def test_a_document_without_citations_has_no_references() -> None:
    rendered = render(document("Nothing cited."))
    assert rendered.entries == []
    assert rendered.references == []


def test_an_empty_document_renders() -> None:
    assert render(document()).body == []
    assert render(document("")).body[0]["t"] == "Header"


def test_a_section_cannot_leak_into_the_next() -> None:
    rendered = render(document("```\nnever closed", "> still mine [[p:book-1]]"))
    assert [b["t"] for b in rendered.body] == ["Header", "CodeBlock", "Header", "BlockQuote"]


def test_section_ids_become_safe_anchors() -> None:
    section = Section(id='a"b <c>', heading="H", markdown="text")
    rendered = render(document().model_copy(update={"sections": (section,)}))
    assert rendered.body[0]["c"][1][0] == "section-a-b-c-"


def test_a_citation_before_a_narrative_one_ends_its_own_sentence() -> None:
    made = write_markdown(document("It is so. [[p:book-4]] [[n:article-1]] show it."))
    assert "It is so (Booth, Colomb and Williams, 2008, p. 4). Smith and Jones" in made
