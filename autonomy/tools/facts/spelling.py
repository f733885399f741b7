"""One spelling of text for comparison, and the words that numbers are written in."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_SAME = str.maketrans("’‘‚“”„–—−‐‑‒", "'''\"\"\"------", "\u00ad\u200b\u2060\ufeff")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")


def plain(text: str) -> str:
    """`text` as facts are read from it: NFKC, one kind of quote and dash, powers as `^n`, single
    spaces. Case is kept, because names and units need it."""
    text = _RAISED.sub(lambda m: "^" + m[0].translate(_SUPERSCRIPT), text)
    text = unicodedata.normalize("NFKC", text).translate(_SAME)
    return " ".join(text.split())


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()

CARDINALS: dict[str, Decimal] = {word: Decimal(n) for n, word in enumerate(_ONES)}
CARDINALS |= {word: Decimal(20 + 10 * n) for n, word in enumerate(_TENS)}
CARDINALS |= {
    f"{tens}-{one}": Decimal(20 + 10 * n + m)
    for n, tens in enumerate(_TENS)
    for m, one in enumerate(_ONES[1:10], start=1)
}
CARDINALS |= {"hundred": Decimal(100), "dozen": Decimal(12)}
"""Number words up to a hundred, compounds with a hyphen."""

ORDINALS: dict[str, Decimal] = {
    word: Decimal(n)
    for n, word in enumerate(
        (
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        ).split(),
        start=1,
    )
} | {"twenty-first": Decimal(21)}

SCALES: dict[str, Decimal] = {
    "hundred": Decimal(100),
    "thousand": Decimal(1_000),
    "k": Decimal(1_000),
    "million": Decimal(10) ** 6,
    "millions": Decimal(10) ** 6,
    "mn": Decimal(10) ** 6,
    "billion": Decimal(10) ** 9,
    "billions": Decimal(10) ** 9,
    "bn": Decimal(10) ** 9,
    "trillion": Decimal(10) ** 12,
}

FRACTIONS: dict[str, Decimal] = {
    "half": Decimal("0.5"),
    "third": Decimal(1) / 3,
    "thirds": Decimal(1) / 3,
    "quarter": Decimal("0.25"),
    "quarters": Decimal("0.25"),
    "fifth": Decimal("0.2"),
    "fifths": Decimal("0.2"),
    "tenth": Decimal("0.1"),
    "tenths": Decimal("0.1"),
}

ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
