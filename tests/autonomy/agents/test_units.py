from __future__ import annotations

from autonomy.agents.units import sentence_spans, units_of
from autonomy.core.originality import FlaggedPassage, MatchGroup

TEXT = (
    "Fish graze on reefs. Coral grows. [[p:a]] They spawn in May [[p:b]].\n\n"
    "| Work | Says |\n|:---|:---|\n| Lee | “Fish graze” [[p:c]] |\n\n"
    "- First item here.\n- Second item here."
)


def flag(words: str, told_by: str = "report") -> FlaggedPassage:
    start = TEXT.index(words)
    return FlaggedPassage(
        section_id="s",
        text=words,
        start=start,
        end=start + len(words),
        group=MatchGroup.NOT_CITED_OR_QUOTED,
        told_by=told_by,
    )


def texts(*flags: FlaggedPassage) -> list[str]:
    return [unit.text for unit in units_of("s", TEXT, flags)]


def test_markers_behind_a_stop_belong_to_the_sentence_before() -> None:
    found = [TEXT[start:end] for start, end, row in sentence_spans(TEXT) if not row]
    assert found == [
        "Fish graze on reefs.",
        "Coral grows. [[p:a]]",
        "They spawn in May [[p:b]].",
        "First item here.",
        "Second item here.",
    ]


def test_a_flag_is_the_whole_sentences_that_it_touches() -> None:
    assert texts(flag("graze on")) == ["Fish graze on reefs."]
    assert texts(flag("graze on reefs. Coral grows")) == [
        "Fish graze on reefs. Coral grows. [[p:a]]"
    ]
    # A word that a highlight spilled over into is no part of it.
    assert texts(flag("reefs. Coral grows")) == ["Coral grows. [[p:a]]"]


def test_flags_that_share_a_sentence_are_one_unit_and_a_checker_is_heard_first() -> None:
    (unit,) = units_of("s", TEXT, [flag("Fish graze", "engine"), flag("on reefs", "checker")])
    assert [f.told_by for f in unit.flags] == ["checker", "engine"]


def test_rows_items_and_paragraphs_are_each_for_themselves() -> None:
    found = units_of("s", TEXT, [flag(TEXT[TEXT.index("They") :])])
    assert [(u.text, u.row) for u in found if not u.row] == [
        ("They spawn in May [[p:b]].", False),
        ("First item here.", False),
        ("Second item here.", False),
    ]
    assert "| Lee | “Fish graze” [[p:c]] |" in [u.text for u in found if u.row]
