"""Drives one segment of a run: from its claim to an ending, an interrupt or a boundary.

However a segment ends, it leaves the run in a state from which another can go on: everything that
matters was committed by the checkpointer before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from typing import Any

from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.db.models.functions import Now
from langgraph.errors import GraphDrained, GraphRecursionError
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import RunControl
from langgraph.types import Command, StateSnapshot

from autonomy.core.graph import RECURSION_LIMIT, build_graph, initial_state
from autonomy.core.ports import BudgetExhausted, Deps
from autonomy.core.types import RunStatus, StopReason
from autonomy.models import Resume, Run
from autonomy.runtime import segment_ends
from autonomy.runtime.budgets_ledger import close_left_open
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from autonomy.runtime.context import Segment, build_deps
from autonomy.runtime.db import run_db
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.model_calls import BUFFER
from autonomy.runtime.observer import observed, watching
from autonomy.runtime.queue import Claim
from autonomy.runtime.taking_up import hear_first
from autonomy.runtime.tokens import TokenStream

logger = logging.getLogger(__name__)

PAUSE, SLICE, DRAIN = "pause", "slice", "drain"
"""Reasons for a drain at the next boundary."""

UNEXPECTED = (
    "Something went wrong inside HandyWriterz and trying again did not help. Everything up to "
    "the last step is kept; whoever runs this server finds the cause in the worker's log under "
    "the run's id."
)

Graph = StateGraph[Any, Any, Any, Any]


class Runner:
    """Knows the graph and how to run a claimed run through it.

    Args:
        graph: builds the graph; compiled once.
        deps: builds what the nodes of a segment are given.
    """

    def __init__(
        self,
        graph: Callable[[], Graph] = build_graph,
        deps: Callable[[Segment], Deps] = build_deps,
    ) -> None:
        self._compiled: CompiledStateGraph[Any, Any, Any, Any] = observed(graph()).compile()
        self._deps = deps

    async def drive(self, claim: Claim, control: RunControl) -> None:
        """Drive until the run ends, waits, or `control` asks for a drain.

        Raises:
            asyncio.CancelledError: the caller cancelled; nothing was written about it.
        """
        fence = claim.fence
        try:
            with watching(fence.run_id, claim.attempt, claim.reason):
                await self._drive(claim, control)
        except FencedOut:
            logger.info("run %s: fence %s is over", fence.run_id, fence.number)
        except GraphDrained:
            await self._give_back(fence, control.drain_reason or DRAIN)
        except DataError:
            # The database is well: it was handed something that no column holds.
            logger.exception("run %s: a value cannot be stored", fence.run_id)
            await self._try_again(fence, UNEXPECTED)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("run %s: the database failed: %s", fence.run_id, error)
            # A connection, a lock or a time that ran out says nothing about the run.
            own = not isinstance(error, OperationalError | InterfaceError)
            cause = "The database failed repeatedly at the same step."
            await self._try_again(fence, cause, own_fault=own)
        except Exception:
            # The one place where everything ends that nobody has named: the run is tried again
            # from its checkpoint, and ends visibly when that does not help.
            logger.exception("run %s: unexpected error", fence.run_id)
            await self._try_again(fence, UNEXPECTED)

    async def _drive(self, claim: Claim, control: RunControl) -> None:
        fence = claim.fence
        run = await run_db(Run.objects.get, pk=fence.run_id)
        if run.tokens_reserved or run.usd_reserved:  # left open by a segment that died
            await run_db(close_left_open, fence)
        tokens = TokenStream(fence, run.conversation_id)
        segment = Segment(claim, run, tokens)
        saver = DjangoCheckpointSaver(
            fence, attempt=claim.attempt, conversation_id=run.conversation_id
        )
        graph = copy(self._compiled)  # LangGraph's own `copy` would check the whole graph again
        graph.checkpointer = saver
        config: Any = {
            "configurable": {"thread_id": fence.run_id},
            "recursion_limit": RECURSION_LIMIT,
        }
        state = await hear_first(graph, config, await graph.aget_state(config), claim)
        todo, given = await self._input(fence, state)
        values: dict[str, Any] = state.values
        interrupts = state.interrupts
        try:
            if todo:
                context = await run_db(self._deps, segment)
                output = await graph.ainvoke(
                    given, config, context=context, durability="sync", control=control, version="v2"
                )
                values, interrupts = output.value, output.interrupts
                if interrupts or values is None:  # at its end nothing need be read back
                    state = await graph.aget_state(config)
                    values, interrupts = state.values, state.interrupts
        except GraphRecursionError:
            state = await graph.aget_state(config)
            await self._finish(fence, state.values, StopReason.LOOP_LIMIT)
            return
        except BudgetExhausted as limit:
            state = await graph.aget_state(config)
            await self._finish(fence, state.values, StopReason(limit.stop_reason), str(limit))
            return
        finally:
            await tokens.close()
            await BUFFER.flush()
        if interrupts:
            asked = [(item.id, item.value) for item in interrupts]
            await run_db(segment_ends.wait_for_human, fence, asked)
        else:
            await self._finish(fence, values)

    async def _input(self, fence: Fence, state: StateSnapshot) -> tuple[bool, Any]:
        """Whether there is anything to run, and what to run it with."""
        if state.created_at is None:
            return True, initial_state()
        if state.interrupts:
            answers = await run_db(_answers, fence.run_id, [i.id for i in state.interrupts])
            return bool(answers), Command(resume=answers)
        # Not `state.next`, which leaves out the tasks of a superstep that have all written when the
        # process died before the checkpoint: their writes have yet to be applied.
        return bool(state.tasks), None

    async def _finish(
        self,
        fence: Fence,
        values: dict[str, Any],
        stop_reason: StopReason | None = None,
        error: str = "",
    ) -> None:
        """The ending that the state calls for: with a document the run has succeeded, be it
        before its time; without one it has failed and says why."""
        reason = stop_reason or StopReason(values.get("stop_reason") or StopReason.COMPLETED)
        verdict = values.get("verdict")
        said = error or (verdict.reason if verdict else "")
        if reason is StopReason.LOOP_LIMIT and stop_reason is not None:
            said = "The run took more steps than a run may take."
        delivered = bool(values.get("document_id")) or reason is StopReason.COMPLETED
        status = RunStatus.SUCCEEDED if delivered else RunStatus.FAILED
        early = said if reason is not StopReason.COMPLETED else ""
        await run_db(
            segment_ends.finish,
            fence,
            status,
            reason,
            error="" if delivered else early or "The run ended without a document.",
            note=early if delivered else "",
            outcome=_outcome(values) if reason is StopReason.COMPLETED else "",
            document_id=str(values.get("document_id") or ""),
        )

    async def _give_back(self, fence: Fence, reason: str) -> None:
        """A drain reached its boundary."""
        try:
            if reason == PAUSE and await run_db(segment_ends.pause_at_boundary, fence):
                return
            await run_db(segment_ends.release, fence, DRAIN if reason == DRAIN else SLICE)
        except FencedOut:
            logger.info("run %s: fence %s is over", fence.run_id, fence.number)

    async def _try_again(self, fence: Fence, cause: str, *, own_fault: bool = True) -> None:
        try:
            await run_db(segment_ends.retry, fence, cause, own_fault=own_fault)
        except (DatabaseError, InterfaceError) as error:
            # It stays `running` under our lock; the engine sees that nobody drives it.
            logger.warning("run %s: could not be given back: %s", fence.run_id, error)


def _outcome(values: dict[str, Any]) -> str:
    """What came of a run where it is no new document, as its last step says; else empty."""
    plan = values.get("plan")
    last = plan.steps[-1] if plan is not None and plan.steps else None
    return str(last.result.get("outcome", "")) if last is not None else ""


def _answers(run_id: str, interrupt_ids: list[str]) -> dict[str, Any]:
    rows = Resume.objects.filter(run_id=run_id, interrupt_id__in=interrupt_ids)
    found = {row.interrupt_id: row.value for row in rows}
    rows.filter(applied_at__isnull=True).update(applied_at=Now())
    return found
