"""Choices and column helpers that the models share."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from enum import StrEnum

from django.db import models
from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A UUIDv7: time-ordered, so primary-key indexes stay compact."""
    return uuid7()


def choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value.replace("_", " ")) for member in kind]


def one_of(column: str, values: Iterable[str], name: str) -> models.CheckConstraint:
    """A CHECK that holds a state machine's column to its states."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{column}__in": sorted(str(v) for v in values)}), name=name
    )
