"""Where a segment begins when something has to be looked at before the plan goes on."""

from __future__ import annotations

from typing import Any

from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StateSnapshot

from autonomy.core.types import LIMIT_REASONS
from autonomy.runtime.budgets_ledger import read_account
from autonomy.runtime.db import run_db
from autonomy.runtime.messages import untaken
from autonomy.runtime.queue import Claim

Graph = CompiledStateGraph[Any, Any, Any, Any]

LISTENS = ("plan", "reflect")
"""Nodes that take messages themselves before they do anything."""
INTERRUPTED = ("lost", "retry")
"""Reasons of a claim after which begun steps are finished first: what they have paid for counts."""


async def hear_first(
    graph: Graph, config: Any, state: StateSnapshot, claim: Claim
) -> StateSnapshot:
    """The state that the segment goes on from: sent to `reflect` where a message waits to be taken
    before the next steps, or where a run that a limit had ended may go on; otherwise as it is."""
    if state.created_at is None or state.interrupts or "reflect" not in graph.nodes:
        return state
    run_id = claim.fence.run_id
    if state.tasks:
        unbegun = all(
            t.name not in LISTENS and t.result is None and not t.error for t in state.tasks
        )
        wanted = unbegun and claim.reason not in INTERRUPTED and await run_db(untaken, run_id)
    else:
        ended_by = str(state.values.get("stop_reason") or "")
        wanted = await run_db(untaken, run_id) or (
            ended_by in LIMIT_REASONS and (await run_db(read_account, run_id)).exhausted() is None
        )
    if not wanted:
        return state
    # As if the steps had been done: control is at `reflect`, and what was not begun is planned anew.
    await graph.aupdate_state(config, None, as_node="act")
    return await graph.aget_state(config)
