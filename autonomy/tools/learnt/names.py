"""Names of learnt tools: readable, safe in a prompt and in an address, and each only once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

LONGEST = 80
BUNDLE = 30


def slug(text: str, most: int) -> str:
    """Lower-case words of `text` joined by underscores; empty when it has none in Latin letters."""
    flat = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", flat)
    words = re.sub(r"[^A-Za-z0-9]+", "_", spaced).strip("_").lower()
    return words[:most].strip("_")


def unique(name: str, taken: Container[str]) -> str:
    """`name`, or the first of `name_2`, `name_3` … that is not taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name[: LONGEST - 5]}_{number}" in taken:
        number += 1
    return f"{name[: LONGEST - 5]}_{number}"


def shown(text: object, most: int) -> str:
    """`text` from a document as one line without control characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text or "")).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
