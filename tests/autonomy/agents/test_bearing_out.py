"""A remedy puts no citation where the critic would find that the passage does not bear it out."""

from __future__ import annotations

import pytest

from autonomy.agents.amending import by_rule
from autonomy.agents.bearing_out import against_it
from autonomy.agents.remedies import choose
from autonomy.core.originality import MatchKind, Remedy
from autonomy.export.document import MARKER
from tests.autonomy.agents.test_remedies import ID, PASSAGE, SHORT, SOURCE, found

SCOPE = "This document examines living coral cover and the surveys of coral reefs."
NEAR = "Seaweed harvests paid for the wardens who watched forty plots of coral."


@pytest.mark.parametrize("told_by", ["engine", "report"])
def test_what_only_says_what_the_document_does_names_no_source(told_by: str) -> None:
    kind = MatchKind.PARAPHRASE if told_by == "engine" else None
    one = found(SCOPE, SCOPE[:-1], told_by=told_by, kind=kind)
    mended = by_rule(one, choose(one, target=10.0))

    assert (mended.remedy, mended.text) == (Remedy.KEEP, SCOPE)
    assert "no source to name" in mended.reason


def test_a_hint_at_a_source_that_does_not_say_so_is_no_reason_to_cite_it() -> None:
    one = found(NEAR, NEAR[:-1], kind=MatchKind.PARAPHRASE, told_by="engine")
    choice = choose(one, target=None)
    mended = by_rule(one, choice)

    assert choice.remedy is Remedy.CITE
    assert (mended.remedy, mended.text) == (Remedy.KEEP, NEAR)
    assert "“Ten years on the reefs”" in mended.reason
    assert "content words" in mended.reason
    assert by_rule(one, choice, judged=True).remedy is Remedy.CITE, "a model will say"


def test_no_model_is_asked_about_a_figure_that_the_passage_does_not_have() -> None:
    text = f"By 2031 living coral cover may have fallen from 48.2 to 12 per cent [[p:{ID}]]."
    assert "2031" in against_it(text, PASSAGE, SOURCE, judged=True)
    assert against_it(f"{SHORT[:-1]} [[p:{ID}]].", PASSAGE, SOURCE, judged=False) == ""


def test_of_several_sentences_the_one_that_is_quoted_cites() -> None:
    markdown = f"{SHORT} Nobody knows yet whether that goes on for good."
    one = found(markdown, markdown[:-1])
    mended = by_rule(one, choose(one, target=None))

    assert mended.remedy is Remedy.QUOTE
    quoted, rest = mended.text.split(" Nobody")
    assert MARKER.search(quoted)
    assert not MARKER.search(rest)
