"""What is found, how it is grouped, and what counts."""

from __future__ import annotations

import pytest

from autonomy.core.originality import ComparedKind, MatchGroup, MatchKind, Similarity
from autonomy.tools.similarity import ComparedText, SimilaritySettings, compare

RIVER = (
    "The river carries more sediment in spring, when snow melts in the hills above the valley and "
    "the small streams run full. In summer the water is clear and slow, and people who live along "
    "the banks use it for their gardens. Nobody has measured how much of the soil is lost in a "
    "single year, but old maps show that the bends have moved by several hundred metres."
)
FIRST, SECOND, THIRD = (f"{each}." for each in RIVER.rstrip(".").split(". "))
OWN = "What follows are words of my own, and there are quite enough of them to tell this apart."


def text(words: str = RIVER, name: str = "a", **fields: object) -> ComparedText:
    given = {"title": name.upper(), "kind": ComparedKind.RUN_SOURCE, "markers": frozenset({name})}
    return ComparedText(id=name, text=words, **given | fields)  # type: ignore[arg-type]


def groups(found: Similarity) -> set[MatchGroup]:
    return {match.group for match in found.matches}


def test_a_copied_sentence_is_found_with_its_places_in_both() -> None:
    draft = f"{OWN} {SECOND} {OWN}"
    (match,) = compare(draft, [text()]).matches
    assert match.kind is MatchKind.VERBATIM
    assert draft[match.start : match.end] == RIVER[match.text_start : match.text_end]
    assert f"{draft[match.start : match.end]}." == SECOND


def test_a_lightly_edited_sentence_is_one_match() -> None:
    edited = (
        "In summer the water is mostly clear and slow; the people who live along the river banks "
        "use it for small gardens."
    )
    (match,) = compare(f"{OWN} {edited} {OWN}", [text()]).matches
    assert match.kind is MatchKind.LIGHT
    assert 0.6 <= match.score < 1


@pytest.mark.parametrize(
    ("draft", "group"),
    [
        (SECOND, MatchGroup.NOT_CITED_OR_QUOTED),
        (f"{SECOND} [[p:a]]", MatchGroup.MISSING_QUOTATION),
        (f"“{SECOND}”", MatchGroup.MISSING_CITATION),
        (f"“{SECOND}” [[p:a]]", MatchGroup.CITED_AND_QUOTED),
        (f"As [[n:a]] puts it, “{SECOND}”", MatchGroup.CITED_AND_QUOTED),
        (f"The authors [[n:a]] say so:\n\n> {SECOND}", MatchGroup.CITED_AND_QUOTED),
        (f"> {SECOND}\n> {THIRD} [[p:a]]", MatchGroup.CITED_AND_QUOTED),
        (f"“{SECOND}” [[p:b]]", MatchGroup.MISSING_CITATION),
        (f"“{SECOND}” (Lee & Kim, 2020)", MatchGroup.CITED_AND_QUOTED),
        (f"Lee (2020) says ‘{SECOND}’", MatchGroup.CITED_AND_QUOTED),
        (f"„{SECOND}“ (Lee, 2021)", MatchGroup.MISSING_CITATION),
        (f"{SECOND} Something else is cited here [[p:a]].", MatchGroup.NOT_CITED_OR_QUOTED),
    ],
)
def test_a_match_is_grouped_by_quotation_marks_and_a_citation_to_that_very_text(
    draft: str, group: MatchGroup
) -> None:
    found = compare(f"{OWN} {OWN}\n\n{draft}", [text(names=("Lee",), year="2020")])
    assert groups(found) == {group}


def test_a_match_is_cut_where_a_quotation_ends() -> None:
    quoted = SECOND.replace("and people", "”, and people")
    found = compare(f"{OWN} “{quoted}", [text()])
    assert [match.group for match in found.matches] == [
        MatchGroup.MISSING_CITATION,
        MatchGroup.NOT_CITED_OR_QUOTED,
    ]
    assert found.matched_words == len(SECOND.split())


def test_percentages_are_of_the_counted_words() -> None:
    draft = f"# A heading\n\n{OWN} {FIRST}\n\n“{SECOND}” [[p:a]]"
    own, first, second = (len(each.split()) for each in (OWN, FIRST, SECOND))
    found = compare(draft, [text()])
    assert (found.matched_words, found.counted_words) == (first, own + first)
    assert found.excluded_words == {"quoted_and_cited": second}
    assert found.percent == round(100 * first / (own + first), 2)
    counted = compare(draft, [text()], SimilaritySettings(exclude_quoted_and_cited=False))
    assert counted.matched_words == first + second
    assert counted.groups == {
        MatchGroup.NOT_CITED_OR_QUOTED: first,
        MatchGroup.CITED_AND_QUOTED: second,
    }


@pytest.mark.parametrize(
    "heading", ["## References", "Literaturverzeichnis", "**Works cited**", "Sources", "Литература"]
)
def test_a_bibliography_is_left_out_unless_it_is_wanted(heading: str) -> None:
    draft = f"{OWN} {OWN}\n\n{heading}\n\n{FIRST}"
    found = compare(draft, [text()])
    assert found.percent == 0
    assert found.excluded_words["bibliography"] >= len(FIRST.split())
    assert compare(draft, [text()], SimilaritySettings(exclude_bibliography=False)).percent > 0


def test_what_several_texts_have_counts_once_for_the_longest() -> None:
    found = compare(f"{OWN} {RIVER}", [text(FIRST, "b"), text(), text(SECOND, "c")])
    assert [(each.text_id, each.words) for each in found.texts] == [("a", len(RIVER.split()))]
    assert found.matched_words == len(RIVER.split())


def test_of_texts_that_have_the_same_words_the_cited_one_is_named() -> None:
    one, other = f"One says: {SECOND}", f"Another says: {SECOND}"
    found = compare(f"{OWN} “{SECOND}” [[p:b]]", [text(one, "a"), text(other, "b")])
    assert [(match.text_id, match.group) for match in found.matches] == [
        ("b", MatchGroup.CITED_AND_QUOTED)
    ]


def test_a_quotation_is_cited_also_when_an_earlier_document_has_more_of_it() -> None:
    draft = f"As was often said in this town, “{SECOND}” [[p:a]]"
    earlier = text(f"As was often said in this town, “{SECOND}”", "old", markers=frozenset())
    quoted = [m for m in compare(draft, [text(), earlier]).matches if m.words > 10]
    assert [match.group for match in quoted] == [MatchGroup.CITED_AND_QUOTED]


def test_stock_phrases_and_what_many_texts_have_are_nobodys() -> None:
    stock = "On the other hand, the results of this study suggest that"
    found = compare(f"{OWN} {stock} rivers move.", [text(f"{stock} trees grow.")])
    assert found.percent == 0
    common = "every river finds its own way to the sea"
    many = [text(f"{name} holds that {common} at last", name) for name in "abcde"]
    assert compare(f"{OWN} I agree: {common}.", many).percent == 0
    assert compare(f"{OWN} I agree: {common}.", many[:2]).percent > 0


def test_a_source_that_is_there_many_times_is_no_common_phrase() -> None:
    found = compare(f"{OWN} {SECOND}", [text(name=f"copy {n}") for n in range(500)])
    assert found.matched_words == len(SECOND.split())
    assert len(found.texts) == len(found.matches) == 1


def test_small_matches_are_left_out_and_told() -> None:
    draft = f"{OWN} Here the valley and the small streams run full again."
    strict = compare(draft, [text()], SimilaritySettings(small_match_words=9))
    assert (strict.matched_words, strict.excluded_words) == (0, {"small_match": 8})
    assert compare(draft, [text()]).matched_words == 8


def test_nothing_is_like_nothing() -> None:
    assert compare("", [text()]).percent == 0
    assert compare(OWN, []).matches == ()
    assert compare(OWN, [text("")]).percent == 0
    assert compare("[[p:a]] — …", [text()]).counted_words == 0


def test_a_draft_that_is_its_source_is_all_of_it() -> None:
    found = compare(RIVER, [text()])
    assert found.percent == 100
    assert [match.kind for match in found.matches] == [MatchKind.VERBATIM]
