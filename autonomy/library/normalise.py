"""One spelling for text from many producers: ligatures, spaces, controls and invisible characters."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
}
# Soft hyphens, zero-width characters and byte order marks change how text is found, not how it
# reads. Zero-width (non-)joiners stay: Persian, Hindi and emoji need them.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"), None)
_SPACES = dict.fromkeys(
    map(
        ord,
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\x0b",
    ),
    " ",
)
# Postgres refuses NUL; the other controls have no meaning in prose. Line feed and form feed stay.
_CONTROLS = dict.fromkeys(
    [code for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A, 0x0B, 0x0C)],
    None,
)
_TABLE = {**_INVISIBLE, **_CONTROLS, **_SPACES, **{ord(k): v for k, v in _LIGATURES.items()}}
_TABLE_WITH_TABS = {code: sign for code, sign in _TABLE.items() if code != ord("\t")}
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str, *, tabs: bool = False) -> str:
    """`text` in Unicode form C, with plain spaces, line feeds only, and nothing invisible.

    Args:
        tabs: they stand between cells and stay.
    """
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n\n")
    )
    if _SURROGATES.search(text):
        joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = joined.replace("\ufffd", "")
    return unicodedata.normalize("NFC", text.translate(_TABLE_WITH_TABS if tabs else _TABLE))


def one_line(text: str) -> str:
    """`clean(text)` with every run of white space as one space."""
    return " ".join(clean(text).split())
