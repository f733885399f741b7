from __future__ import annotations

import pytest

from autonomy.tools.prose.inventory import inventory
from autonomy.tools.prose.marks import citations, quotations
from autonomy.tools.prose.meaning import LossKind, losses

GOOD = [
    (
        "In order to measure the recovery, 12 plots at Alder Bay were surveyed (Okafor, 2001).",
        "To measure the recovery, 12 plots at Alder Bay were surveyed (Okafor, 2001).",
    ),
    (
        "No significant difference was seen at Elm Haven (p = 0.12), and the effect may be small.",
        "We saw no significant difference at Elm Haven (p = 0.12); the effect may be small.",
    ),
    ("Two readers counted every scar.", "Every scar was counted by two readers."),
    ("The team did not find any scars in 2014.", "The team found no scars in 2014."),
    ("The survey was done in May 2014 by Berg.", "Berg did the survey in May 2014."),
    ("As he said, “the bay looked like a field”.", "He said “the bay looked like a field”."),
    ("珊瑚礁正在迅速消失。", "珊瑚礁正快速消失。"),
    ("تم قياس ١٢ موقعا في الخليج.", "قيس ١٢ موقعا في الخليج."),
]


@pytest.mark.parametrize(("before", "after"), GOOD)
def test_the_same_said_better_loses_nothing(before: str, after: str) -> None:
    assert losses(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("It fell by 3.5 % in 2014.", "It fell by 5 % in 2014.", LossKind.NUMBER),
        ("It weighs 5 mg.", "It weighs 5 g.", LossKind.NUMBER),
        ("Twelve plots were lost.", "Plots were lost.", LossKind.NUMBER),
        ("It began on 3 May 2014.", "It began on 4 May 2014.", LossKind.DATE),
        ("The bay near Elm Haven is deep.", "The bay near Alder Haven is deep.", LossKind.NAME),
        ("The bay is deep.", "The bay is deep, says Lindqvist.", LossKind.NAME),
        ("It is slow [12].", "It is slow.", LossKind.CITATION),
        ("It is slow.", "It is slow (Berg, 2010).", LossKind.CITATION),
        ("Berg (2010) says so.", "Berg (2011) says so.", LossKind.CITATION),
        ("He said “it is a field”.", "He said “it was a field”.", LossKind.QUOTATION),
        ("The sample was not large.", "The sample was large.", LossKind.NEGATION),
        ("The reef died.", "The reef did not die.", LossKind.NEGATION),
        (
            "The reef did not die and the fish left.",
            "The reef died and the fish did not leave.",
            LossKind.NEGATION,
        ),
        ("The effect may be small.", "The effect is small.", LossKind.CERTAINTY),
        ("Plots should be counted.", "Plots are counted.", LossKind.CERTAINTY),
        ("The plots recovered.", "All plots clearly recovered.", LossKind.CERTAINTY),
        ("Cover increased fast.", "Cover decreased fast.", LossKind.DIRECTION),
        ("The plots were mapped with a drone.", "Yes.", LossKind.OTHER),
        ("The plots were mapped.", "The plots were mapped. " * 4, LossKind.LENGTH),
        ("It is at https://a.example/x now.", "It is at https://b.example/x now.", LossKind.NUMBER),
        ("The reef died.", "The reef <b>died</b>.", LossKind.OTHER),
    ],
)
def test_what_would_be_lost_added_or_turned_round_is_named(
    before: str, after: str, kind: LossKind
) -> None:
    found = losses(before, after)
    assert kind in {one.kind for one in found}
    assert all(one.message for one in found)


def test_what_is_held_has_to_stand_there_in_its_order() -> None:
    assert losses("a (1) b [2]", "b (1) a [2]", held=["(1)", "[2]"]) == []
    assert losses("a x b y", "a y b x", held=["x", "y"])[0].kind is LossKind.HELD


def test_citations_are_read_in_every_form() -> None:
    text = (
        "As (Smith, 2020; Lee et al., 2019a, 2019b, p. 4) and Berg and Novak (2008, p. 3) and "
        "[3, 5–7] and [@doe99] (p. 9) in May (2014) said (see Table 2), Tanaka’s (2003) view holds."
    )
    found = citations(text)
    assert [c.text for c in found] == [
        "(Smith, 2020; Lee et al., 2019a, 2019b, p. 4)",
        "Berg and Novak (2008, p. 3)",
        "[3, 5–7]",
        "[@doe99]",
        "(p. 9)",
        "Tanaka’s (2003)",
    ]
    assert found[0].keys == (("Smith", "2020"), ("Lee", "2019a"), ("Lee", "2019b"))
    assert found[2].numbers == (3, 5, 6, 7)


def test_quotations_end_where_they_are_closed() -> None:
    text = 'He said “one” and "two" and ‘three words here’, a 5" pipe, the dogs’ tails «vier».'
    assert [text[a:b] for a, b in quotations(text)] == ["one", "two", "three words here", "vier"]


def test_what_a_whole_text_holds_is_counted_over_all_of_it() -> None:
    before = inventory(["Berg (2010) saw 12.", "“So it was”, said Novak, 3.5 %."])
    moved = inventory(["“So it was”, said Novak, 3.5 %.", "Berg (2010) saw 12."])
    assert (before.lost(moved), before.added(moved)) == ([], [])
    less = inventory(["Berg (2010) saw 13.", "“So it is”, said nobody, 3.5 %."])
    assert before.lost(less) == [
        "the number 12", "the name novak", "the quotation “Soitwas”",
    ]  # fmt: skip
    assert "the number 13" in before.added(less)
