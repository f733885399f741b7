from __future__ import annotations

from autonomy.core.types import Passage, Source
from autonomy.export.comparison import SectionChange, compare
from autonomy.export.document import Document, Section

LEE = Source(
    id="lee",
    csl={"author": [{"family": "Lee"}], "issued": {"date-parts": [[2020]]}, "title": "Reefs"},
)
FISH = Source(id="fish", csl={"title": "Fisheries"})
PASSAGES = (
    Passage(id="a-1", source_id="lee", text="…", page=4),
    Passage(id="b-1", source_id="fish", text="…"),
)


def document(*sections: tuple[str, str, str], **fields: object) -> Document:
    made = tuple(Section(id=i, heading=h, markdown=m) for i, h, m in sections)
    values: dict[str, object] = {"title": "Reefs", "sources": (LEE,), "passages": PASSAGES[:1]}
    return Document(sections=made, **{**values, **fields})  # type: ignore[arg-type]


OLD = document(
    ("write-1", "Causes", "Warm water bleached it [[p:a-1]]."),
    ("write-2", "Fish", "Fish left."),
    ("write-3", "Limits", "Little is known."),
)


def test_the_same_document_has_no_changes() -> None:
    found = compare(OLD, OLD)
    assert {s.change for s in found.sections} == {SectionChange.SAME}
    assert (found.words_added, found.words_removed, found.title) == (0, 0, ())
    assert not any(s.moved for s in found.sections)


def test_sections_are_found_again_whatever_they_are_numbered() -> None:
    new = document(
        ("write-1", "Fish", "Fish left early."),
        ("write-2", "Causes", "Warm water bleached it [[p:a-1]]."),
        ("write-4", "Outlook", "Nobody knows."),
    )
    found = compare(OLD, new)
    said = [(s.heading, s.change.value, s.moved) for s in found.sections]
    assert said == [
        ("Fish", "changed", True),
        ("Causes", "same", False),
        ("Outlook", "added", False),
        ("Limits", "removed", False),
    ]
    assert (found.words_added, found.words_removed) == (1 + 2, 3)


def test_a_section_that_is_called_otherwise_says_what_it_was() -> None:
    new = document(("write-2", "Fisheries", "Fish left."))
    (renamed, *_) = [s for s in compare(OLD, new).sections if s.heading == "Fisheries"]
    assert (renamed.before_heading, renamed.change) == ("Fish", SectionChange.CHANGED)


def test_citations_are_compared_as_a_reader_sees_them() -> None:
    new = document(
        ("write-1", "Causes", "Warm water bleached it [[p:b-1]]."),
        style="apa",
        sources=(FISH,),
        passages=PASSAGES[1:],
    )
    found = compare(OLD, new)
    changed = [(p.op.value, p.text) for p in found.sections[0].parts if p.op != "equal"]
    assert changed == [("delete", "Lee 2020, p. 4"), ("insert", "Fisheries")]
    assert (found.sources_added, found.sources_removed) == (("Fisheries",), ("Reefs",))
    assert (found.style_before, found.style_after) == ("harvard", "apa")
