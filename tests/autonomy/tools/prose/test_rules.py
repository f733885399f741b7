from __future__ import annotations

from pathlib import Path

import pytest

from autonomy.core.types import Wish
from autonomy.library.drafts.word import read_word
from autonomy.library.parsed import ParseLimits
from autonomy.tools.prose.habits import Habits, habits
from autonomy.tools.prose.remarks import RemarkKind, remarks
from autonomy.tools.prose.rules import suggestions
from autonomy.tools.prose.tables import EMPTY, ISE, MISSPELT, WORDY
from autonomy.tools.prose.wishes import DEFAULT, wishes_of
from tests.files.drafts import simple, written

EVERYTHING = frozenset(Wish)
NONE = Habits()


def after(
    text: str, habits: Habits = NONE, wishes: frozenset[Wish] = EVERYTHING, **how: object
) -> str:
    found = suggestions(text, (), habits, wishes, **how)  # type: ignore[arg-type]
    for one in reversed(found):
        assert one.reason.endswith(".")
        text = text[: one.start] + one.after + text[one.end :]
    return text


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("The the reef had had time.", "The reef had had time."),
        ("In Baden Baden it is so that that is it.", "In Baden Baden it is so that that is it."),
        ("Coral , fish ,and sand .", "Coral, fish, and sand."),
        ("It ended.Then it began in v2.0 of x.com.", "It ended. Then it began in v2.0 of x.com."),
        ("So,, it is.. or not...", "So, it is. or not..."),
        (
            "A hour, an unit, a apple, a one-off, an European.",
            "An hour, a unit, an apple, a one-off, an European.",
        ),
        ("In order to see, due to the fact that.", "To see, because."),
        ("The majority of the plots, a large number of scars.", "Most of the plots, many scars."),
        ("It is important to note that reefs die.", "Reefs die."),
        ("We can’t, they don't; it’s so.", "We cannot, they do not; it’s so."),
        ("It was recieved seperately.", "It was received separately."),
        ("Then it fell - slowly.", "Then it fell – slowly."),
    ],
)
def test_rules_mend_what_is_plainly_wrong(before: str, wanted: str) -> None:
    assert after(before) == wanted


def test_what_is_locked_stays() -> None:
    text = "He wrote “the the reef” , and the the boats."
    locked = ((10, 22),)
    found = suggestions(text, locked, NONE, EVERYTHING)
    assert all(not (one.start < 22 and one.end > 10) for one in found)
    assert any(one.rule == "doubled word" for one in found)


def test_a_text_is_made_to_follow_its_own_habits() -> None:
    british = habits(
        ["The colour of the centre; the behaviour was organised.", "A color, “so” and ’t."]
    )
    assert (british.british, british.ise, british.curly) == (True, True, True)
    assert after('A color of "Pearl Harbor" was organized.', british) == (
        "A colour of “Pearl Harbor” was organised."
    )
    american = habits(["The color, the center, the behavior, the colour."])
    assert american.british is False
    assert after("A colour was organised.", american) == "A color was organized."
    assert habits(["colour color"]).british is None


def test_english_rules_leave_other_languages_alone() -> None:
    text = "Die die Boote  fuhren , a apple in order to."
    assert after(text, language="de") == "Die Boote fuhren, a apple in order to."
    assert after("Il dit : oui , non", language="fr") == "Il dit : oui , non"


def test_only_what_is_wished_for_is_changed() -> None:
    text = "In order to go,we can't wait"
    assert after(text, wishes=frozenset({Wish.CONCISION})) == "To go,we can't wait"
    assert after(text, wishes=frozenset({Wish.TONE})) == "In order to go,we cannot wait"
    assert after(text, wishes=frozenset({Wish.STRUCTURE})) == text


def test_better_flow_takes_wordy_phrases_too_and_proofreading_keeps_them() -> None:
    text = "Due to the fact that rents rose, firms moved in order to save."
    wanted = wishes_of("Improve this: language and flow")
    assert after(text, wishes=wanted) == "Because rents rose, firms moved to save."
    assert after(text, wishes=wishes_of("Proofread this")) == text


def test_language_is_grammar_only_where_it_is_named_beside_another_wish() -> None:
    assert wishes_of("Improve this: language and flow") == {Wish.GRAMMAR, Wish.CLARITY}
    assert wishes_of("structure and language") == {Wish.GRAMMAR, Wish.STRUCTURE}
    assert wishes_of("Improve my essay on language acquisition") == DEFAULT


def test_tables_hold_no_phrase_twice_and_none_that_is_another_s_result() -> None:
    for table in (WORDY, MISSPELT, ISE):
        assert not set(table) & set(table.values())
        assert all(key == key.lower() for key in table)
    assert all(after(f"{phrase} reefs die.".capitalize()) == "Reefs die." for phrase in EMPTY)


def test_wishes_are_read_from_words_or_chosen() -> None:
    assert wishes_of("Proofread this") == {Wish.GRAMMAR}
    assert wishes_of("make it clearer and more concise") == {Wish.CLARITY, Wish.CONCISION}
    assert wishes_of("more formal, and check how I cite") == {Wish.TONE, Wish.CITATIONS}
    assert wishes_of("improve my draft") == DEFAULT
    assert wishes_of("improve everything") == EVERYTHING
    assert wishes_of("Proofread this", [Wish.TONE]) == {Wish.TONE}


def test_remarks_name_places_and_what_could_be_done(tmp_path: Path) -> None:
    paragraphs = [
        "Introduction",
        "The plots were mapped. The scars were counted. The boats were seen. We left.",
        "As one put it, “the bay looked like a field”. Nobody agreed.",
        "As one put it, “the bay looked like a field” (Berg, 2010). Nobody agreed.",
        "Studies have shown that seagrass grows slowly. Our survey found 12 % cover.",
        "Smith (2019) and Berg (2010) agree. " + "word " * 41 + "ends.",
        "References",
        "Berg, A. (2010) On bays. Journal of Bays.",
        "Novak, B. (2001) On sand. Journal of Sand.",
    ]

    def headed(document: object) -> None:
        for paragraph in document.paragraphs:  # type: ignore[attr-defined]
            if paragraph.text in ("Introduction", "References"):
                paragraph.style = "Heading 1"

    path = written(simple(*paragraphs, change=headed), tmp_path / "draft.docx")
    draft = read_word(path, "draft.docx", ParseLimits())
    found = {
        (r.kind, draft.block(r.block).text[r.start : r.end][:30])
        for r in remarks(draft, EVERYTHING)
    }
    assert found == {
        (RemarkKind.PASSIVES, "The plots were mapped. The sca"),
        (RemarkKind.OPENINGS, "The plots were mapped. The sca"),
        (RemarkKind.UNCITED_QUOTE, "the bay looked like a field"),
        (RemarkKind.UNCITED_CLAIM, "Studies have shown that seagra"),
        (RemarkKind.NO_REFERENCE, "Smith (2019)"),
        (RemarkKind.OVERLONG, "Smith (2019) and Berg (2010) a"),
        (RemarkKind.NOT_CITED, "Novak, B. (2001) On sand. Jour"),
    }
    few = {r.kind for r in remarks(draft, frozenset({Wish.GRAMMAR}))}
    assert few == {RemarkKind.UNCITED_QUOTE, RemarkKind.NO_REFERENCE}
