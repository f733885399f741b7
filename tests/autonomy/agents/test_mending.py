"""Remedies by rule: words between quotation marks are the source's own, and nothing is hidden."""

from __future__ import annotations

import pytest

from autonomy.agents import mending
from autonomy.agents.verification import check_claim
from autonomy.core.markers import MARKER
from autonomy.core.types import CitationVerdict, Passage

ID = "0f0f0f0f-0000-4000-8000-000000000001"
SAID = (
    "Living coral cover fell from 48.2 per cent to 33.1 per cent over the decade of the survey. "
    "Grazing fish keep young coral free of seaweed, which lets reefs recover after a warm summer."
)
PASSAGE = Passage(id=ID, source_id="reefs", text=SAID, page=4)


def plain(text: str) -> str:
    return " ".join(MARKER.sub("", text).split())


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("It fell by a third.", f"It fell by a third [[p:{ID}]]."),
        ("It fell by a third", f"It fell by a third [[p:{ID}]]."),
        ("Did it fall?", f"Did it fall [[p:{ID}]]?"),
        ("They say: “It fell.”", f"They say: “It fell” [[p:{ID}]]."),
        ("They ask: “Did it fall?”", f"They ask: “Did it fall?” [[p:{ID}]]."),
        ("It fell [[p:other]].", f"It fell [[p:other]] [[p:{ID}]]."),
        (f"[[n:{ID}]] say it fell.", f"[[n:{ID}]] say it fell."),
    ],
)
def test_a_citation_stands_before_the_stop_and_only_once(text: str, cited: str) -> None:
    assert mending.cite(text, PASSAGE) == cited
    assert mending.cite(cited, PASSAGE) == cited


def test_copied_words_are_quoted_as_the_source_spells_them_and_cited() -> None:
    text = "Here living coral cover fell from 48.2 per cent to 33.1 per cent, which is much."
    made = mending.quote(text, PASSAGE)
    assert made == (
        "Here “Living coral cover fell from 48.2 per cent to 33.1 per cent”, which is much "
        f"[[p:{ID}]]."
    )
    assert check_claim(plain(made), PASSAGE).verdict is CitationVerdict.QUOTED


def test_a_marker_within_the_copied_words_is_not_lost() -> None:
    text = "Living coral cover fell [[p:other]] from 48.2 per cent to 33.1 per cent."
    made = mending.quote(text, PASSAGE)
    assert made is not None
    assert "[[p:other]]" in made
    assert f"[[p:{ID}]]" in made


def test_what_is_quoted_already_is_not_quoted_again() -> None:
    assert mending.quote(f"They say: “{SAID[:88]}” [[p:{ID}]].", PASSAGE) is None
    assert mending.quote("Something else altogether was said here.", PASSAGE) is None


@pytest.mark.parametrize(
    ("quotation", "kept"),
    [
        (
            "Grazing fish keep young coral free of seaweed, which lets reefs recover after a summer.",
            "Grazing fish keep young coral free of seaweed",
        ),
        (
            "We counted every colony on forty fixed plots; storms did the rest.",
            "We counted every colony on forty fixed plots",
        ),
        # What limits or turns a statement is never left out.
        ("Grazing fish protect the whole of the reef, but not below twenty metres.", None),
        ("Closed seasons help the fish to spawn in peace, if the fishers accept them.", None),
        ("Coral recovered on every closed reef we saw, although slowly in the north.", None),
        (
            "Cover may have fallen on most of the reefs, which lie in deep water.",
            "Cover may have fallen on most of the reefs",
        ),
        # A clause that looks back at what would be gone is no sentence of its own.
        ("Roofs are promoted as a remedy, yet most evidence comes from single buildings.", None),
        ("Roofs are cheap, therefore most towns have planted them along the main streets.", None),
        # Nothing to be saved, or no clause to stand alone.
        ("Fish keep coral free of seaweed.", None),
        ("Reefs recover, fish return.", None),
    ],
)
def test_a_quotation_is_cut_to_its_key_clause_or_left(quotation: str, kept: str | None) -> None:
    assert mending.key_clause(quotation) == kept
    if kept is not None:
        assert kept in quotation


def test_a_shortened_quotation_keeps_its_marks_its_citation_and_its_stop() -> None:
    long = SAID.split(". ")[1].rstrip(".")
    for text, made in [
        (
            f"They note: “{long}” [[p:{ID}]].",
            f"They note: “Grazing fish keep young coral free of seaweed” [[p:{ID}]].",
        ),
        (
            f"[[n:{ID}]] note: “{long}.” Next.",
            f"[[n:{ID}]] note: “Grazing fish keep young coral free of seaweed”. Next.",
        ),
    ]:
        assert mending.shorten(text) == made


@pytest.mark.parametrize(
    ("sentence", "standing"),
    [
        (
            f"They also note: “Reefs recover” [[p:{ID}]].",
            f"In the words of [[n:{ID}]]: “Reefs recover”.",
        ),
        (
            f"The passage goes on: “Reefs recover” [[p:{ID}]].",
            f"In the words of [[n:{ID}]]: “Reefs recover”.",
        ),
        (f"They “find that reefs recover” [[p:{ID}]].", f"[[n:{ID}]] “find that reefs recover”."),
        ("This is why they recover.", None),
        ("Reefs recover.", "Reefs recover."),
    ],
)
def test_a_sentence_that_leaned_on_what_is_gone_names_its_authors(
    sentence: str, standing: str | None
) -> None:
    assert mending.standing(sentence) == standing


def test_the_source_s_own_sentence_stands_for_a_wording_close_to_it() -> None:
    close = "Fish that graze keep the young corals clear of seaweed so reefs recover when a summer was warm."
    assert mending.key_sentence(close, PASSAGE) == SAID.split(". ")[1]
    assert mending.key_sentence("Violins are varnished in Cremona.", PASSAGE) is None


def test_taking_words_out_leaves_no_doubled_space_and_no_empty_paragraph() -> None:
    text = "One stands. Two goes. Three stays.\n\nFour goes.\n\nFive stays."
    start = text.index("Two")
    assert mending.without(text, start, start + 9).startswith("One stands. Three stays.")
    start = text.index("Four")
    assert mending.without(text, start, start + 10) == (
        "One stands. Two goes. Three stays.\n\nFive stays."
    )
