"""A stored checkpoint read back as the state it holds.

Reading goes through the graph itself (`get_state`), because only the graph knows how to rebuild
what a checkpoint does not store whole: delta channels are replayed from the writes of their
ancestors.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    from autonomy.models import Checkpoint

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReadState:
    """What a checkpoint holds, in plain JSON-able values."""

    values: dict[str, Any] = field(default_factory=dict)
    next_nodes: tuple[str, ...] = ()
    """Nodes that would run next; empty at the end of a run."""
    interrupts: tuple[dict[str, Any], ...] = ()
    problem: str = ""
    """Why it cannot be shown, as a sentence for staff; empty when it can."""

    @property
    def next_words(self) -> str:
        """The nodes that would run next, parallel ones counted: `act × 5`."""
        counted = Counter(self.next_nodes)
        return ", ".join(f"{name} × {n}" if n > 1 else name for name, n in counted.items())

    @property
    def summary(self) -> str:
        """The scalars that tell one superstep from the next, on one line."""
        parts = []
        plan = self.values.get("plan")
        if isinstance(plan, dict) and plan.get("steps"):
            done = sum(step.get("status") in ("done", "skipped") for step in plan["steps"])
            parts.append(f"{done}/{len(plan['steps'])} steps")
        verdict = self.values.get("verdict")
        if isinstance(verdict, dict):
            parts.append(f"verdict {verdict.get('kind')} → {verdict.get('route')}")
        parts += [
            f"{name} {self.values[name]}"
            for name in ("loops", "expansions", "repairs", "replans")
            if self.values.get(name)
        ]
        return ", ".join(parts)


@cache
def _graph() -> CompiledStateGraph[Any, Any, Any, Any]:
    # Imported on first use: LangGraph would slow the start of every web process.
    from autonomy.core.graph import build_graph
    from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver

    return build_graph().compile(checkpointer=DjangoCheckpointSaver())


def read_state(checkpoint: Checkpoint) -> ReadState:
    """The state at `checkpoint`. Never raises: a page with many checkpoints stays readable when
    one of them was written by code that is gone."""
    config: Any = {
        "configurable": {
            "thread_id": checkpoint.thread_id,
            "checkpoint_ns": checkpoint.checkpoint_ns,
            "checkpoint_id": checkpoint.checkpoint_id,
        }
    }
    try:
        snapshot = _graph().get_state(config)
    except Exception as error:
        log.warning("checkpoint %s cannot be read", checkpoint.checkpoint_id, exc_info=True)
        return ReadState(
            problem=f"This checkpoint cannot be read ({type(error).__name__}); the log has the cause."
        )
    return ReadState(
        values=plain(snapshot.values),
        next_nodes=tuple(snapshot.next),
        interrupts=tuple(
            {"id": interrupt.id, "value": plain(interrupt.value)}
            for interrupt in snapshot.interrupts
        ),
    )


def plain(value: Any) -> Any:
    """`value` with pydantic models and tuples turned into JSON's own kinds."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
