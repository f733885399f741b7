"""What the sections of a program have in common: names, units and places of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

from autonomy.core.analysis import Column, TableProfile


def head(title: str) -> str:
    return f"\n# {'-' * 20} {' '.join(title.split())[:60]}"


def of_filled_rows(part: str, columns: Sequence[Column], body: str) -> str:
    """A section about the rows, called `used` in `body`, that have a value in all `columns`; or the
    sentence that there is none. `part` is the heading of the part that `body` adds."""
    names = " and ".join(f"“{column.label}”" for column in columns)
    none = f"No row has a value of {names}, so nothing was computed of them."
    return f"""{head(part)}
used = data[{[column.name for column in columns]!r}].dropna()
if len(used):
{indent(body.strip(), "    ")}
else:
    add_part({part!r}, "", [], [say({none!r})])
"""


def with_unit(column: Column) -> str:
    return f"{column.label} ({column.unit})" if column.unit else column.label


def heading(text: str) -> str:
    """As a heading or a title begins: with a capital."""
    return text[:1].upper() + text[1:]


def unit_behind(column: Column) -> str:
    """The unit as it stands behind a number in a sentence."""
    return f" {column.unit}" if column.unit else ""


def places_of(column: Column) -> int:
    """Places for means and the like: one more than the data have, three significant ones at least
    for small numbers."""
    top = max(abs(column.minimum or 0), abs(column.maximum or 0))
    needed = 3 if top < 1 else 2 if top < 100 else 1
    return min(
        max(column.decimals + (0 if column.decimals >= 2 else 1), needed if column.decimals else 1),
        4,
    )


def column_of(profile: TableProfile, name: str) -> Column:
    found = profile.named(name)
    if found is None:
        raise KeyError(name)
    return found


_SHORT_WORDS = 3


def spoken_name(column: Column) -> str:
    """A column's name as it stands in a sentence: one that is half a sentence itself is quoted."""
    label = column.label
    return label if len(label.split()) <= _SHORT_WORDS else f"“{label}”"
