"""What a node may use: protocols that the outside (memory, runtime) implements.

State is data, dependencies are tools: nothing here is ever checkpointed. LangGraph hands one
`Deps` to every node as its runtime context.
"""

from __future__ import annotations

from autonomy.core.ports.deps import Deps, PlanLimits, SearchLimits, task_id
from autonomy.core.ports.effects import (
    Asked,
    Effects,
    NotDone,
    OutcomeUnknown,
    Repeat,
    ResultLost,
    ResultTooLarge,
)
from autonomy.core.ports.evidence import (
    EVERYTHING,
    Library,
    Notes,
    References,
    Scholar,
    SearchFilter,
    Shelf,
    Web,
)
from autonomy.core.ports.learning import Learning, NoCall, NoToolRepairs, Offer, ToolRepairs
from autonomy.core.ports.models import BudgetExhausted, BudgetMeter, ModelGateway, ModelUnavailable
from autonomy.core.ports.originality import Cycles, Drafts, OpenCycle, Originality
from autonomy.core.ports.record import Artifacts, Events, Messages

__all__ = [
    "EVERYTHING",
    "Artifacts",
    "Asked",
    "BudgetExhausted",
    "BudgetMeter",
    "Cycles",
    "Deps",
    "Drafts",
    "Effects",
    "Events",
    "Learning",
    "Library",
    "Messages",
    "ModelGateway",
    "ModelUnavailable",
    "NoCall",
    "NoToolRepairs",
    "NotDone",
    "Notes",
    "Offer",
    "OpenCycle",
    "Originality",
    "OutcomeUnknown",
    "PlanLimits",
    "References",
    "Repeat",
    "ResultLost",
    "ResultTooLarge",
    "Scholar",
    "SearchFilter",
    "SearchLimits",
    "Shelf",
    "ToolRepairs",
    "Web",
    "task_id",
]
