"""A text that is left out of a comparison hides nothing: its words are matched against the rest."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from autonomy.core.originality import MatchGroup
from autonomy.tools.similarity import SimilaritySettings, compare, recounted
from tests.autonomy.tools.similarity.test_compare import OWN, RIVER, SECOND, THIRD, text

DRAFT = f"{OWN} {RIVER} {OWN}"
COPIED = len(RIVER.split())
OTHER = "Another page on rivers begins like this, and then it goes its own way for a while."


def without(*ids: str, **more: object) -> SimilaritySettings:
    return SimilaritySettings(exclude_texts=frozenset(ids), **more)  # type: ignore[arg-type]


def figures(draft: str, texts: list[object], settings: SimilaritySettings) -> dict[str, int]:
    found = compare(draft, texts, settings)  # type: ignore[arg-type]
    return {each.text_id: each.words for each in found.texts if each.words}


@pytest.mark.parametrize("changed", [False, True])
def test_leaving_out_one_of_two_copies_does_not_hide_the_copying(changed: bool) -> None:
    """Whether both are the same letter for letter, or one stands among other words."""
    copy = text(f"{OTHER} {RIVER} {OTHER}" if changed else RIVER, "b")
    texts = [text(), copy]
    assert figures(DRAFT, texts, without()) == {"a": COPIED}
    assert figures(DRAFT, texts, without("a")) == {"b": COPIED}
    assert figures(DRAFT, texts, without("b")) == {"a": COPIED}
    both = compare(DRAFT, texts, without("a", "b"))
    assert (both.percent, both.excluded_words) == (0, {"text": COPIED})


def test_the_percentage_is_the_same_as_if_the_text_had_never_been_compared() -> None:
    copy = text(f"{OTHER} {RIVER}", "b")
    left_out = compare(DRAFT, [text(), copy], without("a"))
    never = compare(DRAFT, [copy])
    assert left_out.percent == never.percent > 0
    (match,), (alone,) = left_out.matches, never.matches
    assert (match.start, match.end, match.text_start, match.text_end) == (
        alone.start,
        alone.end,
        alone.text_start,
        alone.text_end,
    )


def test_of_words_that_the_next_text_has_in_part_only_those_are_counted() -> None:
    texts = [text(), text(f"{OTHER} {SECOND} {OTHER}", "b"), text(f"{OTHER} {THIRD}", "c")]
    assert figures(DRAFT, texts, without()) == {"a": COPIED}
    found = compare(DRAFT, texts, without("a"))
    words = {each.text_id: each.words for each in found.texts if each.words}
    assert words == {"b": len(SECOND.split()), "c": len(THIRD.split())}
    assert found.excluded_words["text"] == COPIED - sum(words.values())
    starts = [match.start for match in found.matches]
    assert starts == sorted(starts)
    assert all(a.end <= b.start for a, b in pairwise(found.matches))


def test_a_match_that_another_text_cut_in_two_is_one_again() -> None:
    shorter = text(f"{OTHER} {SECOND} {THIRD}", "b")
    longer = text(f"{RIVER.removesuffix(THIRD).rstrip()} {OTHER}", "a")
    found = compare(DRAFT, [longer, shorter], without("a"))
    (match,) = [each for each in found.matches if not each.excluded]
    assert (match.text_id, match.words) == ("b", len(f"{SECOND} {THIRD}".split()))


def test_texts_are_left_out_one_after_the_other() -> None:
    texts = [text(f"{RIVER} {OTHER} {n}", n) for n in "abcde"]
    for many in range(5):
        assert figures(DRAFT, texts, without(*"abcde"[:many])) == {"abcde"[many]: COPIED}
    assert figures(DRAFT, texts, without(*"abcde")) == {}


def test_words_quoted_and_cited_properly_stay_out_whichever_text_they_are_matched_with() -> None:
    draft = f"{OWN} “{SECOND}” [[p:a]] {OWN}"
    found = compare(draft, [text(), text(f"{OTHER} {SECOND}", "b")], without("a"))
    assert found.percent == 0
    assert {match.group for match in found.matches} == {MatchGroup.CITED_AND_QUOTED}
    assert set(found.excluded_words) == {"quoted_and_cited"}


def test_what_was_found_can_be_counted_without_one_text_and_with_it_again() -> None:
    kept = compare(DRAFT, [text(), text(f"{OTHER} {RIVER}", "b")])
    again = type(kept).model_validate(kept.model_dump(mode="json"))
    assert recounted(again, without("a")).percent == recounted(again, without()).percent
    assert [(each.text_id, each.number) for each in kept.texts] == [("a", 1)]
    left_out = recounted(again, without("a"))
    assert {e.text_id: (e.number, e.words) for e in left_out.texts} == {
        "a": (1, 0),
        "b": (2, COPIED),
    }


def test_whatever_is_left_out_the_rest_is_counted_about_as_if_it_were_alone() -> None:
    draw = random.Random(5)
    words = [f"word{n}" for n in range(400)]
    drafts = " ".join(words)
    texts = []
    for name in "abcdef":
        parts = []
        for _ in range(4):
            start = draw.randrange(380)
            parts.append(" ".join(words[start : start + draw.randrange(8, 60)]))
        texts.append(text(f" {OTHER} ".join(parts), name))
    everything = compare(drafts, texts)
    for _ in range(40):
        out = frozenset(draw.sample("abcdef", draw.randrange(1, 6)))
        found = recounted(everything, without(*out))
        alone = compare(drafts, [each for each in texts if each.id not in out])
        counted = [match for match in found.matches if not match.excluded]
        assert not out & {match.text_id for match in counted}
        assert all(a.end <= b.start for a, b in pairwise(counted))
        assert found.matched_words <= everything.matched_words
        # Pieces of fewer than five words beside a longer match are nobody's in either count.
        assert 0.9 <= found.matched_words / alone.matched_words <= 1.05
