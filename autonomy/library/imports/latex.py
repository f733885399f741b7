"""LaTeX as it stands in bibliographies, as plain text. Nothing is ever run or read."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexwalker import LatexWalkerError, get_default_latex_context_db

_LONGEST = 20_000
"""Characters of one field that are read."""
_MARKUP = re.compile(r"[\\$]")
_PUNCTUATION = (
    ("---", "—"),
    ("--", "–"),
    ("``", "“"),
    ("''", "”"),
    ("~", " "),
    ("{", ""),
    ("}", ""),
)
_SIGNS = (
    (re.compile(r"\\textasciicircum(?:\{\}|\b\s*)|\\\^\{\}"), "\ue000"),
    (re.compile(r"\\textasciitilde(?:\{\}|\b\s*)|\\~\{\}"), "\ue001"),
    (re.compile(r"\\textbraceleft(?:\{\}|\b\s*)"), "\ue002"),
    (re.compile(r"\\textbraceright(?:\{\}|\b\s*)"), "\ue003"),
)
"""Commands for signs that the reader would make into accents."""
_MEANT = {0xE000: "^", 0xE001: "~", 0xE002: "{", 0xE003: "}"}
_PERCENT = re.compile(r"(?<!\\)%")
_ESCAPED = re.compile(r"\\([_%&#$~{}])")


@cache
def _reader() -> LatexNodes2Text:
    return LatexNodes2Text(math_mode="text", keep_comments=False, strict_latex_spaces=False)


@cache
def _macros() -> Any:
    return get_default_latex_context_db()


@lru_cache(maxsize=4_096)
def plain_text(value: str) -> str:
    """`{\\"U}ber $\\alpha$-{DNA}` → `Über α-DNA`."""
    text = value[:_LONGEST]
    if not _MARKUP.search(text):
        for written, meant in _PUNCTUATION:
            text = text.replace(written, meant)
    else:
        # In a bibliography a per cent sign is one: BibTeX knows no comments inside of a field.
        text = _PERCENT.sub(r"\\%", text)
        # LaTeX sets accents over a dotless i; as text the letter has its dot.
        text = re.sub(r"\\([`'^\"~=.uvH])\s*\{?\\([ij])\b\s*\}?", r"\\\1{\2}", text)
        for command, stand_in in _SIGNS:
            text = command.sub(stand_in, text)
        try:
            text = _reader().latex_to_text(text, latex_context=_macros())
        except (LatexWalkerError, ValueError, IndexError):
            text = re.sub(r"\\[A-Za-z]+\s*|[{}$]", "", text)
    text = text.replace("\u00a0", " ").translate(_MEANT)
    return " ".join(unicodedata.normalize("NFC", text).split())


def address(value: str) -> str:
    """A URL or DOI: what LaTeX escapes is freed, everything else stays as it is."""
    text = re.sub(r"^\\(?:url|href|path)\{(.*)\}$", r"\1", value.strip())
    return _ESCAPED.sub(r"\1", text).replace("{", "").replace("}", "").strip()


def unwrapped(value: str) -> str | None:
    """What stands inside of the braces or quotes around all of `value`; None when there are
    none."""
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if not (len(text) > 1 and text[0] == "{" and text[-1] == "}"):
        return None
    depth = 0
    for at, letter in enumerate(text):
        escaped = at > 0 and text[at - 1] == "\\"
        depth += (letter == "{" and not escaped) - (letter == "}" and not escaped)
        if depth == 0 and at < len(text) - 1:
            return None
    return text[1:-1]
