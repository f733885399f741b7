"""Words with their places."""

from __future__ import annotations

import pytest

from autonomy.core.word_key import key
from autonomy.tools.similarity.tokens import Vocabulary, tokenise, words_of


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Don’t stop — it's well-known.", ["dont", "stop", "its", "well", "known"]),
        ("co\u00adoper\u200bate NAÏVE Straße", ["cooperate", "naive", "strasse"]),
        ("A claim [[p:0190-ab]] and [[n:X]] more", ["a", "claim", "and", "more"]),
        ("see [the page](https://x.org/a_b) or https://y.org/c?d=e, then", "see the page or then"),
        ("水是清的。Water", ["水", "是", "清", "的", "water"]),
        ("הַנָּהָר זוֹרֵם", ["הנהר", "זורם"]),
        ("نَهْرٌ كبير", ["نهر", "كبير"]),
        ("नदी बहती है", ["नदी", "बहती", "है"]),
        ("сорy pаste", ["copy", "paste"]),
        ("ﬁnal ﬁgures", ["final", "figures"]),
        ("", []),
    ],
)
def test_words_are_compared_without_how_they_are_written(text: str, keys: str | list[str]) -> None:
    tokens = tokenise(text)
    assert tokens.keys == (keys.split() if isinstance(keys, str) else keys)
    assert [key(word) for word in words_of(text)] == tokens.keys
    for start, end, word in zip(tokens.starts, tokens.ends, tokens.keys, strict=True):
        assert key(text[start:end]) == word


def test_a_vocabulary_knows_every_spelling_of_its_words_and_no_others() -> None:
    vocabulary = Vocabulary(["naive", "water"])
    assert [vocabulary[word] for word in ("Naïve", "WATER", "fire")] == [1, 2, 0]
