"""Why a model call failed: one classification, whatever provider it came from.

The kind decides what happens next (retry, fall back, give up) and what a person is told. Nothing
a provider wrote reaches a person: its words may quote the prompt or the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pydantic_ai import exceptions as pai

from autonomy.core.llm.windows import overflows, stated_window, wording
from autonomy.core.outbound import AddressRefused, caused_by
from autonomy.core.phrases import sentence_case


class FailureKind(StrEnum):
    AUTH = "auth"
    FORBIDDEN = "forbidden"
    QUOTA = "quota"
    RATE_LIMIT = "rate_limit"
    OVERLOAD = "overload"
    SERVER = "server"
    NETWORK = "network"
    TIMEOUT = "timeout"
    CONTEXT_OVERFLOW = "context_overflow"
    CONTENT_FILTER = "content_filter"
    MODEL_NOT_FOUND = "model_not_found"
    REJECTED = "rejected"
    MALFORMED = "malformed"
    CUT = "cut"
    REFUSED = "refused"
    NOT_CONFIGURED = "not_configured"
    ADDRESS = "address"
    CIRCUIT_OPEN = "circuit_open"
    EXPIRED = "expired"


RETRIED = frozenset(
    {
        FailureKind.RATE_LIMIT,
        FailureKind.OVERLOAD,
        FailureKind.SERVER,
        FailureKind.NETWORK,
        FailureKind.TIMEOUT,
        FailureKind.MALFORMED,
        FailureKind.CUT,
    }
)
"""Kinds that another attempt at the same model may cure."""

PROVIDER_DOWN = frozenset(
    {FailureKind.OVERLOAD, FailureKind.SERVER, FailureKind.NETWORK, FailureKind.TIMEOUT}
)
"""Kinds that speak of the provider's health; enough of them in a row open its circuit."""

PROVIDER_CLOSED = frozenset({FailureKind.AUTH, FailureKind.QUOTA})
"""Kinds that the very next call would meet again; one opens the circuit."""

_REASONS = {
    FailureKind.AUTH: "the provider refused the key for {model}. Check the key.",
    FailureKind.FORBIDDEN: "the key may not use {model}. Check what its account allows.",
    FailureKind.QUOTA: "the account behind {model} has no quota or credit left.",
    FailureKind.RATE_LIMIT: "the provider of {model} is limiting the rate of requests.",
    FailureKind.OVERLOAD: "the provider of {model} is overloaded or unavailable.",
    FailureKind.SERVER: "the provider of {model} failed with an error of its own.",
    FailureKind.NETWORK: "the connection to the provider of {model} failed or broke off.",
    FailureKind.TIMEOUT: "the model {model} did not answer in time.",
    FailureKind.CONTEXT_OVERFLOW: "the text is longer than {model} can read at once.",
    FailureKind.CONTENT_FILTER: "the provider of {model} blocked the request or its answer.",
    FailureKind.MODEL_NOT_FOUND: "the provider knows no model called {model}.",
    FailureKind.REJECTED: "the provider rejected the request to {model} as invalid.",
    FailureKind.MALFORMED: "the answer of {model} could not be read.",
    FailureKind.CUT: "the answer of {model} ended at the most tokens it could have.",
    FailureKind.REFUSED: "the model {model} declined to answer.",
    FailureKind.NOT_CONFIGURED: "the model {model} cannot be used here: its provider is not set up.",
    FailureKind.ADDRESS: "the address of {model} is one that may not be called from here.",
    FailureKind.CIRCUIT_OPEN: "the model {model} is left alone for a moment after repeated failures.",
    FailureKind.EXPIRED: "the model {model} used up the time that one call may take.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt."""

    kind: FailureKind
    model: str
    retry_after: float | None = None
    """Seconds the provider asked to wait."""
    billed: bool = False
    """Whether the provider may have done (and charged for) work before it failed."""
    window: int | None = None
    """Tokens that the model reads at once, where a rejection for length names them."""

    @property
    def reason(self) -> str:
        """What happened, to follow "because" or a colon."""
        return _REASONS[self.kind].format(model=self.model)

    @property
    def sentence(self) -> str:
        """What happened, to stand alone in the run's log."""
        return sentence_case(self.reason)


class Unusable(Exception):
    """An answer arrived but cannot be used; raised while reading it, caught by the gateway."""

    def __init__(self, kind: FailureKind, detail: str = "") -> None:
        super().__init__(detail or kind.value)
        self.kind = kind
        self.detail = detail


# Some servers answer 500 to a parameter they do not know. What is broken in them may be called a
# tool, too, so then only the parameter's own name counts.
_SHAPE = re.compile(r"response_format|json_schema|output_format|\bgrammar\b|\btools?\b", re.I)
_PARAMETER = re.compile(r"response_format|json_schema|output_format|\btool_choice\b", re.I)


def _names_the_shape(error: pai.ModelHTTPError) -> bool:
    """Whether a server could not cope with how structure was asked for."""
    if error.status_code in (400, 422):
        return bool(_SHAPE.search(wording(error)))
    return error.status_code in (500, 501) and bool(_PARAMETER.search(wording(error)))


_BAD_KEY = frozenset({"invalid_api_key", "api_key_invalid", "authentication_error"})
_FILTER = frozenset({"content_filter", "content_policy_violation", "responsibleaipolicyviolation"})
_BLOCKED = re.compile(r"blocked by (?:\w+ ){0,3}content filter", re.I)
_FLAGGED = re.compile(r"\bflagged\b|\bmoderation\b", re.I)


def _codes(part: object, depth: int = 5) -> Iterator[str]:
    """The codes in what the provider answered. Unlike its messages, they never quote a prompt."""
    if not depth:
        return
    if isinstance(part, dict):
        for name, value in part.items():
            if name in ("code", "type", "status", "reason") and isinstance(value, str):
                yield value.lower()
            else:
                yield from _codes(value, depth - 1)
    elif isinstance(part, list):
        for value in part:
            yield from _codes(value, depth - 1)


def _key_refused(error: pai.ModelHTTPError) -> bool:
    """Whether nothing at all can be had with the key. Other refusals are of one model: whoever
    names a model that the account has not paid for must not close it to everybody."""
    if error.status_code in (400, 403):
        return not _BAD_KEY.isdisjoint(_codes(error.body))
    return error.status_code == 401


def _filtered(error: pai.ModelHTTPError) -> bool:
    """Whether the prompt was turned away for what it says; 403 is how routers put it."""
    if error.status_code not in (400, 403, 422):
        return False
    said = wording(error)
    flagged = error.status_code == 403 and _FLAGGED.search(said)
    return bool(flagged or _BLOCKED.search(said)) or not _FILTER.isdisjoint(_codes(error.body))


def _too_long(error: pai.ModelHTTPError) -> bool:
    return error.status_code in (400, 413, 422, 500) and overflows(wording(error))


def _kind_of(error: BaseException, *, shaped: bool) -> FailureKind:
    # Subclasses first: an overloaded provider is also an unavailable one.
    match error:
        case Unusable():
            return error.kind
        case pai.ModelContextWindowExceededError():
            return FailureKind.CONTEXT_OVERFLOW
        case pai.ModelHTTPError() if shaped and _names_the_shape(error):
            return FailureKind.REJECTED
        case pai.ModelHTTPError() if _filtered(error):
            return FailureKind.CONTENT_FILTER
        case pai.ModelHTTPError() if _key_refused(error):
            return FailureKind.AUTH
        case pai.ModelAuthenticationError():
            return FailureKind.FORBIDDEN
        case pai.ModelNotFoundError():
            return FailureKind.MODEL_NOT_FOUND
        case pai.ModelQuotaExceededError():
            return FailureKind.QUOTA
        case pai.ModelRateLimitError():
            return FailureKind.RATE_LIMIT
        case pai.ModelUnavailableError():
            return FailureKind.OVERLOAD
        case pai.ModelHTTPError() if _too_long(error):
            return FailureKind.CONTEXT_OVERFLOW
        case pai.ModelServerError():
            return FailureKind.SERVER
        case pai.ModelConnectionError() if caused_by(error, AddressRefused):
            return FailureKind.ADDRESS
        case pai.ModelTimeoutError() | pai.ModelRequestTimeout():
            return FailureKind.TIMEOUT
        case pai.ModelConnectionError() | ConnectionError():
            return FailureKind.NETWORK
        case pai.ContentFilterError():
            return FailureKind.CONTENT_FILTER
        case pai.ModelRequestRejectedError():
            return FailureKind.REJECTED
        case pai.UnexpectedModelBehavior():
            return FailureKind.MALFORMED
        case pai.ModelHTTPError() if error.status_code in (408, 409, 425):
            return FailureKind.SERVER
        case pai.ModelHTTPError():
            return FailureKind.REJECTED
        case pai.ModelAPIError():
            # Without status or category: a stream that ended before the answer did.
            return FailureKind.NETWORK
        case pai.UserError() | ImportError():
            return FailureKind.NOT_CONFIGURED
        case _:
            return FailureKind.REJECTED


def classify(error: Exception, model: str, *, shaped: bool = True) -> Failure:
    """The failure that `error`, raised by a call of `model`, amounts to.

    Args:
        shaped: the request carried a schema or a tool, so that a server may have stumbled over it.
    """
    kind = _kind_of(error, shaped=shaped)
    if isinstance(error, pai.ModelConnectionError) and error.phase in ("pool", "connect"):
        billed = False
    else:
        # A refusal costs nothing; an answer that was cut, late or unreadable was worked on.
        billed = kind in {
            FailureKind.NETWORK,
            FailureKind.TIMEOUT,
            FailureKind.MALFORMED,
            FailureKind.REFUSED,
            FailureKind.CONTENT_FILTER,
        }
    retry_after = error.retry_after if isinstance(error, pai.ModelAPIError) else None
    window = stated_window(wording(error)) if kind is FailureKind.CONTEXT_OVERFLOW else None
    return Failure(kind, model, retry_after=retry_after, billed=billed, window=window)
