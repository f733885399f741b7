"""The operations that bring new answers back into the form of recorded results: lists first, then
what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autonomy.tools.learnt import pointers
from autonomy.tools.learnt.evidence import Steadiness, same
from autonomy.tools.learnt.field_names import Kinship, conflict, kinship
from autonomy.tools.learnt.leaves import Leaves, Position, declared, leaves_of, promised, schema_at
from autonomy.tools.learnt.matching import (
    AMPLE_VALUES,
    FEW_VALUES,
    Found,
    NotDecided,
    Operation,
    find,
    values_of,
)
from autonomy.tools.learnt.moves import collapsed, lists_of, said_of_moves, said_of_shape
from autonomy.tools.learnt.operations import NotApplicable, carry_out
from autonomy.tools.learnt.pointers import EVERY, Path, written

LIST_MOVES = 4
"""Lists that may have moved at once."""


class NotAligned(Exception):
    """The form cannot be brought back for certain; the message says why, for people."""


@dataclass(frozen=True)
class Realigned:
    operations: tuple[Operation, ...] = ()
    changes: tuple[tuple[str, str], ...] = ()
    """Kind and sentence of each thing that changed."""


@dataclass(frozen=True)
class _Comparison:
    schema: Mapping[str, Any]
    recorded: Sequence[Any]
    new: Sequence[Any]
    known: set[Path]
    """Places that there were before."""
    steadiness: Steadiness

    def after(self, operation: Operation) -> _Comparison:
        try:
            return replace(self, new=[carry_out([operation], value) for value in self.new])
        except NotApplicable as error:
            raise NotAligned(error.why) from error


def aligned(
    schema: Mapping[str, Any],
    recorded: Sequence[Any],
    new: Sequence[Any],
    known: set[Path],
    steadiness: Steadiness,
) -> Realigned:
    """What turns each of `new` into the form of the recorded result beside it.

    Args:
        known: places of answers before; what stands there is never taken for something else.

    Raises:
        NotAligned: the evidence does not decide.
    """
    return _aligned(_Comparison(schema, recorded, new, known, steadiness), 0)


def _aligned(now: _Comparison, moved: int) -> Realigned:
    gone = _list_that_is_gone(now)
    if gone is None:
        return _fields(now)
    if moved >= LIST_MOVES:
        raise NotAligned("too many lists are elsewhere")
    found: list[Realigned] = []
    refusals: list[str] = []
    for source in _lists_that_may_be(gone, now):
        operation: Operation = ("move", {"from": written(source), "to": written(gone)})
        try:
            rest = _aligned(now.after(operation), moved + 1)
        except NotAligned as error:
            refusals.append(str(error))
            continue
        why = _unsure_list(gone, source, now)
        if why:
            refusals.append(why)
            continue
        found.append(
            Realigned((operation, *rest.operations), (_said_of_list(gone, source), *rest.changes))
        )
    if len(found) > 1:
        raise NotAligned(f"more than one list may be “{written(gone)}” now")
    if not found:
        name = written(gone) or "the list"
        raise NotAligned(
            refusals[0] if refusals else f"“{name}” is gone, and no list has its values"
        )
    return found[0]


def _said_of_list(gone: Path, source: Path) -> tuple[str, str]:
    same_parent = bool(gone and source) and gone[:-1] == source[:-1]
    kind = "rename" if same_parent and EVERY in gone else "pagination"
    was, is_now = written(gone) or "the whole answer", written(source) or "the whole answer"
    return kind, f"the list “{was}” is “{is_now}” now"


def _list_that_is_gone(now: _Comparison) -> Path | None:
    """The outermost promised list of the recorded results that no new answer has."""
    there = {path for value in now.new for path in lists_of(value)}
    missing = {
        path
        for value in now.recorded
        for path, lengths in lists_of(value).items()
        if path not in there and promised(now.schema, path) and any(lengths.values())
    }
    places = {path for value in now.new for path in leaves_of(value)}
    # A single value in the place of a list is another change, see `_fields`.
    return min((p for p in missing if p not in places), key=len, default=None)


def _lists_that_may_be(gone: Path, now: _Comparison) -> list[Path]:
    lengths = [lists_of(value).get(gone, {}) for value in now.recorded]
    candidates = {path for value in now.new for path in lists_of(value)}
    fitting = []
    for path in sorted(candidates, key=lambda path: (len(path), path)):
        if any(known[: len(path) + 1] == (*path, EVERY) for known in now.known):
            continue
        if not pointers.fits(path, gone) or (EVERY in path and path[-1] == EVERY):
            continue
        if [lists_of(value).get(path, {}) for value in now.new] == lengths:
            fitting.append(path)
    return fitting


def _unsure_list(gone: Path, source: Path, now: _Comparison) -> str:
    """Why a list that fits may still be another one; empty when it is sure."""
    veto = conflict(gone, source)
    if veto:
        return f"“{written(source)}” may be the list “{written(gone)}”, but “{veto}” in a name makes it another"
    leaves = [leaves_of(value) for value in now.recorded]
    per_call = [
        {
            repr(v)
            for path, values in call.items()
            if path[: len(gone)] == gone
            for v in values.values()
        }
        for call in leaves
    ]
    distinct = len(set().union(*per_call))
    near = kinship(gone, source)
    if near is Kinship.NONE:
        return f"“{written(source)}” holds what “{written(gone)}” did, but its name does not say that it is the same"
    calls = sum(map(bool, per_call))
    close = near is Kinship.CLOSE
    if distinct < (FEW_VALUES if close else AMPLE_VALUES) or (not close and calls < 2):
        return f"too few values of “{written(gone)}” were recorded to be sure that it is “{written(source)}” now"
    return ""


def _fields(now: _Comparison) -> Realigned:
    old = [leaves_of(value) for value in now.recorded]
    new = [leaves_of(value) for value in now.new]
    wraps = _wrapped(old, new, now)
    if wraps is not None:
        return wraps
    found: list[Found] = []
    fresh_places = sorted({path for call in new for path in call} - now.known)
    for target in _changed(old, new, now):
        present = any(target in call for call in new)
        sources = [target] if present else fresh_places
        sought = find(target, old, new, sources=sources, schema=schema_at(now.schema, target) or {})
        if isinstance(sought, NotDecided):
            raise NotAligned(
                _why_changed(target, old, new) if present and _plain(sought) else sought.reason
            )
        found.append(sought)
    taken: dict[Path, Path] = {}
    for match in found:
        if match.source in taken:
            both = f"“{written(taken[match.source])}” and “{written(match.target)}”"
            raise NotAligned(f"“{written(match.source)}” may be {both}")
        taken[match.source] = match.target
    _moved_together(found, old)
    _nothing_overlooked(old, fresh_places, set(taken), now)
    everywhere = {path for call in old for path in call if promised(now.schema, path)}
    moves = collapsed([m for m in found if m.source != m.target], everywhere)
    operations: list[Operation] = [
        ("move" if s[:-1] != t[:-1] else "rename", {"from": written(s), "to": written(t)})
        for t, s in moves
    ]
    operations += [operation for match in found for operation in match.shape]
    changes = [said_of_moves(target, source) for target, source in moves]
    changes += [said_of_shape(match) for match in found if match.shape]
    return Realigned(tuple(operations), tuple(changes))


def _moved_together(found: Sequence[Found], old: Sequence[Leaves]) -> None:
    """Fields that keep their names and have another object around them decide it together."""
    groups: dict[tuple[Path, Path], list[Found]] = {}
    for match in found:
        if match.contained:
            groups.setdefault((match.target[:-1], match.source[:-1]), []).append(match)
    for (around, now), members in groups.items():
        per_call = [
            {repr(value) for member in members for value in call.get(member.target, {}).values()}
            for call in old
        ]
        if len(set().union(*per_call)) < AMPLE_VALUES or sum(map(bool, per_call)) < 2:
            raise NotAligned(
                f"too few values were recorded to be sure that what was in “{written(around)}” is "
                f"in “{written(now)}” now"
            )


def _plain(sought: NotDecided) -> bool:
    return "is gone" in sought.reason


def _why_changed(target: Path, old: Sequence[Leaves], new: Sequence[Leaves]) -> str:
    name = written(target) or "the answer"
    for mine, theirs in zip(values_of(old, target), values_of(new, target), strict=True):
        if mine.keys() != theirs.keys():
            kept = len(mine.keys() & theirs.keys())
            return f"of {len(mine)} recorded values of “{name}”, the new answer has {kept}"
        for at, value in mine.items():
            if not same(value, theirs[at]):
                return (
                    f"“{name}” was {str(value)[:50]!r} and is {str(theirs[at])[:50]!r} now: it "
                    "has another meaning or unit, or the data changed"
                )
    return f"“{name}” changed"


def _changed(old: Sequence[Leaves], new: Sequence[Leaves], now: _Comparison) -> list[Path]:
    """Promised places whose recorded values the new answers do not have there."""
    changed = []
    for path in sorted({path for call in old for path in call}):
        if not promised(now.schema, path):
            continue
        couples = list(zip(values_of(old, path), values_of(new, path), strict=True))
        if path in now.steadiness.varying:
            if any(mine.keys() != theirs.keys() for mine, theirs in couples):
                name = written(path)
                raise NotAligned(
                    f"“{name}” is gone, and it varies too much to be found by its values"
                )
        elif any(not _equal(mine, theirs) for mine, theirs in couples):
            changed.append(path)
    return changed


def _equal(mine: Mapping[Position, Any], theirs: Mapping[Position, Any]) -> bool:
    return mine.keys() == theirs.keys() and all(same(mine[at], theirs[at]) for at in mine)


def _wrapped(old: Sequence[Leaves], new: Sequence[Leaves], now: _Comparison) -> Realigned | None:
    """A list with one item that comes without its list now, known to be so because lists with more
    still come as lists."""
    for path in _changed(old, new, now):
        if not path or path[-1] != EVERY:
            continue
        single = path[:-1]
        alone = [value for call in new for value in call.get(single, {}).values()]
        if not any(not isinstance(value, list | dict) for value in alone):
            continue
        longer = any(at[-1:] == (1,) for call in new for at in call.get(path, {}))
        if not longer:
            raise NotAligned(
                f"“{written(single)}” was a list and is a single value now: what became of "
                "lists with more than one is not known"
            )
        operation: Operation = ("wrap", {"at": written(single)})
        rest = _fields(now.after(operation))
        said = ("list", f"“{written(single)}” comes without its list when it has one item")
        return Realigned((operation, *rest.operations), (said, *rest.changes))
    return None


def _nothing_overlooked(
    old: Sequence[Leaves], fresh_places: Sequence[Path], taken: set[Path], now: _Comparison
) -> None:
    """A promised place that no recording had may have been renamed too, unseen."""
    seen = {path[:length] for call in old for path in call for length in range(len(path) + 1)}
    unseen = [path for path in declared(now.schema) if path not in seen]
    for place in fresh_places:
        if place in taken or any(place[: len(source)] == source for source in taken):
            continue
        for path in unseen:
            if pointers.fits(place, path) and place != path and kinship(path, place):
                raise NotAligned(
                    f"“{written(place)}” is new and may be “{written(path)}”, of which nothing was recorded"
                )
