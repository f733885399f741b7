"""Names of people on a title page, told from affiliations by shape, style and wording."""

from __future__ import annotations

import re

from autonomy.library.bibliography import person
from autonomy.library.parsers.pdf.lines import Line
from autonomy.library.sections import is_section_word

AFFILIATION = re.compile(
    r"\b(?:universit\w*|institut\w*|department|dept|school|college|facult\w*|laborator\w*|labs?|"
    r"cent(?:er|re)|academy|research|hospital|clinic|inc|ltd|llc|gmbh|corp\w*|company|group|"
    r"foundation|ministry|museum|society|association|street|road|avenue|box|usa|china|germany|"
    r"france|kingdom|canada|japan|korea|google|microsoft|facebook|meta|deepmind|openai|amazon|"
    r"nvidia|ibm|technolog\w*|sciences?|engineering|polytechni\w*|eth|mit|cnrs|inria|brain|"
    r"bytedance|intelligence|division|unit|programme?|abteilung|fakultät|hochschule)\b",
    re.I,
)
_MARKS = re.compile(r"[∗*†‡§¶‖#⋆★◦✉⊠♠♣♦♥\d,]+(?=\s|$)|(?<=\s)[∗*†‡§¶‖#]+|\bORCID\b", re.I)
_NAME_WORD = re.compile(r"^(?:[^\W\d_][\w’'.-]*)$")
_PARTICLE = re.compile(r"^(?:van|von|der|den|de|da|di|del|della|dos|du|la|le|ten|ter|bin|al|el|y)$")
_NOT_NAMES = frozenset(
    "abstract introduction keywords the a of for with and on in to by from an using draft version "
    "page figure table demo available http www et".split()
)


def names_of(lines: list[Line]) -> list[dict[str, str]]:
    """The CSL names in `lines`; an affiliation among them spoils its line."""
    names: list[dict[str, str]] = []
    for line in lines:
        if "@" in line.text or re.search(r"https?:|www\.", line.text):
            continue
        found: list[dict[str, str]] = []
        for piece in _split_names(line):
            name = _as_name(piece)
            if name is None:
                # One stranger among many is a name in an unknown shape; alone it spoils the line.
                if AFFILIATION.search(piece) or len(piece.split()) > 6:
                    found = []
                    break
                continue
            found.append(name)
        names.extend(found)
    return names


def _split_names(line: Line) -> list[str]:
    """The pieces of a line that may each be one name: split at commas, "and", marks, wide gaps."""
    pieces: list[str] = []
    current: list[str] = []
    last = None
    for word in line.words:
        small = word.size < line.size * 0.8
        if last is not None and word.x0 - last.x1 > 0.75 * line.size and current:
            pieces.append(" ".join(current))
            current = []
        last = word
        if small:
            continue
        if word.text.lower().strip(",") in ("and", "&", "und", "et", "y", "·", "•", "|"):
            pieces.append(" ".join(current))
            current = []
            continue
        ended = bool(re.search(r"[∗*†‡§¶‖#\d,;]+$", word.text)) and not re.fullmatch(
            r"[A-Z]\.,?", word.text
        )
        current.append(_MARKS.sub("", word.text).strip(",;") if ended else word.text)
        if ended and word.text != "Jr.":
            pieces.append(" ".join(current))
            current = []
    pieces.append(" ".join(current))
    return [piece for piece in (p.strip() for p in pieces) if piece]


def _as_name(text: str) -> dict[str, str] | None:
    text = re.sub(r"^by\s+", "", _MARKS.sub("", text), flags=re.I).strip(" ,;")
    parts = text.split()
    if not 2 <= len(parts) <= 5 or AFFILIATION.search(text) or is_section_word(text):
        return None
    if any(part.lower() in _NOT_NAMES for part in parts):
        return None
    for part in parts:
        if not _NAME_WORD.match(part) or not (part[0].isupper() or _PARTICLE.match(part)):
            return None
    if not parts[0][0].isupper() or not parts[-1][0].isupper() or len(text) > 60:
        return None
    if text.isupper() and len(text) > 4:
        text = " ".join(part if len(part.rstrip(".")) == 1 else part.title() for part in parts)
    return person(text)
