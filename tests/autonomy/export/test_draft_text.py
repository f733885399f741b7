from __future__ import annotations

from autonomy.export.document import Document, Section
from autonomy.export.draft_text import draft_text, place

DOCUMENT = Document(
    title="Reefs",
    sections=(
        Section(id="one", heading="One", markdown="Fish graze [[p:a]]."),
        Section(id="two", heading="Two", markdown="Coral grows."),
    ),
)


def test_every_character_of_the_text_is_found_in_its_section() -> None:
    text = draft_text(DOCUMENT)
    by_id = {section.id: section.markdown for section in DOCUMENT.sections}
    start = text.index("Coral")
    assert place(DOCUMENT, start, start + 5) == [("two", 0, 5)]
    for at in range(len(text) - 1):
        for placed in place(DOCUMENT, at, at + 1):
            assert by_id[placed.section_id][placed.start] == text[at]


def test_a_stretch_over_two_sections_is_one_in_each() -> None:
    text = draft_text(DOCUMENT)
    placed = place(DOCUMENT, text.index("graze"), text.index("grows"))
    assert [p.section_id for p in placed] == ["one", "two"]
    assert place(DOCUMENT, len("Fish graze [[p:a]]."), len("Fish graze [[p:a]].") + 2) == []
