"""What storms drive: a small graph over the real state that does everything a crash could spoil.

A run's goal says how it goes: `storm LOOPS WIDTH MILLISECONDS [silent] [asks] [poison]`. Each loop fans
out into WIDTH branches; a branch calls a model under the budget, reads, posts (the outside dedupes
by key) and mails (may happen once only). The outside is a table that keeps every call; it can be
asked after a mail, unless it is silent: then a mail whose outcome was lost is left alone. A run
that asks waits for a person's word after each loop, and says which one it heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from typing import Any, TypedDict

from django.db import connection
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send, interrupt
from pydantic import BaseModel

from autonomy.core.ports import Asked, Deps, OutcomeUnknown, Repeat, task_id
from autonomy.core.state import RunState
from autonomy.core.types import EventDraft, Observation, Plan, Step, StepKind
from autonomy.runtime.db import run_db
from tests.chaos.points import reach

OUTSIDE = """
CREATE TABLE IF NOT EXISTS chaos_calls (
    id bigserial PRIMARY KEY, run uuid NOT NULL, what text NOT NULL, key text NOT NULL,
    kind text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS chaos_calls_key ON chaos_calls (key);
"""
"""`what` is what the call is for, whatever key it came with: the same twice is a duplicate."""

EFFECTS_TWICE = """
SELECT run, what, kind, count(*) FROM (
    SELECT run, what, kind, id::text AS had FROM chaos_calls WHERE kind = 'mail'
    UNION SELECT run, what, kind, key FROM chaos_calls WHERE kind = 'post') calls
GROUP BY 1, 2, 3 HAVING count(*) > 1
"""
"""Mails sent twice, and posts that came under two keys, which the outside could not dedupe."""

EFFECTS_MISSING = """
SELECT run.id, count(DISTINCT (call.kind, call.what)),
       2 * split_part(run.task ->> 'goal', ' ', 2)::int * split_part(run.task ->> 'goal', ' ', 3)::int
FROM autonomy_runs run LEFT JOIN chaos_calls call
  ON call.run = run.id AND call.kind IN ('mail', 'post')
WHERE run.status = 'succeeded' AND run.stop_reason = 'completed'
  AND run.task ->> 'goal' LIKE 'storm %' AND run.task ->> 'goal' NOT LIKE '% silent%'
GROUP BY run.id
HAVING count(DISTINCT (call.kind, call.what)) <>
       2 * split_part(run.task ->> 'goal', ' ', 2)::int * split_part(run.task ->> 'goal', ' ', 3)::int
"""
"""Runs that ended well without having done everything outside."""

HEARD_WRONGLY = """
SELECT run.id, answer.interrupt_id, answer.value ->> 'word', count(log.seq)
FROM autonomy_runs run JOIN autonomy_resumes answer ON answer.run_id = run.id
LEFT JOIN autonomy_episodic_logs log
  ON log.run_id = run.id AND log.meta ->> 'heard' = answer.value ->> 'word'
WHERE run.status = 'succeeded' AND run.task ->> 'goal' LIKE 'storm %'
GROUP BY 1, 2, 3 HAVING count(log.seq) <> 1
UNION ALL
SELECT run.id, '', 'all', count(log.seq)
FROM autonomy_runs run LEFT JOIN autonomy_episodic_logs log
  ON log.run_id = run.id AND log.meta ->> 'heard' IS NOT NULL
WHERE run.status = 'succeeded' AND run.task ->> 'goal' LIKE 'storm % asks%'
GROUP BY 1 HAVING count(log.seq) <> split_part(min(run.task ->> 'goal'), ' ', 2)::int
"""
"""Words of people that a run did not hear, or heard more than once, and runs that went on unasked."""

OVER = "over"
TOKENS = 100
USD = 0.01
"""What a model call of the storm reserves; it uses three quarters."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a run goes, as its goal says."""

    loops: int
    width: int
    seconds: float
    silent: bool
    asks: bool
    poison: bool

    @classmethod
    def of(cls, goal: str) -> Course:
        _, loops, width, milliseconds, *rest = goal.split()
        seconds = int(milliseconds) / 1000
        return cls(
            int(loops),
            int(width),
            seconds,
            *(word in rest for word in ("silent", "asks", "poison")),
        )


class Branch(TypedDict):
    """What one parallel branch is sent."""

    step: Step
    loop: int


class Said(BaseModel):
    text: str


async def plan(state: RunState, runtime: Runtime[Deps]) -> RunState:
    course = Course.of(runtime.context.task.goal)
    steps = tuple(
        Step(id=f"s{n}", kind=StepKind.WRITE, title=f"Branch {n}") for n in range(course.width)
    )
    return {"plan": Plan(title="Storm", steps=steps), "outbox": [_told("planned")]}


def branches(state: RunState) -> list[Send]:
    loop = state.get("loops", 0)
    return [Send("act", Branch(step=step, loop=loop)) for step in state["plan"].steps]


async def act(state: Branch, runtime: Runtime[Deps]) -> RunState:
    deps, course = runtime.context, Course.of(runtime.context.task.goal)
    step, loop, task = state["step"], state["loop"], task_id(runtime)
    what = f"{loop}:{step.id}"
    await deps.events.emit(EventDraft(type="action", source="storm", content=f"begins {what}"))
    if course.poison and loop >= 1:
        os.kill(os.getpid(), signal.SIGKILL)
    await _think(deps, f"{task}:model", course.seconds)
    await _read(deps, f"{task}:read", what)
    await _post(deps, f"{task}:post", what)
    await _mail(deps, f"{task}:mail", what, course.silent)
    observation = Observation(step_id=step.id, attempt=loop + 1, ok=True, summary=what)
    return {
        "observations": [observation],
        "outbox": [_told(f"done {what}", "observation", observation=observation.model_dump())],
    }


async def reflect(state: RunState, runtime: Runtime[Deps]) -> RunState:
    loop = state.get("loops", 0)
    over = loop + 1 >= Course.of(runtime.context.task.goal).loops
    body = {"loop": loop, "said": [item.summary for item in state.get("observations", [])]}
    document = await runtime.context.artifacts.save("document", f"Draft {loop}", body)
    return {
        "loops": loop + 1,
        "document_id": document,
        "notice": OVER if over else "",
        "stop_reason": "completed",
        "outbox": [_told(f"reflected {loop}")],
    }


async def ask(state: RunState) -> RunState:
    loop = state["loops"] - 1
    answer = interrupt({"kind": "question", "question": f"Go on after {loop}?"})
    return {"outbox": [_told(f"heard after {loop}", heard=answer["word"])]}


def build() -> StateGraph[Any, Any, Any, Any]:
    """plan → (act × width → reflect [→ ask]) × loops."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(RunState, context_schema=Deps)
    graph.add_node("plan", plan)
    graph.add_node("act", act, input_schema=Branch)
    graph.add_node("reflect", reflect)
    graph.add_node("ask", ask)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", branches, ["act"])
    graph.add_edge("act", "reflect")
    graph.add_conditional_edges("reflect", _asked, ["ask", "act", END])
    graph.add_conditional_edges("ask", _next, ["act", END])
    return graph


def _asked(state: RunState, runtime: Runtime[Deps]) -> list[Send] | str:
    return "ask" if Course.of(runtime.context.task.goal).asks else _next(state)


def _next(state: RunState) -> list[Send] | str:
    return END if state.get("notice") == OVER else branches(state)


def _told(content: str, kind: Any = "note", **meta: Any) -> EventDraft:
    return EventDraft(type=kind, source="storm", content=content, meta={"once": content, **meta})


# ------------------------------------------------------------------ what touches the outside


async def _think(deps: Deps, key: str, seconds: float) -> None:
    """A model call as the gateway makes it: an effect around reserve, call and settle."""
    ledger: Any = deps.budget

    async def call() -> Said:
        await ledger.reserve(key, "writer", "storm", TOKENS, USD)
        reach("between reserve and settle")
        await asyncio.sleep(seconds)
        used = TOKENS * 3 // 8
        await ledger.settle(
            key, input_tokens=used, output_tokens=used, usd=USD * 0.75, price_known=True
        )
        return Said(text="thought")

    await deps.effects.once(key, "model", call, Said)


async def _read(deps: Deps, key: str, what: str) -> None:
    """Changes nothing outside; its result is large enough to be kept in a file."""

    async def call() -> Said:
        reach("before the call")
        return Said(text=f"{what} " * 200)

    await deps.effects.once(key, "read", call, Said)


async def _post(deps: Deps, key: str, what: str) -> None:
    """May be repeated, because the outside knows each key."""
    name = deps.effects.outside_key(key)
    await deps.effects.once(
        key, "post", lambda: _call(deps, what, name, "post"), Said, repeat=Repeat.IDEMPOTENT
    )


async def _mail(deps: Deps, key: str, what: str, silent: bool) -> None:
    """May happen once. What became of a lost call the outside can be asked, or nobody knows."""
    name = deps.effects.outside_key(key)

    async def ask() -> Said | Asked:
        return Said(text=what) if await run_db(_seen, name) else Asked.NOT_DONE

    # A call that the outside never got is then never made: what is unknown is not repeated.
    with contextlib.suppress(OutcomeUnknown):
        await deps.effects.once(
            key,
            "mail",
            lambda: _call(deps, what, name, "mail"),
            Said,
            repeat=Repeat.ONCE,
            reconcile=None if silent else ask,
        )


async def _call(deps: Deps, what: str, name: str, kind: str) -> Said:
    reach("before the call")
    await run_db(_keep, deps.run_id, what, name, kind)
    reach("between call and record")
    return Said(text=what)


def _keep(run_id: str, what: str, key: str, kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chaos_calls (run, what, key, kind) VALUES (%s, %s, %s, %s)",
            [run_id, what, key, kind],
        )


def _seen(key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM chaos_calls WHERE key = %s AND kind = 'mail'", [key])
        return cursor.fetchone() is not None
