from __future__ import annotations

import random
import re

import pytest

from autonomy.core.originality import MatchGroup, ReportedPassage, ReportedSource
from autonomy.library.similarity_reports import locate, read_report
from tests.files.similarity_reports import enhanced
from tests.files.similarity_reports.classic import source_list
from tests.files.similarity_reports.prose import sentence

MARKER = "[[p:01890f6e-0000-7000-8000-000000000001]]"
FIRST = (
    f"Seagrass slows the water above it {MARKER}. The *first* meadows filled the flat bay before "
    "anyone had counted gulls there, and nobody kept a log of it.\n\n"
    f"> The lamps were lit at dusk and put out at dawn {MARKER}\n\n"
    'Somebody wrote that "storms are builders of dunes, slow and thorough" in a letter.'
)
SECOND = (
    "Harbours silt up when the river is tamed, as the well-known survey of the northern quays "
    f"showed {MARKER}. The same words twice. The same words twice."
)
SECTIONS = [("s1", FIRST), ("s2", SECOND)]


def one(text: str, group: MatchGroup | None = None) -> ReportedPassage:
    return ReportedPassage(text=text, source_number=7, group=group)


@pytest.mark.parametrize(
    ("seen", "section", "begins", "ends"),
    [
        ("The first meadows filled the flat bay before anyone", "s1", "The", "anyone"),
        ("The ﬁrst meadows ﬁlled the ﬂat bay before anyone", "s1", "The", "anyone"),
        ("The first mea-\ndows filled the flat\u00a0bay before", "s1", "The", "before"),
        ("The first mea dows fil led the fl at bay before any one had", "s1", "The", "had"),
        ("Thefirstmeadowsfilledtheflatbaybeforeanyone", "s1", "The", "anyone"),
        ("Seagrass slows the water above it (Marsh, 2019). The first meadows", "s1", "Sea", "ead"),
        ("“storms are builders of dunes, slow and thorough”", "s1", "", "thorough"),
        ("the well‑known survey of the northern quays", "s2", "the well", "quays"),
        ("the wellknown survey of the northern quays showed", "s2", "the well", "showed"),
        ("HARBOURS SILT UP WHEN THE RIVER IS TAMED", "s2", "Harbours", "tamed"),
    ],
)
def test_a_passage_is_found_however_the_report_prints_it(
    seen: str, section: str, begins: str, ends: str
) -> None:
    (found,) = locate([one(seen)], SECTIONS).found
    assert found.section_id == section
    assert found.text == dict(SECTIONS)[section][found.start : found.end]
    bare = re.sub(r"[*>\"\s]|\[\[.*?\]\]", "", found.text)
    assert begins.replace(" ", "") in bare
    assert ends in bare
    assert found.told_by == "report"


def test_markers_inside_a_passage_are_part_of_it() -> None:
    (found,) = locate([one("slows the water above it. The first meadows filled")], SECTIONS).found
    assert MARKER in found.text


def test_what_stands_twice_is_taken_in_the_order_of_the_report() -> None:
    same = one("The same words twice.")
    first, second = locate([same, same], SECTIONS).found
    assert first.end <= second.start


def test_a_passage_over_the_end_of_a_section_is_flagged_in_both() -> None:
    seen = "slow and thorough in a letter. Harbours silt up when the river is tamed"
    found = locate([one(seen)], SECTIONS)
    assert [f.section_id for f in found.found] == ["s1", "s2"]
    assert found.counts == (1, 1)


def test_what_is_not_there_comes_back_with_its_reason() -> None:
    passages = [
        one("Nothing of this kind was ever written in either section."),
        one("— …"),
        one("no log"),
    ]
    found = locate([*passages, one("The lamps were lit at dusk and put out at dawn")], SECTIONS)
    assert found.counts == (1, 4)
    assert [missing.passage for missing in found.missing] == passages
    assert [
        next(s for s in ("near enough", "no words", "too short") if s in missing.reason)
        for missing in found.missing
    ] == ["near enough", "no words", "too short"]


def test_the_group_is_the_report_s_and_else_told_by_the_draft() -> None:
    told, quoted, cited, bare = locate(
        [
            one("The lamps were lit at dusk and put out", MatchGroup.MISSING_CITATION),
            one("storms are builders of dunes, slow and thorough"),
            one("Harbours silt up when the river is tamed"),
            one("before anyone had counted gulls there"),
        ],
        SECTIONS,
    ).found
    assert told.group is MatchGroup.MISSING_CITATION
    assert quoted.group is MatchGroup.MISSING_CITATION
    assert cited.group is MatchGroup.MISSING_QUOTATION
    assert bare.group is MatchGroup.NOT_CITED_OR_QUOTED


def test_the_source_is_named_by_its_title() -> None:
    sources = [ReportedSource(number=7, title="Tides")]
    (found,) = locate([one("Harbours silt up when the river")], SECTIONS, sources).found
    assert found.source_title == "Tides"


def test_passages_that_a_report_shows_are_all_found_in_the_draft_that_it_shows() -> None:
    """From a drawn PDF back to the Markdown: hyphens, ligatures and page breaks on the way."""
    rng = random.Random(3)
    passages = enhanced.passage_list(61, 60, "en", 9)
    options = enhanced.Options(
        sources=source_list(61, 9), passages=passages, hyphens=True, ligatures=True
    )
    made = enhanced.make(options)
    report = read_report(made.data, made.name)
    sections = [
        (
            f"s{at}",
            "\n\n".join(
                f"{sentence(rng, 'en', 9)} *{p.text[:20]}*{p.text[20:-1]} {MARKER}. Then more."
                for p in passages[at : at + 6]
            ),
        )
        for at in range(0, 60, 6)
    ]
    found = locate(report.passages, sections, report.sources)
    assert found.counts == (60, 60)
    for at, (flagged, passage) in enumerate(zip(found.found, passages, strict=True)):
        assert flagged.section_id == f"s{at // 6 * 6}"
        plain = re.sub(r"\[\[.*?\]\]|\*", "", flagged.text)
        assert plain.rstrip(" .") == passage.text.rstrip(" .")
        assert flagged.source_title == report.sources[passage.source - 1].title
