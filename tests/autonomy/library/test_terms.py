"""Terms: what search by words takes for the same word."""

from __future__ import annotations

import pytest

from autonomy.library.terms import TERM_CHARS, spans, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Retrieval retrieves", "retrieve RETRIEVED"),
        ("TGF-β1", "tgf-beta1"),
        ("IL-6", "IL6"),
        ("naïve Bayès", "naive bayes"),
        ("ﬁnding", "findings"),
        ("ＤＮＡ", "dna"),
        ("the patient’s", "patient"),
    ],
)
def test_spellings_of_one_word_share_a_term(one: str, other: str) -> None:
    assert set(terms(one)) & set(terms(other))


def test_function_words_are_no_terms_and_numbers_are() -> None:
    assert terms("of the 32 in 2.5 and 1,000") == ["32", "2.5", "1000"]


def test_a_compound_is_found_by_its_parts_and_as_a_whole() -> None:
    assert terms("follow-up QX-7731") == ["follow", "followup", "qx", "7731", "qx7731"]


def test_scripts_without_spaces_are_cut_into_pairs() -> None:
    assert terms("機械学習 and AI") == ["機械", "械学", "学習", "ai"]
    assert terms("猫") == ["猫"]
    assert set(terms("학습률은")) & set(terms("학습률"))


def test_greek_prose_stays_greek_and_symbols_go_by_name() -> None:
    assert terms("λόγος") == terms("ΛΟΓΟΣ")
    assert terms("β cells") == ["beta", "cell"]


def test_endless_words_are_cut() -> None:
    assert all(len(term) <= TERM_CHARS for term in terms("x" * 10_000 + " " + "9" * 10_000))


def test_spans_are_words_of_the_query_as_they_stand_in_the_text() -> None:
    text = "Seagrass slows waves; a wave loses half."
    found = [text[a:b] for a, b in spans(text, frozenset(terms("how waves are slowed")))]
    assert found == ["slows", "waves", "wave"]


def test_neighbouring_pairs_make_one_span() -> None:
    text = "これは機械学習の本"
    found = [text[a:b] for a, b in spans(text, frozenset(terms("機械学習")))]
    assert found == ["機械学習"]


@pytest.mark.parametrize("text", ["", " ", "\x00", "—…!?", "\ud800", "🙂🙂"])
def test_text_without_words_has_no_terms(text: str) -> None:
    assert terms(text) == []
