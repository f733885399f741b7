"""Watches a segment of a run: one log line, one figure and one span for each node that ends, one
figure for each superstep, and which node a model call belongs to.

It looks from outside: nodes know nothing of it, and what it tells holds names, ids and figures,
never what people wrote.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from langgraph.errors import GraphBubbleUp
from langgraph.graph import StateGraph

from autonomy.core import tracing
from autonomy.core.llm.record import CallRecord
from autonomy.runtime import metrics

logger = logging.getLogger(__name__)

AnyGraph = StateGraph[Any, Any, Any, Any]
Node = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Work:
    """One execution of a node, while it goes on."""

    node: str
    tokens: int = 0
    calls: int = 0


@dataclass(slots=True)
class Watch:
    """One segment, from its claim to its end."""

    run_id: str
    attempt: int
    """How often the run was claimed since its last checkpoint."""
    reason: str
    """Why it was in the queue: where the first node's control comes from."""
    clock: Callable[[], float] = time.perf_counter
    nodes: list[str] = field(default_factory=list)
    """Of the superstep that goes on."""
    before: list[str] = field(default_factory=list)
    """Of the superstep before."""
    checkpoint: str | None = None
    """The one that the superstep began from; it tells supersteps apart."""
    began: float = 0.0

    def entered(self, node: str, checkpoint: str) -> str:
        """A node begins; where control comes from."""
        if checkpoint != self.checkpoint:
            self.superstep_ended()
            first = self.checkpoint is None
            self.before = [self.reason] if first else self.nodes
            self.nodes = []
            self.checkpoint, self.began = checkpoint, self.clock()
        self.nodes.append(node)
        return "+".join(sorted(set(self.before)))

    def superstep_ended(self) -> None:
        """The next one begins, or the segment ends: the checkpoint is written."""
        if self.checkpoint is not None:
            metrics.count_superstep(self.clock() - self.began)


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)
_work: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def watching(run_id: str, attempt: int, reason: str) -> Iterator[Watch]:
    """Around the driving of one segment."""
    watch = Watch(run_id, attempt, reason)
    token = _watch.set(watch)
    try:
        with tracing.span(
            "run segment",
            handywriterz__run_id=run_id,
            handywriterz__reason=reason,
            handywriterz__attempt=attempt,
        ):
            yield watch
    finally:
        _watch.reset(token)
        watch.superstep_ended()


def observed(graph: AnyGraph) -> AnyGraph:
    """The same graph, its nodes watched."""
    for name, spec in graph.nodes.items():
        runnable: Any = spec.runnable
        if getattr(runnable, "afunc", None) is not None:
            runnable.afunc = _watched(name, runnable.afunc)
    return graph


def _watched(name: str, node: Node) -> Node:
    @wraps(node)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        watch = _watch.get()
        if watch is None:
            return await node(*args, **kwargs)
        work = Work(name)
        token = _work.set(work)
        info = getattr(kwargs.get("runtime"), "execution_info", None)
        route_in = watch.entered(name, info.checkpoint_id if info else "")
        began = watch.clock()
        outcome, route_out = "done", ""
        try:
            with tracing.span(f"node {name}", handywriterz__node=name):
                result = await node(*args, **kwargs)
            route_out = _route(result)
        except GraphBubbleUp:
            outcome = "interrupted"
            raise
        except Exception as error:
            outcome = type(error).__name__
            raise
        except BaseException:
            outcome = "cancelled"
            raise
        else:
            return result
        finally:
            _work.reset(token)
            seconds = watch.clock() - began
            metrics.count_node(name, seconds)
            _node_ended(watch, work, route_in, route_out, outcome, seconds)

    return watched


def _route(result: Any) -> str:
    route = result.get("route") if isinstance(result, dict) else None
    return str(getattr(route, "value", route) or "")


def _node_ended(
    watch: Watch, work: Work, route_in: str, route_out: str, outcome: str, seconds: float
) -> None:
    logger.info(
        "node ended",
        extra={
            "fields": {
                "run_id": watch.run_id,
                "node": work.node,
                "route_in": route_in,
                "route_out": route_out,
                "attempt": watch.attempt,
                "duration_ms": round(seconds * 1000, 1),
                "calls": work.calls,
                "tokens": work.tokens,
                "outcome": outcome,
            }
        },
    )


def call_made(run_id: str | None, record: CallRecord) -> None:
    """A request to a model ended: add it to the node that made it, and write its line."""
    work = _work.get()
    tokens = (record.input_tokens or 0) + (record.output_tokens or 0)
    if work is not None:
        work.tokens += tokens
        work.calls += 1
    logger.info(
        "model call",
        extra={
            "fields": {
                "run_id": run_id or "",
                "node": work.node if work is not None else "",
                "role": record.role,
                "attempt": record.attempt,
                "provider": record.provider,
                "model": record.model,
                "outcome": record.outcome,
                "rung": record.rung,
                "duration_ms": record.latency_ms,
                "first_token_ms": record.first_token_ms,
                "waited_ms": record.waited_ms,
                "input_tokens": record.input_tokens,
                "output_tokens": record.output_tokens,
                "usd": float(record.usd) if record.usd is not None else None,
                "price_known": record.price_known,
                "left_out": len(record.left_out),
                "simulated": record.simulated,
            }
        },
    )
