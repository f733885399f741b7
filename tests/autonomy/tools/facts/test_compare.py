"""Facts of a claim against a passage: what is the same, what is missing, what wants a look."""

from __future__ import annotations

import pytest

from autonomy.core.types import FindingKind, FindingWeight
from autonomy.tools.facts.compare import Facts, findings


def missing(claim: str, passage: str, known: str = "") -> list[tuple[str, str]]:
    found = findings(claim, Facts(passage, known=known))
    return [(f.kind.value, f.text) for f in found if f.weight is FindingWeight.MISSING]


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("They saw 1,200 patients there.", "We saw 1200 patients."),
        ("They saw 1200 patients there.", "We saw 1 200 patients."),
        ("They saw 1.2 thousand patients.", "We saw 1,200 patients."),
        ("It cost 2.5 million in all.", "It cost 2,500,000 in all."),
        ("It cost $3bn then.", "It cost 3 billion dollars then."),
        ("A share of 12 % was lost.", "A share of 12 per cent was lost."),
        ("A share of 12 percent was lost.", "A share of 12% was lost."),
        ("The effect was weak (p < .05).", "The effect was weak (p < 0.05)."),
        ("It took 48,2 per cent.", "It took 48.2 per cent."),
        ("Doses of 5-10 mg were given.", "Doses of 5 to 10 milligrams were given."),
        ("Doses of between 5 and 10 mg were given.", "Doses from 5 mg up to 10 mg were given."),
        ("It weighs 3 kg now.", "It weighs 3 kilograms now."),
        ("An answer takes 3 ms on it.", "An answer takes three milliseconds on it."),
        ("About half of the plots recovered.", "Of the plots 50 % recovered."),
        ("A third of the plots recovered.", "Of the plots 33.3 per cent recovered."),
        ("The 19th century saw it.", "The nineteenth century saw it."),
        ("Twelve plots were lost to storms.", "In storms 12 plots were lost."),
        ("It grew in the 1990s most.", "It grew in the 90s most."),
        ("It holds 3 × 10^5 cells in all.", "It holds 300,000 cells in all."),
        ("It holds 3×10⁵ cells in all.", "It holds 3 x 10^5 cells in all."),
        ("About 50 % of the cover was lost.", "Of the cover 48.2 % was lost."),
        ("It began on 12 March 2020 there.", "It began on March 12th, 2020 there."),
        ("It began on 12 March 2020 there.", "It began on 2020-03-12 there."),
        ("It began on 12 March 2020 there.", "It began on 12/03/2020 there."),
        ("It began in March 2020 there.", "It began on 12 March 2020 there."),
        ("It began in 2020 there already.", "It began on 12 March 2020 there."),
        ("Doses of 40 mg/day were given.", "They were given 40 mg daily."),
        ("As Table 3 shows, losses grew [12].", "Losses grew."),
        ("Patients with type 2 diabetes were seen.", "Patients with type II diabetes were seen."),
        ("The World Health Organization warns of it.", "The WHO warns of it."),
        ("The warning of the WHO came late.", "The World Health Organization warned late."),
        ("A study by Maria Okoye found so.", "Okoye (2019) found so."),
        ("The German reefs were studied first.", "Reefs of Germany were studied first."),
        ("Repair needs RAD52 (break-induced repair, BIR) in cells.", "RAD52 is needed for repair."),
        ("In two ways it matters most.", "It matters."),
    ],
)
def test_the_same_fact_in_another_form_is_the_same(claim: str, passage: str) -> None:
    assert missing(claim, passage) == []


@pytest.mark.parametrize(
    ("claim", "passage", "kind", "text"),
    [
        ("Cover fell to 23.1 per cent.", "Cover fell to 33.1 per cent.", "number", "23.1 per cent"),
        ("We saw 1,300 patients.", "We saw 1,200 patients.", "number", "1,300"),
        ("They gave 12 g of it.", "They gave 12 mg of it.", "unit", "12 g"),
        ("It took 3 weeks in all.", "It took 3 days in all.", "unit", "3 weeks"),
        ("It rose by 5 percentage points.", "It rose by 5 %.", "unit", "5 percentage points"),
        ("They gave 1000 g of it.", "They gave 1 kg of it.", "number", "1000 g"),
        ("The survey of 2011 was long.", "The survey of 2001 was long.", "date", "2011"),
        ("It began on 13 March 2020.", "It began on 12 March 2020.", "date", "13 March 2020"),
        ("It began in April 2020 there.", "It began on 12 March 2020.", "date", "April 2020"),
        ("The 20th century saw it.", "The 19th century saw it.", "number", "20th"),
        ("It grew in the 1980s most.", "It grew in the 1990s most.", "date", "1980s"),
        ("The reefs of Kenya were lost.", "The reefs of Norway were lost.", "name", "Kenya"),
        ("It was said by Ada Okoye there.", "It was said by Lindqvist.", "name", "Ada Okoye"),
        ("The warning of UNESCO came late.", "The WHO warned late.", "name", "UNESCO"),
    ],
)
def test_another_fact_is_missing(claim: str, passage: str, kind: str, text: str) -> None:
    assert (kind, text) in missing(claim, passage)


def test_a_finding_says_what_the_passage_has_instead() -> None:
    (found,) = findings("They gave 12 g of it.", Facts("They gave 12 mg of it."))

    assert found.kind is FindingKind.UNIT
    assert found.found == "12 mg"
    assert found.message == "the passage has 12 mg, not 12 g"


def test_a_rounded_number_is_a_warning() -> None:
    (found,) = findings("Cover fell to 33 % there.", Facts("Cover fell to 33.1 % there."))

    assert found.weight is FindingWeight.WARNING
    assert "rounded" in found.message


def test_labels_that_go_by_many_names_are_warned_of_only() -> None:
    found = findings("Signals of IL-6 drive the disease.", Facts("Interleukins drive the disease."))

    assert [f.weight for f in found if f.kind is FindingKind.NAME] == [FindingWeight.WARNING]


def test_what_is_known_of_the_source_is_no_claim() -> None:
    claim = "In 2019 Okoye saw it on the reefs."

    assert missing(claim, "It was seen on the reefs.", known="Ada Okoye 2019") == []
    assert missing(claim, "It was seen on the reefs.") == [("date", "2019")] or missing(
        claim, "It was seen on the reefs."
    )


@pytest.mark.parametrize(
    ("claim", "kinds"),
    [
        ("Warm summers did not reduce living coral cover.", ["negation"]),
        ("Warm summers increased living coral cover.", ["direction"]),
        ("Warm summers reduced living coral cover.", []),
        ("The road was never opened.", []),
    ],
)
def test_turned_meaning_is_warned_of_where_sentences_are_alike(
    claim: str, kinds: list[str]
) -> None:
    found = findings(claim, Facts("Our results show that warm summers reduced living coral cover."))

    assert [f.kind.value for f in found] == kinds
    assert all(f.weight is FindingWeight.WARNING for f in found)


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("", ["number", "date"]),
        ("9" * 5_000, ["number", "date"]),
        ("1," * 3_000, ["number", "date"]),
        ("x10^" * 2_000, ["number", "date"]),
        ("A " * 5_000, ["number", "date"]),
        ("½ ⅓ ٣ 三 १२", ["date"]),
        ("\u202e12\u202c %", ["date"]),
    ],
    ids=["nothing", "digits", "commas", "powers", "words", "other digits", "turned direction"],
)
def test_hostile_text_is_read_without_an_error(text: str, lacks: list[str]) -> None:
    assert findings(text, Facts(text)) == []
    found = findings("It fell by 12 % in 2019.", Facts(text))
    assert [f.kind.value for f in found] == lacks
