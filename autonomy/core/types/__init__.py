"""The vocabulary of a run: every value that crosses a boundary (state, events, API, storage)."""

from __future__ import annotations

from autonomy.core.types.author import Author
from autonomy.core.types.citations import (
    CitationCheck,
    CitationVerdict,
    Finding,
    FindingKind,
    FindingWeight,
)
from autonomy.core.types.events import Event, EventDraft, EventType
from autonomy.core.types.interrupts import PLAN_APPROVAL, TOOL_APPROVAL
from autonomy.core.types.notifications import NotificationKind
from autonomy.core.types.plan import Plan, PlanEdit, SectionEdit, Step, StepKind
from autonomy.core.types.sources import (
    FieldDifference,
    FileState,
    Passage,
    Reading,
    ReferenceCheck,
    ReferenceVerdict,
    Source,
    SourceOrigin,
)
from autonomy.core.types.states import (
    LIMIT_REASONS,
    OPEN_CYCLES,
    TERMINAL_STATUSES,
    CycleStatus,
    FileStatus,
    RunStatus,
    StepStatus,
    StopReason,
)
from autonomy.core.types.steering import Steering, Told
from autonomy.core.types.task import Budget, SearchScope, TaskSettings, TaskSpec, Wish
from autonomy.core.types.verdicts import (
    GateResult,
    Observation,
    Route,
    StepError,
    Verdict,
    VerdictKind,
)

__all__ = [
    "LIMIT_REASONS",
    "OPEN_CYCLES",
    "PLAN_APPROVAL",
    "TERMINAL_STATUSES",
    "TOOL_APPROVAL",
    "Author",
    "Budget",
    "CitationCheck",
    "CitationVerdict",
    "CycleStatus",
    "Event",
    "EventDraft",
    "EventType",
    "FieldDifference",
    "FileState",
    "FileStatus",
    "Finding",
    "FindingKind",
    "FindingWeight",
    "GateResult",
    "NotificationKind",
    "Observation",
    "Passage",
    "Plan",
    "PlanEdit",
    "Reading",
    "ReferenceCheck",
    "ReferenceVerdict",
    "Route",
    "RunStatus",
    "SearchScope",
    "SectionEdit",
    "Source",
    "SourceOrigin",
    "Steering",
    "Step",
    "StepError",
    "StepKind",
    "StepStatus",
    "StopReason",
    "TaskSettings",
    "TaskSpec",
    "Told",
    "Verdict",
    "VerdictKind",
    "Wish",
]
