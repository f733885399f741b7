from __future__ import annotations

import dataclasses

import pytest

from autonomy.core.types import Passage, Source
from autonomy.tools.evidence import (
    AllocateInput,
    evidence_tools,
    says_something,
    share_out,
    speaks_to,
)
from tests.autonomy.agents.world import MemoryLibrary
from tests.autonomy.tools.test_registry import call_of


class Nearness:
    """A library that knows only how near its nearest passage is."""

    def __init__(self, cosine: float) -> None:
        self._cosine = cosine

    async def relevance(self, query: str, *, source_ids: object = ()) -> float:
        return self._cosine


PASSAGE = Passage(
    id="p", source_id="s", text="The agent expands a retrieval query in the next practice round."
)


@pytest.mark.parametrize(
    ("topic", "cosine", "speaks"),
    [
        ("retrieval agents and queries", 0.1, True),  # most of its words in one passage
        ("retrieval agents for nurses and midwives", 0.45, True),  # some words, and near
        ("retrieval agents for nurses and midwives", 0.2, False),  # some words, and far
        ("distributed practice and spaced retrieval in higher education", 0.49, False),
        ("finding papers by computer", 0.65, True),  # other words for the same thing
    ],
)
async def test_sources_speak_to_a_topic_by_its_words_by_meaning_or_by_some_of_both(
    topic: str, cosine: float, speaks: bool
) -> None:
    assert await speaks_to(Nearness(cosine), topic, [PASSAGE], ()) is speaks  # type: ignore[arg-type]


def test_a_section_that_would_be_empty_gets_what_fits_it_nearly_as_well() -> None:
    fits = {f"p{n}": {"1": 1.5 + n / 100, "2": 1.2 + n / 100, "3": 1.1} for n in range(6)}

    shares = share_out(["1", "2", "3"], fits)

    assert sorted(len(share) for share in shares.values()) == [2, 2, 2]
    assert sorted(p for share in shares.values() for p in share) == sorted(fits)
    # What fits the first best by most stays with it.
    assert shares["3"] == ["p0", "p1"]


def test_a_passage_stays_where_it_belongs_rather_than_fill_a_section_it_does_not_fit() -> None:
    fits = {f"p{n}": {"1": 1.5, "2": 0.4} for n in range(4)}

    shares = share_out(["1", "2"], fits)

    assert len(shares["1"]) == 4
    assert shares["2"] == []


def test_a_section_with_two_passages_gives_none_away_for_a_second_elsewhere() -> None:
    fits = {"a": {"1": 1.0, "2": 0.9}, "b": {"1": 1.0, "2": 0.9}, "c": {"2": 1.0}}

    shares = share_out(["1", "2"], fits)

    assert shares == {"1": ["a", "b"], "2": ["c"]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Cycle lanes and road injuries: lessons from Eskdale\n\nAbara and Dube (2012)", False),
        ("Street trees: evidence from Arlen\n\nWe measured it for three years.", True),
        ("place | cases\nArlen | 12", True),
        ("Methods\n\nsampling at random; " + "two visits a year; " * 12, True),
        ("我们在阿伦测量了三年的地表温度，并与没有树木的街道进行了比较。", True),
    ],
)
def test_a_title_with_its_authors_is_no_evidence(text: str, says: bool) -> None:
    assert says_something(Passage(id="p", source_id="s", text=text)) is says


async def test_titles_are_shared_out_to_nobody_while_there_is_something_to_cite() -> None:
    says = "Trees lowered the temperature of streets by three degrees in every summer."
    title = Passage(id="t", source_id="s", text="Street trees: findings\n\nAbara and Dube (2012)")
    told = [Passage(id=f"p{n}", source_id="s", text=f"{says} Findings {n}.") for n in range(4)]
    source = Source(id="s", file_name="trees.md", csl={"title": "Street trees"})

    async def shares(*passages: Passage) -> set[str]:
        hits = [{"passage_id": p.id, "score": 0.5, "source_id": "s"} for p in passages]
        context = dataclasses.replace(
            call_of("k"),
            library=MemoryLibrary((source, list(passages))),
            results={f"search-{number}": {"hits": hits} for number in "12"},
        )
        (tool,) = evidence_tools()
        queries = {"1": ["street trees findings"], "2": ["street trees temperature"]}
        out = await tool.run(context, AllocateInput(sections=queries))
        return {pid for share in out.sections.values() for pid in share}

    assert await shares(title, *told) == {p.id for p in told}
    assert await shares(title) == {"t"}, "rather than nothing"
