"""Set citations in the line as a careful typist would: spaces, full stops, note numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from autonomy.export import nodes
from autonomy.export.pandoc import Node
from autonomy.library.sentences import ends_with_abbreviation

MakeGroup = Callable[[list[Node]], Node]
"""Given the markers of one group, the node that stands for them."""

_SEPARATOR = re.compile(r"[,;]$")
_PERIOD = re.compile(r"(?<!\.)\.([\"'”’»]*)$")
_CLOSING = re.compile(r"[.,;:!?…)\]”’»]")
_OPENING = re.compile(r"[(\[“‘„«–—/-]$")
_BEFORE_NOTE = re.compile(r"[.,;:!?…”’»]+")


def place_groups(
    inlines: list[Node], make_group: MakeGroup, *, in_notes: bool, keep_period: bool
) -> list[Node]:
    """The inline list with adjacent markers replaced by one group each.

    Args:
        in_notes: citations are note numbers, which follow the punctuation without a space.
        keep_period: a full stop before a citation stays there (block quotations); elsewhere
            "claim. [[p:1]]" becomes "claim (Lee, 2020)."
    """
    out: list[Node] = []
    rest = list(inlines)
    while rest:
        if rest[0]["t"] != "Marker":
            out.append(rest.pop(0))
            continue
        marks = _take_group(rest)
        narrative = marks[0]["c"][0] == "n"
        while out and out[-1]["t"] == "Space":
            out.pop()
        if in_notes and not narrative:
            _take_punctuation(out, rest)
            out.append(make_group(marks))
        else:
            period = not keep_period and not narrative and _take_period(out, rest)
            _append_with_spaces(out, make_group(marks), rest, period=period)
    return out


def _take_group(rest: list[Node]) -> list[Node]:
    """Remove from `rest` the markers that form one group, with what separates them."""
    marks, end = [rest[0]], 1
    for position, node in enumerate(rest[1:], start=1):
        if node["t"] == "Marker" and node["c"][0] == "p":
            marks.append(node)
            end = position + 1
        elif node["t"] != "Space" and not (node["t"] == "Str" and _SEPARATOR.match(node["c"])):
            break
    del rest[:end]
    return marks


def _take_punctuation(out: list[Node], rest: list[Node]) -> None:
    """Move the punctuation that follows a note number in front of it."""
    if rest and rest[0]["t"] == "Str" and (mark := _BEFORE_NOTE.match(rest[0]["c"])):
        out.extend(nodes.text(mark[0]))
        rest[:1] = nodes.text(rest[0]["c"][mark.end() :])


def _take_period(out: list[Node], rest: list[Node]) -> bool:
    """Remove the full stop that stands before a citation at the end of its sentence."""
    if not out or out[-1]["t"] != "Str" or not (match := _PERIOD.search(out[-1]["c"])):
        return False
    before = out[-1]["c"][: match.start()]
    following = nodes.plain(rest).lstrip()
    beside = next((node for node in rest if node["t"] != "Space"), None)
    if beside is not None and beside["t"] == "Marker" and beside["c"][0] == "n":
        following = "A"  # the next sentence begins with its authors
    if not before and not match[1]:
        return False
    if following and (
        following[0].islower() or following[0] in ".,;:)" or ends_with_abbreviation(before)
    ):
        return False
    out[-1] = {"t": "Str", "c": before + match[1]}
    return True


def _append_with_spaces(out: list[Node], group: Node, rest: list[Node], *, period: bool) -> None:
    after_opening = bool(out) and out[-1]["t"] == "Str" and bool(_OPENING.search(out[-1]["c"]))
    if out and not after_opening and out[-1]["t"] != "LineBreak":
        out.append(nodes.space())
    out.append(group)
    if period:
        out.extend(nodes.text("."))
    if len(rest) > 1 and rest[0]["t"] == "Space" and rest[1]["t"] == "Str":
        if _CLOSING.match(rest[1]["c"]):
            del rest[0]
    elif rest and rest[0]["t"] == "Str" and rest[0]["c"][0].isalnum():
        out.append(nodes.space())
