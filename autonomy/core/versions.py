"""Why there is a version of a document."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import Field

from autonomy.core.value import Value

BECAUSE = "because"
"""Key of an assembling step's input: a `Reason` as JSON, gone once the version is there."""
WHY_CHARS = 2_000


class VersionCause(StrEnum):
    """What a version was made for."""

    FIRST_DRAFT = "first_draft"
    EVIDENCE = "evidence"
    """The search was widened, and sections were written again with what it found."""
    GATES = "gates"
    """Checks of the version before were not met."""
    REPORT = "report"
    """A similarity report asked for it."""
    ASKED = "asked"
    """The person told the run to."""
    BUDGET = "budget"
    """A limit ended the work early, or was raised so that it went on."""
    CLEANED = "cleaned"
    """What its sources do not bear out was taken out before delivery."""
    AGAIN = "again"
    """Put together again, for no reason that was noted."""
    RESTYLED = "restyled"
    RESTORED = "restored"
    EDITED = "edited"
    """A person changed it."""
    UPLOADED = "uploaded"
    """A draft as its person brought it."""
    REWRITTEN = "rewritten"
    """A draft with the changes that are proposed to its person."""


class Reason(Value):
    """Why the next version is made."""

    cause: VersionCause
    why: str = ""
    """For people, in the words of whoever asked for it: a gate, a report, a message."""
    gates: tuple[str, ...] = ()
    """Names of the gates that asked for it."""
    cycle_id: str = ""
    """Of the originality cycle whose report asked for it."""

    def as_input(self) -> dict[str, Any]:
        """As an assembling step carries it."""
        return self.model_dump(mode="json", exclude_defaults=True)


class Made(Reason):
    """How a version came about; stored beside it."""

    author: str = "rule"
    """An `Author` value: who wrote what is new in it."""
    made_from: str = ""
    """Artifact id of the version that it changes; empty for the first."""
    words: int = Field(default=0, ge=0)


def reason_of(step_input: Mapping[str, Any], *, first: bool) -> Reason:
    """The reason that an assembling step carries, or what can be said without one."""
    given = step_input.get(BECAUSE)
    if first:
        return Reason(cause=VersionCause.FIRST_DRAFT)
    if not given:
        return Reason(cause=VersionCause.AGAIN)
    return Reason.model_validate({**given, "why": str(given.get("why", ""))[:WHY_CHARS]})
