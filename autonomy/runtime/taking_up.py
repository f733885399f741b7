"""Where a segment begins when something has to be looked at before the plan goes on."""

from __future__ import annotations

from typing import Any

from langgraph.graph import END
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StateSnapshot

from autonomy.core.types import LIMIT_REASONS
from autonomy.runtime.budgets_ledger import read_account
from autonomy.runtime.db import run_db
from autonomy.runtime.messages import untaken
from autonomy.runtime.queue import Claim
from autonomy.runtime.transition_events import INTERRUPTED

Graph = CompiledStateGraph[Any, Any, Any, Any]

LISTENS = ("plan", "reflect")
"""Nodes that take messages themselves before they do anything."""


async def hear_first(
    graph: Graph, config: Any, state: StateSnapshot, claim: Claim
) -> StateSnapshot:
    """The state that the segment goes on from: sent to `reflect` where a message waits to be taken
    before the next steps, or where a run that a limit had ended may go on; otherwise as it is."""
    if state.created_at is None or state.interrupts or "reflect" not in graph.nodes:
        return state
    run_id = claim.fence.run_id
    if state.tasks:
        deaf = all(t.name not in LISTENS for t in state.tasks)
        unbegun = all(t.result is None and not t.error for t in state.tasks)
        # A limit ended the last segment in the middle of its steps, and left the run to whoever
        # hears the message: begun again, they would meet the same limit, and so on for ever.
        limited = claim.reason == "told" and not unbegun
        if limited and deaf and await run_db(untaken, run_id):
            return await _at_reflect(
                graph, config, finished=any(t.result is not None for t in state.tasks)
            )
        wanted = (
            deaf and unbegun and claim.reason not in INTERRUPTED and await run_db(untaken, run_id)
        )
    else:
        ended_by = str(state.values.get("stop_reason") or "")
        wanted = await run_db(untaken, run_id) or (
            ended_by in LIMIT_REASONS and (await run_db(read_account, run_id)).exhausted() is None
        )
    if not wanted:
        return state
    return await _at_reflect(graph, config)


async def _at_reflect(graph: Graph, config: Any, *, finished: bool = False) -> StateSnapshot:
    """As if the steps had been done: control is at `reflect`, and what was not is planned anew.

    Args:
        finished: some of them were done; what they brought is kept.
    """
    if finished:
        await graph.aupdate_state(config, None, as_node=END)
    await graph.aupdate_state(config, None, as_node="act")
    return await graph.aget_state(config)
