from __future__ import annotations

from autonomy.agents.quotable import Quote
from autonomy.agents.themes import choose
from autonomy.core.types import Passage
from autonomy.core.words import stems


def quote(text: str, source: str, score: float = 1.0) -> Quote:
    return Quote(text, Passage(id=text[:20], source_id=source, text=text), score, stems(text))


SALT = quote("Road salt reached the river within two days of every winter storm.", "a")
SALT_TOO = quote("Where road salt was replaced by grit the wells recovered in a decade.", "b")
TROUT = quote("Trout left the lower reaches as the banks lost their alder trees.", "a", 0.9)
BRIDGE = quote("Bridges built before the flood were raised by more than a metre.", "b", 0.8)


def test_quotations_of_two_sources_that_share_a_term_make_one_paragraph_and_stand_first() -> None:
    themes = choose([TROUT, SALT, BRIDGE, SALT_TOO], 100)

    assert themes[0].term == "road salt"
    assert {q.passage.source_id for q in themes[0].quotes} == {"a", "b"}
    assert {theme.term for theme in themes[1:]} == {""}
    assert {q.text for theme in themes for q in theme.quotes} == {
        q.text for q in (SALT, SALT_TOO, TROUT, BRIDGE)
    }


def test_the_topic_itself_is_no_theme() -> None:
    themes = choose([SALT, SALT_TOO, TROUT], 100, exclude=stems("road salt"))

    assert all("salt" not in theme.term for theme in themes)


def test_one_word_with_two_meanings_is_no_theme() -> None:
    networks = quote("The survey follows citation networks across the whole archive.", "a")
    neural = quote("Recurrent networks were trained for a week on four machines.", "b")

    assert [theme.term for theme in choose([networks, neural], 100)] == ["", ""]


def test_words_left_bound_what_is_chosen() -> None:
    themes = choose([SALT, SALT_TOO, TROUT, BRIDGE], 26)

    assert sum(q.words for theme in themes for q in theme.quotes) <= 26


def test_what_was_said_elsewhere_is_not_said_again() -> None:
    themes = choose([SALT, TROUT], 100, taken=[SALT.stems])

    assert [q.text for theme in themes for q in theme.quotes] == [TROUT.text]


def test_a_participle_before_a_noun_is_no_term() -> None:
    one = quote("Several wells including Salthouse were measured in the spring.", "a")
    other = quote("All counties including Salthouse replaced the grit they had.", "a")

    assert all("including" not in theme.term for theme in choose([one, other], 100))


def test_whose_something_is_is_no_term() -> None:
    one = quote("The first tool reads the visitor’s letter and writes searches for it.", "a")
    other = quote("Every page was scored against the visitor’s letter by two people.", "a")

    assert {theme.term for theme in choose([one, other], 100)} == {""}
