"""How many tokens a text has, estimated high: for reservations and for packing."""

from __future__ import annotations

import re
from math import ceil

# English runs at 4 to 5 letters per token. Tokenizers differ most on everything else: some make a
# token of each digit, scripts without spaces take up to two per character, emoji three.
LETTERS_PER_TOKEN = 3
BYTES_PER_TOKEN = 1.5
_WORDS = re.compile(r"[A-Za-z\s]+")


def estimate_tokens(*texts: str) -> int:
    """Tokens of `texts`, estimated high; at least 1."""
    letters = rest = 0
    for text in texts:
        in_words = sum(found.end() - found.start() for found in _WORDS.finditer(text))
        letters += in_words
        rest += len(text.encode("utf-8", "replace")) - in_words
    return max(1, ceil(letters / LETTERS_PER_TOKEN + rest / BYTES_PER_TOKEN))


_LONGEST_TOKEN = 7
"""No tokenizer puts more letters of running text into a token on average, nor more bytes of
anything else."""


def fewest_tokens(*texts: str) -> int:
    """Fewer tokens than this no tokenizer makes of `texts`."""
    return sum(len(" ".join(text.split())) for text in texts) // _LONGEST_TOKEN
