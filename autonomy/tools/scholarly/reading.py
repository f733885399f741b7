"""Reading answers whose every part may be missing or of another type than documented."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy.library.bibliography import person
from autonomy.library.normalise import one_line

LONGEST_ABSTRACT = 20_000
"""Characters."""
MOST_AUTHORS = 3_000
MOST_REFERENCES = 300
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_BLOCK = re.compile(r"</(?:jats:)?(?:p|title|sec|li|h\d)>|<br\s*/?>", re.I)
_HEADING = re.compile(r"^\s*<(?:jats:)?title[^>]*>\s*abstract\s*</(?:jats:)?title>", re.I)


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; what is none is left out."""
    return [item for item in sequence(value) if isinstance(item, Mapping)]


def sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """One line of plain text, whatever `value` is; the first one of a list."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return one_line(str(value))


def number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value.strip()):
        return int(value)
    return int(value) if isinstance(value, int | float) and 0 <= value < 10**9 else None


def plain(value: Any) -> str:
    """One line without markup: titles carry `<i>`, `<sub>`, MathML and entities."""
    return one_line(html.unescape(_TAG.sub("", html.unescape(text(value)))))


def prose(value: Any) -> str:
    """An abstract as paragraphs of plain text, from JATS, HTML or neither."""
    if not isinstance(value, str):
        return ""
    marked = html.unescape(value) if "&lt;" in value else value
    marked = _BLOCK.sub("\n", _HEADING.sub("", marked))
    lines = (one_line(line) for line in html.unescape(_TAG.sub("", marked)).split("\n"))
    joined = "\n".join(line for line in lines if line)
    joined = re.sub(r"^(?:abstract|summary)[\s.:—–-]+(?=[A-Z])", "", joined, flags=re.I)
    return joined[:LONGEST_ABSTRACT]


def unfolded(inverted: Any) -> str:
    """The text behind an inverted index (`{word: [positions]}`)."""
    placed = [
        (position, word)
        for word, positions in mapping(inverted).items()
        for position in sequence(positions)
        if isinstance(position, int) and 0 <= position < LONGEST_ABSTRACT
    ]
    return prose(" ".join(word for _, word in sorted(placed)))


def names(found: Sequence[str]) -> list[dict[str, str]]:
    """CSL names of people as a registry displays them; a group keeps its whole name."""
    result = []
    for name in found[:MOST_AUTHORS]:
        plain_name = plain(name)
        if not plain_name:
            continue
        result.append(
            {"literal": plain_name}
            if is_group(plain_name)
            else person(plain_name) or {"literal": plain_name}
        )
    return result


_GROUP = re.compile(
    r"\b(?:consortium|collaboration|collaborators|group|team|network|committee|organi[sz]ation|"
    r"association|society|institute|university|ministry|agency|department|council|centre|center|"
    r"investigators|initiative|commission|bank|foundation)\b",
    re.I,
)


def is_group(name: str) -> bool:
    return bool(_GROUP.search(name)) and "," not in name


def dated(parts: Any) -> dict[str, Any] | None:
    """A CSL date of `{"date-parts": [[2021, 5, 3]]}`; None when there is no year."""
    first = sequence((sequence(mapping(parts).get("date-parts")) or [None])[0])
    numbers = [number(part) for part in first[:3]]
    if not numbers or numbers[0] is None or not 1400 <= numbers[0] <= 2200:
        return None
    kept = [numbers[0]]
    for part, most in zip(numbers[1:], (12, 31), strict=False):
        if part is None or not 1 <= part <= most:
            break
        kept.append(part)
    return {"date-parts": [kept]}


def iso(parts: Any) -> str:
    """The ISO date, as far as known."""
    date = dated(parts)
    return "-".join(f"{part:02d}" for part in date["date-parts"][0]) if date else ""


def trimmed(csl: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in csl.items() if value not in (None, "", [], {})}
