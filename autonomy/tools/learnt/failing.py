"""How calls of learnt tools fail, in codes that the self-debugger can act on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autonomy.core.learnt import Exchange
from autonomy.tools.learnt.schemas import Problem
from autonomy.tools.registry import ToolFailure

QUOTA_SECONDS = 3_600.0
"""Who asks to be left alone for so long has a quota, not a rate."""

REFUSED_REQUEST = frozenset({400, 409, 422})
"""Statuses under which an API that changed its parameters refuses what its contract allows."""


def blames_wrapper(code: str, status: int | None) -> bool:
    """Whether a wrapper may be the cause of a failure, so that another one may be the remedy: a
    dead host is none of its doing, nor are arguments that never left.

    Args:
        status: of the answer, where there was one.
    """
    return code in ("schema_drift", "bug") or (code == "bad_input" and status in REFUSED_REQUEST)


class LearntFailure(ToolFailure):
    """A call that brought no result and changed nothing outside.

    `error.code` is one of `bad_input` (the arguments), `auth`, `quota`, `rate_limited`,
    `unavailable` (it may work later), `dead_host` (nobody is there), `schema_drift` (it answered,
    and not as its contract says), `too_large`, `bug` (the wrapper), `not_allowed`.
    `error.detail` has `tool`, and as far as known `status`, `media_type`, `pointer`, `expected`,
    `got`, `problems`, `retry_after` (seconds), `wanted` (schemes of secrets).
    """

    def __init__(
        self, code: str, message: str, *, exchange: Exchange | None = None, **detail: Any
    ) -> None:
        super().__init__(code, message, **{k: v for k, v in detail.items() if v is not None})
        self.exchange = exchange
        """The call as it went over the line, where it did."""


class CallInDoubt(Exception):
    """A call that may have changed something outside, and brought no result that can be used."""

    def __init__(self, message: str, exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.exchange = exchange


def no_result(name: str, code: str, says: str, *, may_be_done: bool) -> LearntFailure | CallInDoubt:
    """What a call that brought nothing to use is given up with.

    Args:
        may_be_done: what it should change may have been changed, so that it is in doubt and not
            called again by itself.
    """
    message = f"{name}: {says}"
    if may_be_done:
        return CallInDoubt(message)
    return LearntFailure(code, message, tool=name)


def drifted(name: str, found: Sequence[Problem], exchange: Exchange) -> LearntFailure:
    """An answer that is not what the tool promised."""
    first = found[0]
    return LearntFailure(
        "schema_drift",
        f"{name} no longer answers as it promised: {first.words}.",
        exchange=exchange,
        tool=name,
        status=exchange.status,
        media_type=exchange.media_type,
        pointer=first.pointer,
        expected=first.expected,
        got=first.got,
        problems=[
            {"pointer": p.pointer, "expected": p.expected, "got": p.got, "keyword": p.keyword}
            for p in found
        ],
    )


def bad_input(name: str, found: Sequence[Problem]) -> LearntFailure:
    """Arguments that are not what the tool takes; in the form that the registry's own have."""
    return LearntFailure(
        "bad_input",
        f"{name} refused its input: {found[0].words}.",
        tool=name,
        problems=[
            {
                "field": p.pointer.strip("/").replace("/", "."),
                "problem": f"expected {p.expected}, got {p.got}",
                "type": p.keyword,
            }
            for p in found
        ],
    )


def by_status(
    name: str, exchange: Exchange, retry_after: float | None, *, path_arguments: bool
) -> LearntFailure:
    """An answer whose status says that it is no result."""
    status = exchange.status
    code, says = _meaning(status, retry_after, path_arguments)
    return LearntFailure(
        code,
        f"{name} {says} (status {status}).",
        exchange=exchange,
        tool=name,
        status=status,
        media_type=exchange.media_type,
        retry_after=retry_after,
        pointer="" if code == "schema_drift" else None,
        expected="a result" if code == "schema_drift" else None,
        got=f"status {status}" if code == "schema_drift" else None,
    )


def _meaning(status: int, retry_after: float | None, path_arguments: bool) -> tuple[str, str]:
    if status in (401, 403, 407):
        return "auth", "does not accept the key"
    if status == 402:
        return "quota", "asks for money"
    if status == 429:
        if retry_after is not None and retry_after >= QUOTA_SECONDS:
            return "quota", "has no calls left for us"
        return "rate_limited", "is called too often"
    if status == 404 and path_arguments:
        return "bad_input", "knows no such thing"
    if status in (400, 409, 412, 422):
        return "bad_input", "refused the arguments, which its contract allows"
    if status in (408, 425) or status >= 500:
        return "unavailable", "is not able to answer now"
    return "schema_drift", "no longer answers where its contract says"
