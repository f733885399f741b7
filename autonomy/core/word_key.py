"""When two words of different texts are the same word.

They agree after compatibility decomposition (NFKD), without case, accents, apostrophes and what
cannot be seen; a word that mixes Latin letters with look-alikes of other scripts counts as the
Latin one.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache

UNSEEN = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
"""Signs that nobody sees, as a part of a character class."""
APOSTROPHES = "'’ʼ‘ʹ′＇"
_UNSEEN_CHARS = re.compile(f"[{UNSEEN}]")

# Letters that pass for a Latin one at a glance, small and after decomposition.
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕԁԛԝһӏᴀοανρτυικɡɑ",
    "aeopcyxijsdqwhlaoavptuikga",
)


@lru_cache(maxsize=200_000)
def key(word: str) -> str:
    """What `word` is compared by.

    >>> key("Naïve") == key("naive"), key("don’t") == key("don't"), key("Straße") == key("STRASSE")
    (True, True, True)
    """
    if word.isascii():
        return word.lower().replace("'", "")
    plain = unicodedata.normalize("NFKD", _UNSEEN_CHARS.sub("", word).casefold())
    kept = "".join(c for c in plain if not unicodedata.combining(c) and c not in APOSTROPHES)
    if not kept.isascii() and any("a" <= c <= "z" for c in kept):
        kept = kept.translate(_LOOK_ALIKES)
    return sys.intern(kept) or word
