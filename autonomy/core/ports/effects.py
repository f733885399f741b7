"""Calls of the outside that happen once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Protocol, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


class Repeat(StrEnum):
    """What may be done when nobody knows whether a call was carried out."""

    READ = "read"
    """Nothing outside changes: call again."""
    IDEMPOTENT = "idempotent"
    """The callee knows repetitions by the key it is given: call again with the same key."""
    ONCE = "once"
    """Never call again before somebody has said that it was not done."""


class Asked(StrEnum):
    """What the outside says of a call whose result it cannot give."""

    NOT_DONE = "not_done"
    CANNOT_SAY = "cannot_say"


class NotDone(Exception):
    """Raised by a call that is sure to have changed nothing outside, so that it may be made again.

    Any other exception of a call that is not `Repeat.READ` leaves its outcome unknown: the request
    may have arrived.
    """


class OutcomeUnknown(Exception):
    """A call may have changed the outside world; nobody can say whether it did. It is not made
    again under this key until it is settled."""

    def __init__(self, key: str, kind: str, why: str = "") -> None:
        super().__init__(f"the outcome of {kind} “{key}” is unknown{f': {why}' if why else ''}")
        self.key = key
        self.kind = kind
        self.why = why


class ResultLost(Exception):
    """A call was carried out, but what it returned is not at hand: it was too large to keep, or
    a person settled it without a result. It is not made again."""

    def __init__(self, key: str, kind: str, why: str) -> None:
        super().__init__(f"{kind} “{key}” was done, but its result is lost: {why}")
        self.key = key
        self.kind = kind
        self.why = why


class ResultTooLarge(ResultLost):
    """A `Repeat.READ` call returned more than is kept. Nothing was changed outside; asking for
    less may help."""


class Effects(Protocol):
    """Exactly-once ledger of everything that costs money or touches the outside."""

    async def once(
        self,
        key: str,
        kind: str,
        call: Callable[[], Awaitable[M]],
        model: type[M],
        *,
        repeat: Repeat | None = None,
        reconcile: Callable[[], Awaitable[M | Asked]] | None = None,
    ) -> M:
        """Run `call` and record its result under `key`, or return the recorded result.

        Args:
            key: the same when a crashed superstep is run again: `task_id` and a call index.
            repeat: what a lost outcome allows; None takes it from `kind` (model calls are READ,
                what is not known to be harmless is ONCE).
            reconcile: asks the outside whether the call under this key was carried out: its
                result, or an `Asked`. Only needed for `Repeat.ONCE`.

        Raises:
            OutcomeUnknown, ResultLost: see there.
            Whatever `call` raises, when that leaves no doubt about the outside.
        """
        ...

    def outside_key(self, key: str) -> str:
        """The name of the call for the other side (an `Idempotency-Key`): unique over all runs,
        at most 255 printable characters, the same at every repetition."""
        ...
