"""What the simulated provider answers at `/embeddings`: vectors of the words in each text."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Any

DIMENSIONS = 48


def vector(text: str, dimensions: int) -> list[float]:
    """Texts that share words are near each other; not of length 1, as some servers' are not."""
    found = [0.01] * dimensions
    for word in text.lower().split():
        place = int.from_bytes(hashlib.blake2b(word.strip(".,?!").encode(), digest_size=4).digest())
        found[place % dimensions] += 1.0
    return [3.0 * value / math.sqrt(dimensions) for value in found]


def answer(texts: Sequence[str], model: str, dimensions: int) -> dict[str, Any]:
    """Rows in another order than asked, as the protocol allows."""
    rows = [
        {"object": "embedding", "index": place, "embedding": vector(text, dimensions)}
        for place, text in enumerate(texts)
    ]
    tokens = sum(len(text.split()) for text in texts)
    return {
        "object": "list",
        "model": model,
        "data": rows[::-1],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
