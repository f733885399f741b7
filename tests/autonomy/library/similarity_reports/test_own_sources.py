from __future__ import annotations

import pytest

from autonomy.core.originality import FlaggedPassage, MatchGroup
from autonomy.core.types import Passage, Source
from autonomy.export.document import Document, Section
from autonomy.library.similarity_reports.own_sources import named_source, with_own_sources

SOURCES = {
    "a": {"title": "On the Lamps of Northern Quays", "DOI": "10.5555/lamps.2011.17"},
    "b": {"title": "Introduction", "URL": "https://saltmarsh.example/papers/gulls-by-night"},
    "c": {"title": "On the Lamps of Northern Quays, revisited"},
}


@pytest.mark.parametrize(
    ("reported", "source"),
    [
        ("Tarvik, A. “On the lamps of northern quays”, Coast Letters, 2011", "a"),
        ("doi.org/10.5555/lamps.2011.17", "a"),
        ("https://saltmarsh.example/papers/gulls-by-night?page=2", "b"),
        ("Introduction", ""),
        ("Submitted to University of Westmark", ""),
        ("On the lamps of northern quays, revisited", ""),
        ("", ""),
    ],
)
def test_a_source_is_named_only_where_one_alone_fits(reported: str, source: str) -> None:
    assert named_source(reported, SOURCES) == source


def test_a_passage_that_cites_one_source_is_like_that_one_unless_the_report_names_another() -> None:
    document = Document(
        title="T",
        sections=(Section(id="s", heading="H", markdown="x"),),
        sources=tuple(Source(id=key, csl=csl) for key, csl in SOURCES.items()),
        passages=(
            Passage(id="p1", source_id="b", text="t", page=1, ordinal=0),
            Passage(id="p2", source_id="c", text="t", page=1, ordinal=1),
        ),
    )

    def flagged(text: str, title: str = "") -> FlaggedPassage:
        return FlaggedPassage(
            section_id="s",
            text=text,
            start=0,
            end=1,
            source_title=title,
            group=MatchGroup.MISSING_CITATION,
        )

    told = with_own_sources(
        [
            flagged("Said so [[p:p1]]."),
            flagged("Said so [[p:p1]].", "10.5555/lamps.2011.17"),
            flagged("Said so [[p:p1]] and so [[p:p2]]."),
            flagged("Said so."),
        ],
        document,
    )
    assert [one.source_id for one in told] == ["b", "a", "", ""]
