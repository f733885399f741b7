"""What came of a step, and what the critic makes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from autonomy.core.types.author import Author
from autonomy.core.value import Value


class VerdictKind(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict
    RETRY = "retry"
    PATCH = "patch"
    BRANCH = "branch"
    FAIL = "fail"


class Route(StrEnum):
    """Where control goes after `reflect`."""

    ACT = "act"
    EXPAND = "expand"
    REPAIR = "repair"
    PLAN = "plan"
    TURNITIN_PAUSE = "turnitin_pause"
    AMEND = "amend"
    """A report sent the draft back: its flagged passages get their remedies."""
    ASK = "await_approval"
    """The plan is shown to its person before anything (more) is written."""
    END = "end"


class StepError(Value):
    """Why a step failed, classified so that the self-debugger can act."""

    code: str
    """`bad_input`, `not_found`, `no_evidence`, `unknown_tool`, `rate_limited`, `unavailable`,
    `auth`, `budget`, `bug`, `code_failed` (the program of a code step), `no_table`."""
    message: str
    detail: dict[str, Any] = Field(default_factory=dict)


class Observation(Value):
    """What came of one attempt at a step."""

    step_id: str
    attempt: int = 1
    ok: bool
    summary: str
    result: dict[str, Any] = Field(default_factory=dict)
    error: StepError | None = None
    author: Author = Author.RULE


class GateResult(Value):
    """One deterministic check of the draft."""

    gate: str
    passed: bool
    observed: str
    expected: str
    message: str


class Verdict(Value):
    kind: VerdictKind
    route: Route
    reason: str
    author: Author = Author.RULE
    gates: tuple[GateResult, ...] = ()
    gaps: tuple[str, ...] = ()
    """Numbers of the sections that want more evidence, for the researcher."""
