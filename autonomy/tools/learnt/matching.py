"""For a place whose value is gone or has another form: where it stands now, and how it is turned
back. Decided by values that are known to be the same; names can only support or forbid."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autonomy.tools.learnt.coercions import COERCIONS, NotCoercible
from autonomy.tools.learnt.evidence import same
from autonomy.tools.learnt.field_names import Kinship, conflict, kinship, words
from autonomy.tools.learnt.leaves import Leaves, Position
from autonomy.tools.learnt.pointers import EVERY, Path, written

AMPLE_VALUES = 8
"""Distinct values, over at least two calls, that decide where one name says more than the other."""
FEW_VALUES = 2
"""Distinct values that decide where the names agree."""
COMPARED_FLAGS = 4
"""Comparisons of a value that has few forms (true and false, say): any two such fields may agree
now and then."""
PAIR_SEEN = 5
"""How often each pair of a mapping of values must be seen when its words do not say it."""
ENUM_VALUES = 30

Operation = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Found:
    """Where the value of a place stands now, and the operations that give it its form there
    (written for the promised place)."""

    target: Path
    source: Path
    shape: tuple[Operation, ...] = ()
    contained: bool = False
    """It has the same name in another object: what moved with it has to be looked at too."""


@dataclass(frozen=True)
class NotDecided:
    """Why no place can be said to hold it."""

    reason: str


def values_of(calls: Sequence[Leaves], path: Path) -> list[dict[Position, Any]]:
    return [leaves.get(path, {}) for leaves in calls]


def find(
    target: Path,
    old: Sequence[Leaves],
    new: Sequence[Leaves],
    *,
    sources: Sequence[Path],
    schema: Mapping[str, Any],
) -> Found | NotDecided:
    """Where the promised place `target` stands in the new answers.

    Args:
        old, new: leaves of the recorded results and of the new answers, call by call.
        sources: places that may hold it now.
        schema: what is promised there.
    """
    name = written(target)
    wanted = values_of(old, target)
    matches: list[Found] = []
    doubtful = ""
    for source in sources:
        found = _explain(target, source, wanted, values_of(new, source), schema)
        if isinstance(found, Found):
            matches.append(found)
        elif found is not None:
            doubtful = doubtful or found.reason
    if len(matches) > 1:
        places = ", ".join(f"“{written(match.source)}”" for match in matches[:3])
        return NotDecided(f"“{name}” may now be {places}: more than one has its values")
    if not matches:
        return NotDecided(
            doubtful or f"“{name}” is gone, and nothing in the new answers has its values"
        )
    (match,) = matches
    why = _undecided(match, wanted)
    if why:
        return NotDecided(why)
    contained = target != match.source and kinship(target, match.source) is Kinship.CONTAINED
    return replace(match, contained=contained)


def _explain(
    target: Path,
    source: Path,
    wanted: Sequence[dict[Position, Any]],
    given: Sequence[dict[Position, Any]],
    schema: Mapping[str, Any],
) -> Found | NotDecided | None:
    """How `given` becomes `wanted`; None when it does not."""
    stars, target_stars = source.count(EVERY), target.count(EVERY)
    if stars == target_stars + 1 and source[-1] == EVERY:
        return _unwrapped(target, source, wanted, given)
    if stars != target_stars:
        return None
    if any(mine.keys() != theirs.keys() for mine, theirs in zip(wanted, given, strict=True)):
        return None
    couples = [
        (theirs[at], mine[at]) for mine, theirs in zip(wanted, given, strict=True) for at in mine
    ]
    if not couples:
        return None
    if all(same(now, before) for now, before in couples):
        return Found(target, source)
    return _coerced(target, source, couples, schema) or _mapped(target, source, couples, schema)


def _unwrapped(
    target: Path,
    source: Path,
    wanted: Sequence[dict[Position, Any]],
    given: Sequence[dict[Position, Any]],
) -> Found | None:
    for mine, theirs in zip(wanted, given, strict=True):
        if {(*at, 0) for at in mine} != theirs.keys():
            return None
        if not all(same(theirs[*at, 0], value) for at, value in mine.items()):
            return None
    if not any(wanted):
        return None
    return Found(target, source[:-1], (("unwrap", {"at": written(target)}),))


def _coerced(
    target: Path, source: Path, couples: Sequence[tuple[Any, Any]], schema: Mapping[str, Any]
) -> Found | NotDecided | None:
    fitting = [
        name
        for name, coercion in COERCIONS.items()
        if all(_gives(coercion, now, before) for now, before in couples)
    ]
    if not fitting:
        return None
    if "integer" in fitting and "number" in fitting:
        fitting.remove("number" if _whole(schema) else "integer")
    if len(fitting) > 1:
        return NotDecided(
            f"“{written(target)}” may have to be read as {' or '.join(fitting)}: "
            "what was recorded does not tell which"
        )
    name = fitting[0]
    before = [value for _, value in couples if value is not None]
    if name == "text" and not _no_zeros_in_front(schema, before):
        return NotDecided(
            f"“{written(target)}” was a text and is a number now, so zeros in front may be lost; "
            "the contract does not say that it never has any"
        )
    if name in ("zero_one_to_boolean", "boolean_to_zero_one") and (
        len({json.dumps(value) for value in before}) < 2 or len(before) < COMPARED_FLAGS
    ):
        return NotDecided(f"too few values of “{written(target)}” were recorded to tell 0 from 1")
    return Found(target, source, (("coerce", {"at": written(target), "as": name}),))


def _gives(coercion: Callable[[Any], Any], now: Any, before: Any) -> bool:
    if now is None or before is None:
        return now is before
    try:
        return same(coercion(now), before)
    except NotCoercible:
        return False


def _no_zeros_in_front(schema: Mapping[str, Any], before: Sequence[Any]) -> bool:
    """Whether the promised pattern forbids zeros in front of what was recorded."""
    pattern = schema.get("pattern")
    if not isinstance(pattern, str) or len(pattern) > 200:
        return False
    try:
        return not any(re.search(pattern, f"0{value}") for value in before if len(value) < 100)
    except re.error:
        return False


def _whole(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", "integer")
    return "integer" in kinds if isinstance(kinds, list) else kinds == "integer"


def _mapped(
    target: Path, source: Path, couples: Sequence[tuple[Any, Any]], schema: Mapping[str, Any]
) -> Found | NotDecided | None:
    """A change of the values of an enumeration, told by values alone."""
    allowed = schema.get("enum")
    if not isinstance(allowed, list) or len(allowed) > ENUM_VALUES:
        return None
    seen: dict[str, set[str]] = {}
    times: dict[tuple[str, str], int] = {}
    for now, before in couples:
        if (now is None) != (before is None) or isinstance(now, list | dict):
            return None
        if now is None:
            continue
        one, other = json.dumps(now), json.dumps(before)
        seen.setdefault(one, set()).add(other)
        times[one, other] = times.get((one, other), 0) + 1
    backwards = {other for others in seen.values() for other in others}
    if any(len(others) > 1 for others in seen.values()) or len(backwards) != len(seen):
        return None
    pairs = list(times)
    changed = [(one, other) for one, other in pairs if one != other]
    taken = {other for _, other in pairs} | {json.dumps(value) for value in allowed}
    crossed = sorted(one for one, _ in changed if one in taken)
    name = written(target)
    if crossed:
        return NotDecided(
            f"{crossed[0]} of “{name}” was another value before; old and new cannot be told apart"
        )
    for one, other in changed:
        alike = "".join(words(one)) == "".join(words(other))
        if not alike and (times[one, other] < PAIR_SEEN or len(pairs) < 2):
            return NotDecided(
                f"{one} of “{name}” stood for {other} only {times[one, other]} "
                f"{'time' if times[one, other] == 1 else 'times'}, too seldom to be sure"
            )
    values = [{"from": json.loads(one), "to": json.loads(other)} for one, other in sorted(pairs)]
    return Found(target, source, (("map", {"at": name, "values": values}),))


def _undecided(match: Found, wanted: Sequence[dict[Position, Any]]) -> str:
    """Why the values that agree do not decide it; empty when they do."""
    name, now = written(match.target), written(match.source)
    per_call = [[v for v in call.values() if v not in (None, [], {})] for call in wanted]
    values = {json.dumps(value) for call in per_call for value in call}
    compared = sum(map(len, per_call))
    if match.source == match.target:
        return "" if values else f"“{name}” never had a value that could be compared"
    veto = conflict(match.target, match.source)
    if veto:
        return (
            f"“{now}” has the recorded values of “{name}”, but “{veto}” in a name makes it "
            "another field"
        )
    flags = all(isinstance(v, bool) for call in per_call for v in call)
    if match.shape and match.shape[0][0] == "map":
        flags = True
    near = kinship(match.target, match.source)
    if near is Kinship.NONE:
        return f"“{now}” has the recorded values of “{name}”, but its name does not say that it means the same"
    calls = sum(1 for call in per_call if call)
    if near is Kinship.CONTAINED:
        return "" if values else f"“{name}” never had a value that could be compared"
    few = len(values) < FEW_VALUES or (flags and compared < COMPARED_FLAGS)
    if near is Kinship.LOOSE:
        few = flags or len(values) < AMPLE_VALUES or calls < 2
    if few:
        return f"too few values of “{name}” were recorded to be sure that “{now}” is the same"
    return ""
