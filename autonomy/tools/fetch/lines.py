"""The line to one provider, and what it means when nobody answers properly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from autonomy.core.llm.failures import FailureKind
from autonomy.core.works import Answer
from autonomy.tools.fetch.pace import Pace


class Paces(Protocol):
    """What is known of how often each provider may be asked, by name."""

    async def get(self, provider: str) -> Pace | None: ...

    async def put(self, provider: str, pace: Pace) -> None: ...


class Unanswered(Exception):
    """A provider did not answer; `message` says why in one sentence."""

    def __init__(self, answer: Answer, message: str) -> None:
        super().__init__(message)
        self.answer = answer
        self.message = message


@dataclass(frozen=True, slots=True)
class Line:
    """How one provider is reached."""

    name: str
    base_url: str
    pace: Pace
    secrets: Mapping[str, str]
    """Headers with a key in them: sent to the provider's own host only."""
    account: str = ""
    """A key that travels in the address instead."""
    own: bool = False
    """Whether the operator has named this address, which then may be in their own network."""

    @property
    def keyed(self) -> bool:
        return bool(self.secrets or self.account)

    @property
    def endpoint(self) -> str:
        """Its name where health is kept: an account, so that a changed key is tried at once."""
        account = "".join((self.base_url, *self.secrets.values(), self.account))
        return f"outside:{self.name}:{sha256(account.encode()).hexdigest()[:12]}"


class Again(Exception):
    """Worth another attempt; `problem` is what to say if there is none."""

    def __init__(self, problem: Unanswered) -> None:
        super().__init__(problem.message)
        self.problem = problem


def meaning(status: int, name: str, keyed: bool) -> tuple[FailureKind, Answer, str]:
    """What an error's status code says: for the provider's health, for the caller, for people."""
    if status == 429:
        return FailureKind.RATE_LIMIT, Answer.RATE_LIMITED, f"{name} is limiting our requests."
    if status in (401, 403):
        if keyed:
            return FailureKind.AUTH, Answer.REFUSED, f"{name} refused the key that is set for it."
        return FailureKind.FORBIDDEN, Answer.REFUSED, f"{name} asks for a key, and none is set."
    if status == 503:
        return FailureKind.OVERLOAD, Answer.UNREACHABLE, f"{name} is overloaded."
    if status >= 500:
        return FailureKind.SERVER, Answer.UNREACHABLE, f"{name} failed with an error of its own."
    return FailureKind.REJECTED, Answer.UNREACHABLE, f"{name} did not understand the question."
