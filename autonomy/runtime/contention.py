"""Transactions that met another one: tried again, and told apart from a database that is away."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)

TRIES = 5
PAUSE_SECONDS = 0.1
"""At most this long, times the number of the try, and at least half of it: the other one comes to
what it waited for before it is taken again. By chance, so that two do not meet again."""

COLLISIONS = frozenset({"40P01", "40001"})
"""SQLSTATEs of a transaction that PostgreSQL gave up for the sake of another: a deadlock, and a
serialization failure. https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html"""


def collided(error: BaseException) -> bool:
    """Whether the error says that another transaction was in the way, and nothing is broken."""
    return getattr(error.__cause__, "sqlstate", None) in COLLISIONS


def transacted(function: Callable[P, T]) -> Callable[P, T]:
    """Runs `function` in a transaction, and again when that was given up for another's sake.

    Inside a transaction it is part of that one, which alone can be tried again. `function` must do
    nothing that outlives a rollback but by `on_commit`.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        tries = 1 if connection.in_atomic_block else TRIES
        for number in range(1, tries + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if number == tries or not collided(error):
                    raise
                logger.info("%s met another transaction: try %d", function.__name__, number + 1)
                time.sleep(random.uniform(0.5, 1) * PAUSE_SECONDS * number)  # noqa: S311 - no secret
        raise AssertionError("the last try returns or raises")

    return run
