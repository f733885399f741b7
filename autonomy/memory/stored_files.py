"""Which rows name the files in storage, and what goes when none does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, QuerySet

from autonomy.memory import storage
from autonomy.models import Check, Source, TurnitinCycle


class _Column(NamedTuple):
    model: type[Model]
    name: str
    owner: str
    """Path from the row to whom the file belongs."""


_COLUMNS = (
    _Column(Source, "file", "owner"),
    _Column(TurnitinCycle, "report_file", "run__owner"),
    _Column(Check, "report_file", "cycle__run__owner"),
)
FOLDERS = ("files", "reports")
"""Where such files are."""


def named(names: Iterable[str], but_of: User | None = None) -> set[str]:
    """Those of the names that some row has, the rows of `but_of` left out."""
    wanted = list(names)
    found: set[str] = set()
    for column in _COLUMNS:
        rows = _rows(column).filter(**{f"{column.name}__in": wanted})
        if but_of is not None:
            rows = rows.exclude(**{column.owner: but_of})
        found |= set(rows.values_list(column.name, flat=True))
    return found


@transaction.atomic
def remove_unnamed(name: str, but_of: User | None = None) -> bool:
    """Remove the bytes under a storage name that no row names any more, nor is about to name, the
    rows of `but_of` left out; whether they went."""
    storage.hold(storage.digest_of(name))
    if named([name], but_of):
        return False
    storage.remove(name)
    return True


def names_of(user: User) -> set[str]:
    """All files that belong to the person."""
    return {
        name
        for column in _COLUMNS
        for name in _rows(column)
        .filter(**{column.owner: user})
        .exclude(**{column.name: ""})
        .values_list(column.name, flat=True)
    }


def _rows(column: _Column) -> QuerySet[Any]:
    return column.model._default_manager.all()
