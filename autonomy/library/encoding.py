"""Bytes to text, when nobody says in which encoding."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from autonomy.library.normalise import clean

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65_536
_CENTRAL_EUROPE = frozenset(
    ["Czech", "Polish", "Hungarian", "Romanian", "Slovak", "Slovene", "Croatian", "Turkish"]
)
_SIGN_IN_WORD = re.compile(
    "[A-Za-z][\u00b2\u00b3\u00b9\u00bf\u00bc\u00be\u00a3\u00a5\u00b1][A-Za-z]"
)
_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.I)


def decode(content: bytes, *, html: bool = False, tabs: bool = False) -> str:
    """`content` as clean text: by its mark, as UTF-8, by what the page declares, then by guess.

    Args:
        html: a page, which may declare its encoding.
        tabs: of a table; they stay.
    """
    return clean(_decoded(content, html), tabs=tabs)


def _decoded(content: bytes, html: bool) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    wide = _unmarked_utf16(content)
    if wide:
        return content.decode(wide, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(content[:4_096]) if html else None
    for encoding in ([declared[1].decode("ascii")] if declared else []) + [_guess(content)]:
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def _unmarked_utf16(content: bytes) -> str | None:
    """UTF-16 without a byte order mark shows as NULs in every second place."""
    head = content[:_SAMPLE]
    if head.count(0) < len(head) * 0.25:
        return None
    return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"


def _guess(content: bytes) -> str:
    best = from_bytes(content[:_SAMPLE]).best()
    if best is None:
        return "cp1252"
    # Guesses between the Latin code pages are weak; western text far outnumbers the rest.
    if best.language not in _CENTRAL_EUROPE and _reads_as_western(content[:_SAMPLE]):
        return "cp1252"
    return best.encoding


def _reads_as_western(sample: bytes) -> bool:
    """Whether code page 1252 yields plausible words: mostly plain letters, no sign within a word."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = [char for char in text if char.isalpha()]
    accented = sum(char > "\x7f" for char in letters)
    return accented <= 0.25 * len(letters) and not _SIGN_IN_WORD.search(text)
