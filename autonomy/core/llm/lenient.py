"""A reader of JSON as models write it: quotes of any kind or none, comments, missing and doubled
commas, Python's literals, raw line breaks, brackets that are not closed.

One pass from left to right, so that its time grows with the length alone, with the nesting in a
list of its own, so that no depth exhausts the interpreter. It adds nothing: a value that the text
breaks off in is left out, and where that happened is reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

DEEPEST = 64
"""Levels of nesting. No shape that is asked for has more than four."""

_COMMENT = r"//[^\n]*|/\*.*?(?:\*/|\Z)|#[^\n]*|<!--.*?(?:-->|\Z)"
_BLANK = re.compile(rf"(?:[\s\ufeff\u200b]+|{_COMMENT})*", re.S)
_SEPARATOR = re.compile(rf"(?:[\s\ufeff\u200b,;]+|\.\.\.|…|{_COMMENT})*", re.S)
"""Between values. Dots stand for what a model was too lazy to write: nothing."""
_COLON = re.compile(r"\s*(?::|=>?)")
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?=[\s,;}\])/#]|\Z)")
_WORD = re.compile(r"[^,;\n{}\[\]()\"“”]+")
_NAME = re.compile(r"(?:[^\W\d][\w.-]{0,80}|\d{1,9})(?=\s*(?::|=))")
_LITERALS: dict[str, Any] = {
    "true": True,
    "false": False,
    # What is no number is nothing: neither a database nor a schema takes NaN.
    **dict.fromkeys(
        "null none nil undefined nan infinity -infinity +infinity inf -inf".split(), None
    ),
}

_QUOTES = "\"'`“”„«»‘’"
_CLOSERS = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": '”“"',
    "”": '”"',
    "„": '“”"',
    "«": "»",
    "»": "«",
    "‘": "’",
    "’": "’",
}
_NEXT = {closers: re.compile(rf"[\\{closers}]") for closers in _CLOSERS.values()}

# A quote inside a string is told from its end by what follows. The look ahead is short, so that a
# text of nothing but quotes takes no longer than another.
_KEY = (
    rf"(?:[{_QUOTES}][^{_QUOTES}\n]{{0,80}}(?:[{_QUOTES}]\s*[:=]|\Z)|[^\W\d][\w-]{{0,60}}\s*[:=])"
)
_END_OF_KEY = re.compile(r"\s*(?::|=>?|\Z)")
_END_IN_OBJECT = re.compile(
    rf"\s*(?:\Z|[}}\])]|//|/\*|#|[,;][\s,;]*(?:\Z|[}}\]]|//|/\*|#|{_KEY}))|\s+{_KEY}"
)
_END_IN_LIST = re.compile(
    rf"\s*(?:\Z|[}}\])]|//|/\*|#|[,;][\s,;]*(?:\Z|[{_QUOTES}{{\[}}\])\d.…-]|//|/\*|#|\w{{1,20}}\s*[,\]]))"
    rf"|\s+[{_QUOTES}{{\[]"
)
_SWALLOWED = re.compile(rf"[{{,]\s*[{_QUOTES}]\w{{1,60}}[{_QUOTES}]\s*:")
"""Keys inside a string: its closing quote is missing, and it ran into what follows."""
_STRUCTURE = re.compile(rf"[{{}}\[\]{_QUOTES[0]}]")

_LONGEST_KEY = 100

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": "\n"}
_ESCAPES |= {char: char for char in f"\\/{_QUOTES}"}
_HEX = re.compile(r"u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,5})\}")


class Unreadable(ValueError):
    """The text is no JSON, however one looks at it. The message says why, to the model."""


class TooDeep(Unreadable):
    """More than `DEEPEST` levels, which is no use to anybody."""

    def __init__(self) -> None:
        super().__init__("The answer is nested too deeply.")


@dataclass(frozen=True, slots=True)
class Reading:
    """A value found in a text."""

    value: dict[str, Any] | list[Any]
    end: int
    """Offset behind it."""
    torn: tuple[str | int, ...] | None = None
    """Keys and positions of the innermost object or list that the text breaks off in; `()` is the
    value itself, None when it is closed."""
    lost: bool = False
    """A key or a value was begun there, and left out."""
    skewed: bool = False
    """A closing bracket or a value is missing inside, so that what stands behind it may belong
    elsewhere."""


@dataclass(slots=True)
class _Open:
    """An object or a list whose end has not been reached."""

    value: Any
    at: str | int | None
    """Its key or position in what it stands in."""
    key: str | None = None
    """Of an object: the key whose value comes next."""


def unescaped(text: str) -> str:
    """`text` with surrogates paired, and those without a partner replaced."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Reader:
    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.at = start
        self.stack: list[_Open] = []
        self.lost = True
        self.skewed = False

    def read(self, *, inside: bool) -> Reading:
        root: dict[str, Any] | list[Any]
        if inside:
            root = {}
        else:
            root = {} if self.text[self.at] == "{" else []
            self.at += 1
        self.stack.append(_Open(root, None))
        while self.stack:
            if not self._step():
                path = tuple(held.at for held in self.stack[1:] if held.at is not None)
                return Reading(root, self.at, path, self.lost, self.skewed)
        return Reading(root, self.at, skewed=self.skewed)

    def _step(self) -> bool:
        """Read the next bracket, key or value; False where the text breaks off."""
        top = self.stack[-1]
        if top.key is None:
            self._skip(_SEPARATOR)
        else:
            self._skip(_BLANK)
            if self.text[self.at : self.at + 1] in (",", ";", "}", "]", ")"):
                top.key = None  # "words": , says nothing of the words.
                self.skewed = True
                return True
        if self.at >= len(self.text):
            self.lost = top.key is not None
            return False
        char = self.text[self.at]
        if char in "}])":
            self._close(char)
            return True
        if isinstance(top.value, dict) and top.key is None:
            return self._key(top)
        if char in "{[(":
            self._open(top, {} if char == "{" else [])
            self.at += 1
            return True
        return self._scalar(top, char)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()

    def _open(self, top: _Open, value: dict[str, Any] | list[Any]) -> None:
        if len(self.stack) >= DEEPEST:
            raise TooDeep
        at: str | int | None = top.key if isinstance(top.value, dict) else len(top.value)
        self._put(top, value)
        self.stack.append(_Open(value, at))

    def _close(self, char: str) -> None:
        """End the nearest open bracket of that kind, and with it those inside that were left open."""
        self.at += 1
        kind = dict if char == "}" else list
        for depth in range(len(self.stack) - 1, -1, -1):
            if isinstance(self.stack[depth].value, kind):
                self.skewed = self.skewed or depth < len(self.stack) - 1
                del self.stack[depth:]
                return
        self.skewed = True

    def _put(self, top: _Open, value: Any) -> None:
        if isinstance(top.value, list):
            top.value.append(value)
            return
        key = top.key or ""
        if key in top.value and top.value[key] != value:
            raise Unreadable(twice(key))
        top.value[key] = value
        top.key = None

    def _key(self, top: _Open) -> bool:
        char = self.text[self.at]
        if char in _CLOSERS:
            name = self._string(_END_OF_KEY)
            if name is None:
                return False
            if "\n" in name or len(name) > _LONGEST_KEY:
                raise Unreadable("A closing quotation mark is missing.")
        else:
            found = _NAME.match(self.text, self.at)
            if found is None:
                return self._give_up()
            name, self.at = found.group(), found.end()
        colon = _COLON.match(self.text, self.at)
        if colon is None:
            return self._give_up()
        self.at = colon.end()
        top.key = name
        return True

    def _give_up(self) -> bool:
        """What follows is no part of the value. With only prose left, the value broke off here."""
        if _STRUCTURE.search(self.text, self.at):
            raise Unreadable("The answer was not valid JSON.")
        return False

    def _scalar(self, top: _Open, char: str) -> bool:
        if char in _CLOSERS:
            ends = _END_IN_OBJECT if isinstance(top.value, dict) else _END_IN_LIST
            text = self._string(ends)
            if text is None:
                return False
            if _SWALLOWED.search(text):
                raise Unreadable("A closing quotation mark is missing.")
            self._put(top, text)
            return True
        found = _NUMBER.match(self.text, self.at) or _WORD.match(self.text, self.at)
        if found is None:
            return self._give_up()
        if found.end() == len(self.text):
            return False  # 25 may have been going to be 250.
        self.at = found.end()
        self._put(top, _plain(found.group()))
        return True

    def _string(self, ends: re.Pattern[str]) -> str | None:
        """The string that opens here; None when the text ends before it does."""
        text, opener = self.text, self.text[self.at]
        if opener in "\"'" and text.startswith(opener * 3, self.at):
            end = text.find(opener * 3, self.at + 3)
            if end < 0:
                return None
            inner, self.at = text[self.at + 3 : end], end + 3
            return inner
        closers = _CLOSERS[opener]
        pieces: list[str] = []
        at = self.at + 1
        while True:
            found = _NEXT[closers].search(text, at)
            if found is None:
                return None
            pieces.append(text[at : found.start()])
            at = found.end()
            if found.group() != "\\":
                if ends.match(text, at):
                    self.at = at
                    return unescaped("".join(pieces))
                pieces.append(found.group())
                continue
            if at >= len(text):
                return None
            code = _HEX.match(text, at)
            if code:
                point = int(code[1] or code[2] or code[3], 16)
                pieces.append(chr(point))
                at = code.end()
            else:
                # An unknown escape is LaTeX or a path: both mean the backslash.
                pieces.append(_ESCAPES.get(text[at], "\\" + text[at]))
                at += 1


def _plain(written: str) -> Any:
    """A value without quotes: a literal, a number, or the words as they stand."""
    word = re.split(r"\s(?://|#)", written, maxsplit=1)[0].strip()
    if word.lower() in _LITERALS:
        return _LITERALS[word.lower()]
    if _NUMBER.fullmatch(word):
        digits = word.replace("_", "")
        if len(digits) <= 40:
            number = float(digits)
            if number in (float("inf"), float("-inf")):
                return None
            return int(digits) if digits.lstrip("+-").isdecimal() else number
    return word


def twice(key: str) -> str:
    """What to tell the model of a key that stands in one object with two values."""
    return f"“{key[:60]}” stands twice in one object, with different values."


def read(text: str, start: int = 0, *, inside: bool = False) -> Reading:
    """The object or list that begins at `start`.

    Args:
        inside: `start` is behind an opening brace that was left out.

    Raises:
        Unreadable: it is none, or it says two things at once.
    """
    return _Reader(text, start).read(inside=inside)
