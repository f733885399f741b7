"""Words of a source inside of Markdown: a sign that would be mark-up stays the sign that it is."""

from __future__ import annotations

import re

_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_IN_PROSE = re.compile(r"([\\`*$~])")
_IN_CELL = re.compile(r"([\\`*_\]<>$|~^#])")


def in_prose(text: str) -> str:
    """The text for a paragraph. Brackets stay as they are where they are no link."""
    kept = _IN_PROSE.sub(r"\\\1", _ENTITY.sub("&amp;", text))
    return kept.replace("](", "]&#40;").replace("[[", "[&#91;")


def in_cell(text: str) -> str:
    """The text in one line, for the cell of a pipe table."""
    plain = _ENTITY.sub("&amp;", " ".join(text.split()))
    # A backslash before an opening bracket would begin a formula.
    return _IN_CELL.sub(r"\\\1", plain).replace("[", "&#91;")
