"""A learnt tool whose API changes shortly before a wider search asks it: mended in the round, and
asked again in it. The service and the sandbox are real; rows are in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from autonomy.agents.tool_ingestor import Origin, read
from autonomy.core.learnt import Exchange, Fix, LearntTool, RepairCase, Settled
from autonomy.core.ports import NoCall, Repeat
from autonomy.core.sandbox import Tier
from autonomy.core.types import StopReason
from autonomy.tools.learnt.failing import LearntFailure
from autonomy.tools.learnt.http import call_http
from autonomy.tools.learnt.run_tools import run_tools
from autonomy.tools.learnt.searching import finds_works
from autonomy.tools.learnt.values import LearntInput, LearntOutput
from autonomy.tools.registry import Tool, ToolContext
from tests.autonomy.agents.outside_world import outside_deps
from tests.autonomy.agents.test_learnt_tools import GOAL, LIMITS, free, line
from tests.autonomy.agents.test_loop import Ride
from tests.autonomy.agents.world import make_library
from tests.autonomy.tools.learnt.test_proof import PATIENT
from tests.autonomy.tools.python_sandbox.conftest import sandbox_of
from tests.learnt.services import WORKS
from tests.learnt.serving import Asked, Reply, Served, serving

NAME = "open_papers.search_works"


def renamed(asked: Asked) -> Reply:
    """Open Papers after it calls its titles otherwise."""
    reply = free(asked)
    if asked.path != "/v1/works":
        return reply
    items = [{"headline": w["title"], **{k: w[k] for k in w if k != "title"}} for w in WORKS]
    return Reply({"total": len(items), "items": items})


class Versions:
    """`ToolRepairs` of one tool, and the tool as its latest version calls it."""

    def __init__(self, learnt: LearntTool, served: Served, *, mends: bool) -> None:
        self.learnt, self.served, self.mends = learnt, served, mends
        self.recordings: list[Exchange] = []
        self.failed: Exchange | None = None
        self.applied: list[Fix] = []

    async def call(self, arguments: Mapping[str, Any]) -> Any:
        try:
            called = await call_http(self.learnt, dict(arguments), line(self.served), secrets={})
        except LearntFailure as failure:
            self.failed = failure.exchange
            raise
        self.recordings.append(called.exchange)
        return called.result

    def usable(self) -> Tool[Any, Any]:
        async def run(context: ToolContext, given: LearntInput) -> LearntOutput:
            return LearntOutput(value=await self.call(given.arguments()))

        return Tool(
            name=self.learnt.name,
            description=self.learnt.description,
            input=LearntInput,
            output=LearntOutput,
            run=run,
            repeat=Repeat.READ,
            schemas=(self.learnt.input_schema, self.learnt.output_schema),
            learnt=True,
        )

    async def take_back_if_worse(self, tool: str) -> None:
        return None

    async def case(self, tool: str) -> RepairCase | None:
        if not self.mends:
            return None
        return RepairCase(
            tool=self.learnt,
            version=1,
            recordings=tuple(self.recordings),
            failed=self.failed,
            may_ask=True,
            probes=3,
        )

    async def ask(self, case: RepairCase, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        learnt = self.learnt.model_copy(update={"wrapper": wrapper})
        try:
            called = await call_http(learnt, dict(arguments), line(self.served), secrets={})
        except LearntFailure as failure:
            if failure.exchange is None:
                raise NoCall(str(failure)) from failure
            return failure.exchange
        return called.exchange

    async def settle(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        self.applied.append(fix)
        self.learnt = self.learnt.model_copy(update={"wrapper": fix.wrapper})
        return Settled(state="applied", version=2)

    async def settled(self, key: str) -> Settled | None:
        return None

    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        raise AssertionError("there is a sandbox, so nothing is only proposed")


async def ride_over(served: Served, *, mends: bool) -> tuple[Ride, Versions]:
    """A run with files that fall short, with a tool that went well until it is asked."""
    origin = Origin("openapi", url=f"{served.base}/openapi.yaml")
    bundle = await read(origin, line(served), LIMITS, secrets={})
    learnt = next(o.tool for o in bundle.operations if o.tool.name == NAME)
    versions = Versions(learnt, served, mends=mends)
    for query in ("naps", "sleep", "older adults"):
        await versions.call({"query": query, "per-page": 20})
    served.answering = renamed
    deps = outside_deps(
        GOAL, None, library=make_library(), tools=run_tools(), source_ids=("reefs",)
    )
    deps.tools.add([versions.usable()])
    assert finds_works(deps.tools.learnt()[0])
    sandbox = sandbox_of(Tier.UNSHARE, PATIENT)
    deps = dataclasses.replace(deps, repairs=versions, sandbox=sandbox)
    return await Ride(deps).go(), versions


def dois(ride: Ride) -> set[str]:
    return {str(s.csl.get("DOI")) for s in ride.document.sources}


async def test_a_tool_that_fails_in_a_wider_search_is_mended_and_asked_again_in_it() -> None:
    with serving(free) as served:
        ride, versions = await ride_over(served, mends=True)

    assert "expand" in ride.routes
    assert "repair" not in ride.routes, "it was mended where it failed"
    (fix,) = versions.applied
    assert "+- rename:" in fix.patch
    assert dois(ride) & {str(w["doi"]) for w in WORKS}
    events = ride.deps.events.emitted  # type: ignore[attr-defined]
    (told,) = [e for e in events if "tool_repair" in e.meta]
    assert (told.type, told.source) == ("note", "self_debugger")
    assert told.meta["step_id"].startswith("look-again-")
    assert told.meta["tool_repair"]["version"] == 2
    step = next(s for s in ride.state["plan"].steps if s.id.startswith("look-again-"))
    assert f"Version 2 of {NAME} is used now" in step.summary


async def test_without_repairs_the_round_goes_on_without_the_tool_and_says_so() -> None:
    with serving(free) as served:
        ride, versions = await ride_over(served, mends=False)

    assert not versions.applied
    assert "expand" in ride.routes
    assert ride.state["stop_reason"] == StopReason.NO_EVIDENCE
    step = next(s for s in ride.state["plan"].steps if s.id.startswith("look-again-"))
    assert "no longer answers as it promised" in step.summary
