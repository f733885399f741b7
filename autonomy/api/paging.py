"""Cursor pagination: stable under inserts, no counting, no offsets."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from ninja import Schema
from pydantic import BaseModel, Field

from autonomy.services import Invalid

MAX_LIMIT = 200

Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
"""Query parameter: items per page."""

T = TypeVar("T")
M = TypeVar("M", bound=Model)


class Page(Schema, Generic[T]):
    """A stretch of a list and where the next one starts."""

    items: list[T]
    next_cursor: str | None = None
    """Send it back as `?cursor=` for what follows; null at the end."""


def bad_cursor() -> Invalid:
    return Invalid("This cursor is not one that this list gave out.", "bad_cursor")


def encode_cursor(values: Sequence[object]) -> str:
    raw = json.dumps([str(value) for value in values], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[str]:
    """The values behind a cursor.

    Raises:
        Invalid: it is none of ours.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or len(values) != length:
        raise bad_cursor()
    return [str(value) for value in values]


def page(
    rows: QuerySet[M],
    shape: Callable[[M], BaseModel],
    *,
    cursor: str | None,
    limit: int,
    order: tuple[str, ...] = ("-id",),
) -> dict[str, Any]:
    """One page of `rows` in `order`, which must end in a unique column; all columns run the same
    way. Primary keys are UUIDv7, so `-id` is newest first."""
    names = [name.lstrip("-") for name in order]
    side = "lt" if order[0].startswith("-") else "gt"
    if cursor:
        try:
            rows = rows.filter(_beyond(names, decode_cursor(cursor, len(names)), side))
        except (ValidationError, ValueError):  # a value that does not fit its column
            raise bad_cursor() from None
    found = list(rows.order_by(*order)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    following = None
    if more:
        following = encode_cursor([_plain(getattr(found[-1], name)) for name in names])
    return {"items": [shape(row) for row in found], "next_cursor": following}


def _plain(value: Any) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _beyond(names: list[str], values: list[str], side: str) -> Q:
    """(a, b) < (x, y) spelled out: a < x or (a = x and b < y)."""
    condition = Q()
    for depth, name in enumerate(names):
        equal = {names[i]: values[i] for i in range(depth)}
        condition |= Q(**equal, **{f"{name}__{side}": values[depth]})
    return condition
