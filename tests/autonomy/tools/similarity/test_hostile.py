"""Texts that are made to cost much, and scripts of all kinds. Costs are counted, not timed."""

from __future__ import annotations

import random

import numpy as np
import pytest

from autonomy.core.originality import ComparedKind, MatchKind
from autonomy.library.quotations import quotations
from autonomy.tools.similarity import ComparedText, compare
from autonomy.tools.similarity.alignment import aligned
from autonomy.tools.similarity.exclusions import bibliographies
from autonomy.tools.similarity.fingerprints import Index
from autonomy.tools.similarity.runs import common_runs
from autonomy.tools.similarity.tokens import tokenise


def text(words: str, name: str = "a") -> ComparedText:
    return ComparedText(name, name, ComparedKind.LIBRARY, words)


def sentences(count: int, seed: int = 1) -> str:
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnop", k=rng.randint(3, 9))) for _ in range(3_000)]
    return " ".join(" ".join(rng.choices(words, k=14)).capitalize() + "." for _ in range(count))


def test_a_hundred_thousand_words_that_are_their_source() -> None:
    whole = sentences(7_200)
    found = compare(whole, [text(whole)])
    assert found.counted_words > 100_000
    assert found.percent == 100
    assert [match.kind for match in found.matches] == [MatchKind.VERBATIM]


def test_one_sentence_ten_thousand_times() -> None:
    one = "The same sentence stands here over and over again, for no reason at all. "
    found = compare(one * 10_000, [text(one * 10_000), text(one, "b")])
    assert found.percent == pytest.approx(100, abs=0.1)
    assert len(found.matches) < 10


def test_repetition_on_both_sides_with_a_word_changed_now_and_then() -> None:
    phrase = "one two three four five six seven eight nine ten".split()
    draft, theirs = phrase * 1_500, phrase * 1_500
    for place in range(0, len(draft), 37):
        draft[place] = f"mine{place}"
    for place in range(0, len(theirs), 41):
        theirs[place] = f"yours{place}"
    numbers = {word: n for n, word in enumerate(dict.fromkeys(draft), 1)}
    mine = [numbers[word] for word in draft]
    other = [numbers.get(word, 0) for word in theirs]
    index = Index(np.array(mine))
    runs = common_runs(mine, other, index)
    passages = aligned(mine, other, runs, least=0.6)
    assert sum(run.words for run in runs) < 12 * len(mine)
    assert sum(passage.matched for passage in passages) < 12 * len(mine)


def test_one_word_of_a_million_letters() -> None:
    giant = "a" * 1_000_000
    assert compare(f"Here it is: {giant}.", [text(giant)]).counted_words == 4


@pytest.mark.parametrize(
    "draft",
    [
        "“" * 100_000,
        "“quoted” " * 30_000,
        "'" * 100_000,
        "> " * 100_000,
        ">\n" * 100_000,
        "](" * 100_000,
        "[[p:" * 100_000,
        "[[p:a]] " * 50_000,
        "(" * 100_000,
        "(2020 " * 50_000,
        "#" * 100_000,
        "\n" * 200_000,
        " " * 200_000 + "x",
        "**" * 100_000,
        "References\n" * 50_000,
        "a\u0301" * 100_000,
        "http://" * 50_000,
        "x." * 100_000,
        "水" * 100_000,
        "\u200b" * 100_000,
        "\ud7a3\u1100" * 50_000,
    ],
    ids=lambda draft: repr(draft[:8]),
)
def test_patterns_do_not_backtrack(draft: str) -> None:
    found = compare(draft, [text("Nothing of the kind is in this text, as one can see.")])
    assert found.percent == 0
    quotations(draft)
    bibliographies(draft)
    tokenise(draft)


def test_thousands_of_quotations_are_each_grouped() -> None:
    source = sentences(600)
    parts = source.split(". ")
    draft = " ".join(f"“{part}.” [[p:x]]" for part in parts)
    cited = ComparedText("a", "A", ComparedKind.RUN_SOURCE, source, frozenset({"x"}))
    found = compare(draft, [cited])
    assert found.percent == 0
    assert found.excluded_words["quoted_and_cited"] > 8_000


@pytest.mark.parametrize(
    ("copied", "own"),
    [
        (
            "河水在春天带来更多的泥沙因为山上的雪融化了小溪也都涨满了水",
            "我认为这个问题应该从另外一个角度来看才对",
        ),
        (
            "النهر يحمل في الربيع رواسب أكثر عندما يذوب الثلج في التلال فوق الوادي",
            "أما أنا فأرى أن المسألة تحتاج إلى نظر آخر من جهة مختلفة تماما",
        ),
        (
            "הנהר נושא באביב יותר סחף כאשר השלג נמס בגבעות שמעל העמק הרחב",
            "לדעתי צריך לבחון את השאלה הזאת מכיוון אחר לגמרי ובזהירות רבה",
        ),
        (
            "นํ้าในแม่นํ้าพาตะกอนมามากขึ้นในฤดูใบไม้ผลิเมื่อหิมะบนภูเขาละลาย",
            "ข้าพเจ้าคิดว่าควรมองปัญหานี้จากอีกด้านหนึ่ง",
        ),
        (
            "वसंत में नदी अधिक गाद लाती है जब घाटी के ऊपर पहाड़ियों में बर्फ पिघलती है",
            "मेरे विचार से इस प्रश्न को दूसरी दृष्टि से देखना चाहिए था",
        ),
        (
            "Весной река несёт больше ила, потому что в горах над долиной тает снег",
            "По-моему, на этот вопрос надо посмотреть совсем с другой стороны",
        ),
    ],
)
def test_scripts_of_all_kinds(copied: str, own: str) -> None:
    draft = f"{own}. {copied}. {own}."
    found = compare(draft, [text(f"{copied}.")])
    (match,) = found.matches
    assert draft[match.start : match.end] == copied.strip()
    assert not match.excluded
