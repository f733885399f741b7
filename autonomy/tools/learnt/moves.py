"""Moves of fields taken together, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autonomy.tools.learnt import pointers
from autonomy.tools.learnt.matching import Found
from autonomy.tools.learnt.pointers import EVERY, Path, key, written

Move = tuple[Path, Path]
"""Promised place, and where it is now."""

NEXT_PAGE = frozenset({"next", "cursor", "next_cursor", "next_page", "page", "total", "count"})


def lists_of(value: Any) -> Mapping[Path, Mapping[tuple[int, ...], int]]:
    """The length of every list, by the kind of its place and its position."""
    found: dict[Path, dict[tuple[int, ...], int]] = {}
    waiting: list[tuple[Any, Path, tuple[int, ...]]] = [(value, (), ())]
    while waiting:
        here, path, position = waiting.pop()
        if isinstance(here, list):
            found.setdefault(path, {})[position] = len(here)
            waiting += [(v, (*path, EVERY), (*position, n)) for n, v in enumerate(here)]
        elif isinstance(here, dict):
            waiting += [
                (v, (*path, pointers.EVERY_KEY if k == EVERY else str(k)), position)
                for k, v in here.items()
            ]
    return found


def collapsed(found: Sequence[Found], everywhere: set[Path]) -> list[Move]:
    """The moves of `found`; fields that moved together move as their object, so that those of its
    fields that no recording had come along.

    Args:
        everywhere: all promised places that recordings have.
    """
    moves = {match.target: match.source for match in found}
    groups: dict[Move, set[Path]] = {}
    for target, source in moves.items():
        for cut in range(1, min(len(target), len(source))):
            if target[-cut:] != source[-cut:] or EVERY in target[-cut:]:
                break
            above = (target[:-cut], source[:-cut])
            if not above[1] or above[0][-1:] == (EVERY,) or above[1][-1:] == (EVERY,):
                break
            groups.setdefault(above, set()).add(target)
    for above in sorted(groups, key=lambda move: len(move[0])):
        members = groups[above]
        inside = {path for path in everywhere if path[: len(above[0])] == above[0]}
        if inside == members and members <= moves.keys() and _free(above, moves):
            for member in members:
                del moves[member]
            moves[above[0]] = above[1]
    # Outer places first: a field may then be found where its object is now.
    return sorted(moves.items(), key=lambda move: (len(move[1]), move))


def _free(above: Move, moves: Mapping[Path, Path]) -> bool:
    """Neither place is inside the other, and no other field comes out of the same object."""
    target, source = above
    if target[: len(source)] == source or (target and source[: len(target)] == target):
        return False
    return not any(
        place[: len(source)] == source and name[: len(target)] != target
        for name, place in moves.items()
    )


def said_of_moves(target: Path, source: Path) -> tuple[str, str]:
    """Kind and sentence of a move."""
    was, now = written(target) or "the whole answer", written(source)
    if key(target[-1]) in NEXT_PAGE if target and EVERY not in target else False:
        return "pagination", f"“{was}” of its pages is “{now}” now"
    if target and target[:-1] == source[:-1]:
        return "rename", f"renamed “{key(target[-1])}” to “{key(source[-1])}”"
    if len(source) > len(target):
        return "nest", f"put “{was}” further in, at “{now}”"
    if len(source) < len(target):
        return "flatten", f"lifted “{was}” out, to “{now}”"
    return "move", f"moved “{was}” to “{now}”"


def said_of_shape(match: Found) -> tuple[str, str]:
    """Kind and sentence of a new form of a value."""
    name = written(match.target)
    operation, given = match.shape[0]
    if operation == "map":
        pairs = [pair for pair in given["values"] if pair["from"] != pair["to"]]
        shown = ", ".join(f"{pair['to']!r} is {pair['from']!r}" for pair in pairs[:4])
        return "values", f"writes the values of “{name}” in another way ({shown})"
    if operation == "unwrap":
        return "list", f"puts “{name}” into a list of one"
    return "type", f"writes “{name}” in another form (turned back: {given['as'].replace('_', ' ')})"
