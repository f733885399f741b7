"""State machines of runs, files, originality cycles and steps, and the named endings of a run."""

from __future__ import annotations

from enum import StrEnum


class RunStatus(StrEnum):
    """States of a run; the transitions are held by `autonomy.runtime.transitions`."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING_HUMAN = "waiting_human"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL_STATUSES = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED})


class FileStatus(StrEnum):
    """Ingestion states of an uploaded file."""

    QUEUED = "queued"
    PARSING = "parsing"
    EMBEDDING = "embedding"
    READY = "ready"
    FAILED = "failed"


class CycleStatus(StrEnum):
    """States of one originality (Turnitin) cycle; `autonomy.runtime.cycle_states` holds the
    transitions."""

    AWAITING_REPORT = "awaiting_report"
    REPORT_READY = "report_ready"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """No report came in time."""
    CLOSED = "closed"
    """The run ended before the cycle did; a run that is tried again opens it anew."""


OPEN_CYCLES = (CycleStatus.AWAITING_REPORT, CycleStatus.REPORT_READY)
"""A run has at most one cycle in one of these."""


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class StopReason(StrEnum):
    """Why a run ended (or ended early); shown to the person in plain words."""

    COMPLETED = "completed"
    GATES_UNMET = "gates_unmet"
    REPORT_EXPIRED = "report_expired"
    """The similarity report that the run waited for never came."""
    NO_EVIDENCE = "no_evidence"
    BUDGET_TOKENS = "budget_tokens"
    BUDGET_SECONDS = "budget_seconds"
    BUDGET_USD = "budget_usd"
    QUOTA = "quota"
    """The person's allowance for the day is used up."""
    LOOP_LIMIT = "loop_limit"
    CANCELLED = "cancelled"
    POISONED = "poisoned"
    ERROR = "error"


LIMIT_REASONS = frozenset(
    {StopReason.BUDGET_TOKENS, StopReason.BUDGET_SECONDS, StopReason.BUDGET_USD, StopReason.QUOTA}
)
"""Endings that more budget undoes."""
