"""Sentences taken out of a document, and what is left of it."""

from __future__ import annotations

import itertools
import random

import pytest

from autonomy.agents.cutting import NOTHING_LEFT, cut
from autonomy.core.markers import MARKER
from autonomy.core.types import Passage, Source
from autonomy.export.claims import citations_in_order
from autonomy.export.document import Document, Section
from autonomy.export.structure import check_structure

PASSAGES = {
    key: Passage(id=key, source_id=f"s{key}", text="Text.") for key in ("a", "b", "c", "d", "e")
}


def make(*markdown: str) -> Document:
    sections = tuple(
        Section(id=f"write-{n}", heading=f"Part {n}", markdown=text)
        for n, text in enumerate(markdown, start=1)
    )
    draft = Document(title="T", sections=sections)
    passages = [PASSAGES[i] for i in draft.cited_passage_ids()]
    sources = [Source(id=p.source_id, csl={"title": f"Work {p.id}"}) for p in passages]
    return draft.model_copy(update={"passages": tuple(passages), "sources": tuple(sources)})


def text(document: Document) -> str:
    return document.sections[0].markdown


@pytest.mark.parametrize(
    ("before", "bad", "after"),
    [
        (
            "Cover fell by half [[p:a]]. Fish came back [[p:b]]. Storms were rare [[p:c]].",
            [2],
            "Cover fell by half [[p:a]]. Storms were rare [[p:c]].",
        ),
        (
            "Cover fell by half. [[p:a]] Fish came back. [[p:b]]",
            [1],
            "Fish came back. [[p:b]]",
        ),
        (
            "[[n:a]] show that cover fell. This is grave. However, fish came back [[p:b]].",
            [1],
            "Fish came back [[p:b]].",
        ),
        (
            "Cover fell by half [[p:a]][[p:b]]. Fish came back [[p:c]].",
            [1],
            "Cover fell by half [[p:b]]. Fish came back [[p:c]].",
        ),
        (
            "Cover fell in the north [[p:a]], while it rose in the far south [[p:b]]. So it is.",
            [2],
            "So it is.",
        ),
        (
            "One paragraph stands [[p:a]].\n\nAnother one falls [[p:b]].\n\nA third stands [[p:c]].",
            [2],
            "One paragraph stands [[p:a]].\n\nA third stands [[p:c]].",
        ),
        (
            "- the first item is sound [[p:a]]\n- the second one is not [[p:b]]\n- the third is [[p:c]]",
            [2],
            "- the first item is sound [[p:a]]\n- the third is [[p:c]]",
        ),
        (
            "| Source | Claim |\n|---|---|\n| One | fell [[p:a]] |\n| Two | rose [[p:b]] |",
            [2],
            "| Source | Claim |\n|---|---|\n| One | fell [[p:a]] |",
        ),
        ("| Source | Claim |\n|---|---|\n| One | fell [[p:a]] |", [1], NOTHING_LEFT),
        (
            "> Cover fell by half [[p:a]].\n> Fish came back [[p:b]].",
            [1],
            "> Fish came back [[p:b]].",
        ),
        (
            "## On cover [[p:a]]\n\nFish came back [[p:b]].",
            [1],
            "## On cover\n\nFish came back [[p:b]].",
        ),
        ("Everything here is wrong [[p:a]].", [1], NOTHING_LEFT),
    ],
)
def test_a_claim_goes_and_what_is_left_reads_on(before: str, bad: list[int], after: str) -> None:
    made = cut(make(before), dict.fromkeys(bad, "because"))

    assert text(made.document) == after


def test_what_was_cut_is_told_with_the_reason() -> None:
    made = cut(make("[[n:a]] say that cover fell. It is so.", "Fish came [[p:b]]."), {1: "no 40"})

    assert made.removals[0] == ("Part 1", "the authors say that cover fell.", "no 40")
    assert [r.text for r in made.removals[1:]] == ["It is so."]
    assert made.document.sections[1].markdown == "Fish came [[p:b]]."


def test_nothing_is_held_that_is_no_longer_cited() -> None:
    made = cut(make("Cover fell [[p:a]]. Fish came back [[p:b]]."), {1: "because"})

    assert [p.id for p in made.document.passages] == ["b"]
    assert [s.id for s in made.document.sources] == ["sb"]


def test_a_marker_inside_code_leaves_its_section_alone() -> None:
    before = "Code:\n\n```\n[[p:a]]\n```\n\nFish came back to all reefs [[p:b]]."

    made = cut(make(before), {1: "because"})

    assert text(made.document) == before


def test_whatever_is_cut_leaves_a_sound_document() -> None:
    chance = random.Random(11)
    shapes = (
        "Reefs lost {0} plots in the north [[p:{1}]].",
        "[[n:{1}]] found {0} plots at the coast.",
        "This mattered to {0} people there.",
        "However, {0} plots came back again [[p:{1}]][[p:{2}]].",
        "Plots fell by {0} in spring [[p:{1}]], and rose by {0} in autumn [[p:{2}]].",
        "\n\n- item {0} of the list [[p:{1}]]\n- item {0} without any\n\n",
        "\n\n| A | B |\n|---|---|\n| {0} | x [[p:{1}]] |\n| {0} | y [[p:{2}]] |\n\n",
        "It was so in {0} cases, e.g. in the south [[p:{1}]].",
    )
    for _ in range(150):
        body = " ".join(
            chance.choice(shapes).format(chance.randint(10, 99), *chance.choices("abcde", k=2))
            for _ in range(chance.randint(1, 9))
        )
        document = make(body, "The end stands on this [[p:e]].")
        claims = citations_in_order(document)
        bad = {c.marker: "why" for c in claims if chance.random() < 0.4}

        made = cut(document, bad)

        assert check_structure(made.document) == [], body
        left = [
            m["id"]
            for m in itertools.chain.from_iterable(
                MARKER.finditer(s.markdown) for s in made.document.sections
            )
        ]
        kept = [c.passage_id for c in claims if c.marker not in bad]
        assert len(left) <= len(kept), (body, bad)
        assert [c.passage_id for c in citations_in_order(made.document)] == left
        assert all(s.markdown.strip() for s in made.document.sections)
        assert " ." not in text(made.document)
