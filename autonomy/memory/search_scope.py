"""Which sources a search looks into: the owner's, and of those what the filter lets through."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from autonomy.core.ports import SearchFilter
from autonomy.core.types import FileStatus
from autonomy.memory.ids import uuids

_READ = (FileStatus.READY,)
_PARTLY_READ = (FileStatus.READY, FileStatus.EMBEDDING, FileStatus.PARSING)
_NONE = ("none",)
"""A filter that names no source that can be."""
_YEAR = "substring(s.csl #>> '{issued,date-parts,0,0}' FROM '^[0-9]{1,4}$')::int"


@dataclass(frozen=True, slots=True)
class Scope:
    """A condition over `autonomy_sources s`, and what it is called with."""

    condition: str
    parameters: dict[str, Any]


def scope_of(owner_id: int, within: SearchFilter, *, unfinished: bool = False) -> Scope:
    """The owner comes first and is never left out. Ids that are no UUIDs name nothing, so a filter
    of only such ids lets nothing through. A source without a year is outside every span of years.

    Args:
        unfinished: also sources of which only a part has been read.
    """
    conditions = ["s.owner_id = %(owner)s", "s.status = ANY(%(statuses)s)"]
    statuses = _PARTLY_READ if unfinished else _READ
    parameters: dict[str, Any] = {
        "owner": owner_id,
        "statuses": [str(status) for status in statuses],
    }

    def also(condition: str, **values: Any) -> None:
        conditions.append(condition)
        parameters.update(values)

    if within.source_ids:
        also("s.id = ANY(%(sources)s)", sources=uuids(within.source_ids))
    if within.conversation_id:
        # The chat app's table is read by its name: nothing here imports that app.
        also(
            "EXISTS (SELECT 1 FROM chat_uploads u WHERE u.source_id = s.id"
            " AND u.conversation_id = %(conversation)s AND u.owner_id = %(owner)s)",
            conversation=next(iter(uuids([within.conversation_id])), uuid.UUID(int=0)),
        )
    if within.from_year is not None:
        also(f"{_YEAR} >= %(from_year)s", from_year=within.from_year)
    if within.to_year is not None:
        also(f"{_YEAR} <= %(to_year)s", to_year=within.to_year)
    if within.types:
        also("s.csl ->> 'type' = ANY(%(types)s)", types=list(within.types))
    if within.readings:
        also("s.reading = ANY(%(readings)s)", readings=[str(each) for each in within.readings])
    if within.origins:
        also("s.origin = ANY(%(origins)s)", origins=[str(each) for each in within.origins])
    return Scope(" AND ".join(conditions), parameters)


def narrowed(within: SearchFilter, source_ids: Sequence[str]) -> SearchFilter:
    """`within` for these sources only; where it named some itself, for those that both name."""
    if within.source_ids:
        allowed = set(uuids(within.source_ids))
        both = tuple(str(key) for key in uuids(source_ids) if key in allowed)
        return replace(within, source_ids=both or _NONE)
    return replace(within, source_ids=tuple(source_ids))
