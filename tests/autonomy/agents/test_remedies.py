"""One remedy for each kind of flagged passage, with a reason; and what a model may not do."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy.agents.amending import Draft, Mended, by_rule
from autonomy.agents.remedies import Choice, Found, choose
from autonomy.agents.rephrasing import loss, with_markers, with_tokens
from autonomy.agents.units import units_of
from autonomy.core.originality import FlaggedPassage, MatchGroup, MatchKind, Remedy
from autonomy.core.types import Passage, Source

ID = "0f0f0f0f-0000-4000-8000-000000000001"
LONG = (
    "We photographed forty fixed plots of coral reef every spring and counted living colonies on each "
    "photograph, which took two observers a whole day on each of the reefs that we had chosen along the "
    "coast of Marra for the survey, in calm weather and at low tide as far as the season let us."
)
SHORT = "Living coral cover fell from 48.2 per cent to 33.1 per cent over the decade."
PASSAGE = Passage(id=ID, source_id="reefs", text=f"{SHORT} {LONG}", page=4)
SOURCE = Source(
    id="reefs", csl={"title": "Ten years on the reefs", "author": [{"family": "Okoye"}]}
)


def found(markdown: str, words: str, passage: Passage | None = PASSAGE, **more: Any) -> Found:
    start = markdown.index(words)
    flag = FlaggedPassage(
        section_id="s",
        text=words,
        start=start,
        end=start + len(words),
        group=more.pop("group", MatchGroup.NOT_CITED_OR_QUOTED),
        told_by=more.pop("told_by", "report"),
        kind=more.pop("kind", None),
    )
    (unit,) = units_of("s", markdown, [flag])
    return Found(unit, "Fish", passage, SOURCE if passage else None, **more)


CASES: list[tuple[str, Found, bool, Remedy]] = [
    ("copied and bare", found(SHORT, SHORT), False, Remedy.QUOTE),
    ("copied, cited", found(f"{SHORT[:-1]} [[p:{ID}]].", SHORT[:-1]), False, Remedy.QUOTE),
    (
        "copied at length, cited",
        found(f"{LONG[:-1]} [[p:{ID}]].", LONG[:-1]),
        False,
        Remedy.REPHRASE,
    ),
    ("copied at length, bare", found(LONG, LONG), False, Remedy.REPHRASE),
    ("quoted, uncited", found(f"They say: “{SHORT}”", SHORT), False, Remedy.CITE),
    (
        "quoted and cited",
        found(f"They say: “{SHORT[:-1]}” [[p:{ID}]].", SHORT[:-1]),
        False,
        Remedy.KEEP,
    ),
    (
        "quoted and cited, and a figure wants less",
        found(f"They say: “{SHORT[:-1]}” [[p:{ID}]].", SHORT[:-1]),
        True,
        Remedy.REPHRASE,
    ),
    (
        "quoted and cited, and a checker marked it",
        found(f"They say: “{SHORT[:-1]}” [[p:{ID}]].", SHORT[:-1], told_by="checker"),
        False,
        Remedy.REPHRASE,
    ),
    (
        "a long quotation, which is no fault",
        found(f"They say: “{LONG[:-1]}” [[p:{ID}]].", LONG[:-1]),
        False,
        Remedy.KEEP,
    ),
    (
        "a paraphrase without a source",
        found(
            "Corals became rarer within ten years.",
            "Corals became rarer",
            kind=MatchKind.PARAPHRASE,
        ),
        False,
        Remedy.CITE,
    ),
    ("from nobody's source", found(SHORT, SHORT, None), False, Remedy.CUT),
    ("quoted from nobody's source", found(f"They say: “{SHORT}”", SHORT, None), False, Remedy.CUT),
    (
        "from an earlier document of the person",
        found(SHORT, SHORT, None, own_earlier="Reefs, 2024"),
        False,
        Remedy.KEEP,
    ),
    (
        "quoted from nobody's source, in an earlier document of the person",
        found(f"They say: “{SHORT}”", SHORT, None, own_earlier="Reefs, 2024"),
        False,
        Remedy.KEEP,
    ),
    ("a few words", found("Fish graze there.", "Fish graze there"), False, Remedy.KEEP),
]


@pytest.mark.parametrize(
    ("one", "shorter", "remedy"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_kind_of_passage_gets_the_remedy_that_it_wants(
    one: Found, shorter: bool, remedy: Remedy
) -> None:
    choice = choose(one, target=10.0 if shorter else None)
    assert choice.remedy is remedy
    assert choice.reason.endswith(".")


@pytest.mark.parametrize("one", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_by_rule_no_citation_and_no_quotation_mark_is_ever_taken_away(one: Found) -> None:
    choice = choose(one, target=10.0)
    mended = by_rule(one, choice, "no language model took part")
    assert mended.reason
    if mended.remedy is Remedy.CUT:
        return
    assert set(one.unit.markers) <= set(
        Found(units_of("s", mended.text, [whole(mended.text)])[0], "").unit.markers
    )
    if one.quoted:
        assert mended.text.count("“") >= one.unit.text.count("“")


def whole(text: str) -> FlaggedPassage:
    return FlaggedPassage(
        section_id="s", text=text, start=0, end=len(text), group=MatchGroup.MISSING_CITATION
    )


def test_a_cut_leaves_a_section_that_can_be_read() -> None:
    markdown = (
        f"They look at reefs. {SHORT} They also note: “Fish graze” [[p:{ID}]].\n\nMore follows."
    )
    draft = Draft("s", "Fish", markdown)
    assert draft.apply(found(markdown, SHORT), Mended("", Remedy.CUT, "Nobody has it."))
    assert draft.markdown == (
        f"They look at reefs. In the words of [[n:{ID}]]: “Fish graze”.\n\nMore follows."
    )
    only = Draft("s", "Fish", SHORT)
    assert not only.apply(found(SHORT, SHORT), Mended("", Remedy.CUT, "Nobody has it."))
    assert only.markdown == SHORT


# ------------------------------------------------------------------------------ what a model says

BEFORE = f"Living coral cover fell from 48.2 per cent to 33.1 per cent over the decade [[p:{ID}]]."


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (
            f"In the course of that decade the share of living coral went down from 48.2 per cent to 33.1 per cent [[p:{ID}]].",
            "",
        ),
        (
            f"In the course of that decade the share of living coral went down from 48.2 per cent to 31 per cent [[p:{ID}]].",
            "it adds",
        ),
        (
            f"In the course of that decade there was much less living coral than at the beginning, at 33.1 per cent [[p:{ID}]].",
            "it loses",
        ),
        (
            f"In the course of that decade the share of living coral did not go down from 48.2 per cent to 33.1 per cent [[p:{ID}]].",
            "it may turn",
        ),
        (
            f"Living coral coverage dropped from 48.2 per cent to 33.1 per cent over the decade [[p:{ID}]].",
            "exchanged",
        ),
        (
            f"A drop from 48.2 per cent to 33.1 per cent is what “the whole survey of reefs found” for that decade [[p:{ID}]].",
            "quotes",
        ),
        (f"Less [[p:{ID}]].", "length"),
    ],
)
def test_a_wording_that_loses_turns_or_only_disguises_is_refused(after: str, why: str) -> None:
    said = loss(BEFORE, after, [PASSAGE])
    assert why in said
    assert bool(why) == bool(said)


def test_a_citation_that_a_model_drops_doubles_or_invents_is_noticed() -> None:
    text, tokens = with_tokens("[[n:a1]] find it [[p:b2]].")
    assert text == "{n1} find it {p2}."
    assert with_markers("As {n1} show, it is found {p2}.", tokens) == (
        "As [[n:a1]] show, it is found [[p:b2]]."
    )
    for wrong in (
        "It is found {p2}.",
        "{n1} {n1} find it {p2}.",
        "{n1} find it {p3}.",
        "{n1} find it {p2} [[p:c3]].",
    ):
        assert with_markers(wrong, tokens) is None


def test_why_no_model_was_used_is_part_of_the_reason() -> None:
    one = found(f"{LONG[:-1]} [[p:{ID}]].", LONG[:-1])
    mended = by_rule(one, Choice(Remedy.REPHRASE, "…"), "the model lost a citation")
    assert mended.remedy is Remedy.QUOTE
    assert "the model lost a citation" in mended.reason


def test_a_sentence_that_was_mended_and_then_leaned_on_a_cut_one_is_one_change() -> None:
    """From the draft's own wording to what stands there, however often it was touched."""
    first = "Lanterns hung over every harbour gate."
    second = f"They say: “{SHORT[:-1]}”."
    markdown = f"{first} {second} Fish graze [[p:{ID}]]."
    draft = Draft("s", "Fish", markdown)
    behind = found(markdown, SHORT[:-1])
    draft.apply(behind, by_rule(behind, choose(behind, target=None)))
    cut = found(markdown, first, None)
    assert draft.apply(cut, by_rule(cut, choose(cut, target=None)))

    text = markdown
    for change in reversed(draft.changes):
        assert text.count(change.before) == 1
        text = text.replace(change.before, change.after)
    assert text.split() == draft.markdown.split()
    assert [(c.before, c.remedy) for c in draft.changes] == [
        (second, Remedy.CITE),
        (first, Remedy.CUT),
    ]
    assert draft.changes[0].after.startswith(f"In the words of [[n:{ID}]]: “")
    assert "what stood before it is cut" in draft.changes[0].reason
