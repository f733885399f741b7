"""What is held against each other: recorded results and new answers to the same arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing.exceptions import Unresolvable

from autonomy.core.learnt import Exchange
from autonomy.tools.learnt import pointers
from autonomy.tools.learnt.leaves import Leaves, leaves_of, promised
from autonomy.tools.learnt.pointers import Path


@dataclass(frozen=True)
class Pair:
    """One call as it was recorded and as it is answered now."""

    recorded: Exchange
    fresh: Exchange


def same(one: Any, other: Any) -> bool:
    """Equal as JSON is written: 1 is neither true nor 1.0."""
    return type(one) is type(other) and bool(one == other)


def of_arguments(arguments: Mapping[str, Any]) -> str:
    """One text for equal arguments."""
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False, default=str)


def good(recordings: Iterable[Exchange]) -> list[Exchange]:
    """Those that ended in a result."""
    return [r for r in recordings if 200 <= r.status < 300 and r.result is not None]


def pairs_of(recordings: Sequence[Exchange], fresh: Sequence[Exchange]) -> list[Pair]:
    """Each new answer with the latest recorded result for the same arguments; recordings are
    oldest first."""
    latest = {of_arguments(r.arguments): r for r in good(recordings)}
    now = {of_arguments(f.arguments): f for f in fresh}
    return [Pair(latest[key], now[key]) for key in now if key in latest]


class Steadiness:
    """Which places of the results vary although the arguments are the same."""

    def __init__(self, recordings: Sequence[Exchange]) -> None:
        self._seen: dict[Path, list[Any]] = {}
        self.varying: set[Path] = set()
        self.lists_vary = False
        groups: dict[str, list[Leaves]] = {}
        for recording in good(recordings):
            groups.setdefault(of_arguments(recording.arguments), []).append(
                leaves_of(recording.result)
            )
        for group in groups.values():
            for leaves in group:
                for path, values in leaves.items():
                    self._seen.setdefault(path, []).extend(values.values())
            first, *others = group
            for leaves in others:
                for path in set(first) | set(leaves):
                    mine, theirs = first.get(path, {}), leaves.get(path, {})
                    if mine.keys() != theirs.keys():
                        self.lists_vary = True
                    elif any(not same(mine[at], theirs[at]) for at in mine):
                        self.varying.add(path)

    def plausible(self, path: Path, value: Any) -> bool:
        """Whether a value at a varying place is one as it has been seen there: of the same type;
        numbers no farther out than the span of those recorded, texts of a recorded form."""
        seen = [item for item in self._seen.get(path, ()) if type(item) is type(value)]
        if not seen:
            return False
        if isinstance(value, bool) or value is None:
            return True
        if isinstance(value, int | float):
            low, high = min(seen), max(seen)
            return bool(low - (high - low) <= value <= high + (high - low))
        return _form(str(value)) in {_form(str(item)) for item in seen}


def _form(text: str) -> str:
    return re.sub(r"[a-z]+", "a", re.sub(r"[0-9]+", "9", text.lower()))


def invalid(schema: Mapping[str, Any], result: Any) -> str:
    """Why a result is not what the schema promises; empty when it is."""
    try:
        Draft202012Validator(dict(schema)).validate(result)
    except ValidationError as error:
        where = "/".join(str(part) for part in error.absolute_path)
        return f"at “/{where}”: {error.message[:200]}"
    except (SchemaError, Unresolvable, RecursionError) as error:
        return f"the schema itself cannot be used: {str(error)[:200]}"
    return ""


def lost(schema: Mapping[str, Any], recorded: Any, now: Any, steadiness: Steadiness) -> str:
    """What of a recorded result a new one does not have, in words; empty when all promised values
    are kept."""
    old, new = leaves_of(recorded), leaves_of(now)
    for path, values in old.items():
        if not promised(schema, path):
            continue
        found = new.get(path, {})
        name = pointers.written(path) or "the result"
        for position, value in values.items():
            if position not in found:
                return f"“{name}” is missing in {len(values.keys() - found.keys())} of {len(values)} places"
            if path in steadiness.varying:
                if not steadiness.plausible(path, found[position]):
                    return f"“{name}” is now {_shown(found[position])}, unlike any recorded value"
            elif not same(value, found[position]):
                return f"“{name}” was {_shown(value)} and is {_shown(found[position])} now"
        if found.keys() - values.keys():
            more = len(found.keys() - values.keys())
            return (
                f"“{name}” stands in {more} more {'place' if more == 1 else 'places'} than recorded"
            )
    return ""


def _shown(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else shown[:59] + "…"
