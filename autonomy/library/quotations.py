"""What of a draft stands between quotation marks, or is set off as a block."""

from __future__ import annotations

import re
from collections.abc import Iterable

Span = tuple[int, int]
"""Characters from, and up to but not with."""

_CLOSERS = {
    "“": "”",
    "„": "“”",
    "”": "”",
    '"': '"',
    "«": "»",
    "»": "«",
    "‹": "›",
    "「": "」",
    "『": "』",
    "‘": "’",
    "‚": "‘’",
    "'": "'",
}
_SINGLE = "'‘‚"
_MARK = re.compile(
    r"""[“”„«»‹›「」『』"]|(?<!\w)['‘‚](?=\w)|(?<=[\w.,;:!?…)])['’‘](?!\w)|\n[ \t]*\n"""
)
_BLOCK = re.compile(r"^[ \t]{0,3}>[^\n]*(?:\n(?![ \t]*\n)[^\n]+)*", re.MULTILINE)


def quotations(text: str) -> list[Span]:
    """Half-open spans of what is quoted, rising and apart: without the marks; block quotations of
    Markdown whole.

    A quotation ends within its paragraph, unless the next one begins with the same mark: else a
    mark that is not closed there quotes nothing. Single marks count where they stand at the edge of
    a word, so an apostrophe opens none.
    """
    spans: list[Span] = []
    opener, begun = "", 0
    for found in _MARK.finditer(text):
        mark = found.group()
        if mark.isspace():
            if opener and text.startswith(opener, found.end()):
                spans.append((begun, found.start()))
            opener = ""
        elif opener and mark in _CLOSERS[opener]:
            spans.append((begun, found.start()))
            opener = ""
        elif _opens(mark, text, found.end()) and (not opener or _gives_way(opener, mark)):
            opener, begun = mark, found.end()
    return joined([*spans, *(found.span() for found in _BLOCK.finditer(text))])


def _opens(mark: str, text: str, after: int) -> bool:
    return mark in _CLOSERS and after < len(text) and not text[after].isspace()


def _gives_way(opener: str, mark: str) -> bool:
    """A single mark may have been an apostrophe: a double one after it begins anew."""
    return opener in _SINGLE and mark not in _SINGLE


def joined(spans: Iterable[Span]) -> list[Span]:
    """The spans rising, those that touch as one."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(result[-1][1], end)
        else:
            result.append((start, end))
    return result
