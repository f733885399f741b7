"""What becomes of a step whose learnt tool failed, without a sandbox: advice, reasons, proposals."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from autonomy.agents.self_debugger import _diagnose
from autonomy.agents.tool_repair import mend_tool
from autonomy.core.learnt import Exchange, Fix, RepairCase, Settled
from autonomy.core.ports import Deps, NoCall
from autonomy.core.sandbox import NoSandbox
from autonomy.core.types import Observation, Step, StepError, StepKind
from autonomy.tools.learnt.values import LearntInput, LearntOutput
from autonomy.tools.registry import Tool, ToolRegistry
from tests.autonomy.agents.world import make_deps
from tests.autonomy.tools.learnt import drift_suite
from tests.autonomy.tools.learnt.mutations import MUTATIONS, Mutation

STEP = Step(id="look-tool-1", kind=StepKind.TOOL, title="Look", tool="works.search", attempts=1)


class Shelf:
    """`ToolRepairs` of one changed API, in memory."""

    def __init__(self, mutation: Mutation) -> None:
        self.mutation = mutation
        self.proposed: list[Fix] = []
        self.applied: list[Fix] = []

    async def take_back_if_worse(self, tool: str) -> None:
        return None

    async def case(self, tool: str) -> RepairCase | None:
        api = self.mutation.api
        return RepairCase(
            tool=api.tool(),
            version=1,
            recordings=tuple(api.recordings()),
            failed=drift_suite.answered(self.mutation, "", api.recorded[0]),
            may_ask=True,
            probes=8,
        )

    async def ask(self, case: RepairCase, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        return drift_suite.answered(self.mutation, wrapper, arguments)

    async def settle(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        self.applied.append(fix)
        return Settled(state="applied", version=2)

    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        self.proposed.append(fix)
        return Settled(state="proposed", version=2)

    async def settled(self, key: str) -> Settled | None:
        return None


class Away(Shelf):
    async def ask(self, case: RepairCase, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        raise NoCall("Nobody is there.")


def deps_for(name: str, shelf: type[Shelf] = Shelf) -> tuple[Deps, Shelf]:
    mutation = next(m for m in MUTATIONS if m.name == name)
    made = shelf(mutation)

    async def run(context: Any, given: Any) -> LearntOutput:
        raise AssertionError("the tool is not called by a repair")

    learnt = Tool("works.search", "Finds works.", LearntInput, LearntOutput, run, learnt=True)
    deps = make_deps("Write about kelp")
    off = NoSandbox("Install bubblewrap.")
    return dataclasses.replace(deps, tools=ToolRegistry([learnt]), repairs=made, sandbox=off), made


def failure(code: str, **detail: Any) -> StepError:
    return StepError(code=code, message="It failed.", detail={"tool": "works.search", **detail})


@pytest.mark.parametrize("code", ["auth", "quota", "dead_host"])
async def test_what_no_wrapper_changes_is_said_with_what_to_do(code: str) -> None:
    deps, shelf = deps_for("title → name")
    mend = await mend_tool(STEP, failure(code), deps, "t")
    assert mend is not None
    assert not mend.mended
    assert len(mend.said) > 60
    assert not shelf.applied
    assert not shelf.proposed


async def test_without_a_sandbox_the_candidate_is_only_proposed() -> None:
    deps, shelf = deps_for("title → name")
    mend = await mend_tool(STEP, failure("schema_drift"), deps, "t")
    assert mend is not None
    assert (mend.mended, mend.waits, mend.version) == (False, True, 2)
    assert "Install bubblewrap" in mend.said
    (fix,) = shelf.proposed
    assert not shelf.applied
    assert "+- rename:" in fix.patch
    assert fix.evidence["proof"]["passed"] is False


class Dismissed(Shelf):
    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        return Settled(state="declined", version=2)


async def test_a_proposal_that_was_dismissed_before_is_not_said_to_wait() -> None:
    deps, _ = deps_for("title → name", Dismissed)
    mend = await mend_tool(STEP, failure("schema_drift"), deps, "t")
    assert mend is not None
    assert (mend.mended, mend.waits, mend.version) == (False, False, 2)
    assert "was dismissed before" in mend.said


class Gone(Shelf):
    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        raise NoCall("This tool has been removed.")


async def test_a_tool_that_is_removed_while_it_is_mended_is_left_with_that_reason() -> None:
    deps, _ = deps_for("title → name", Gone)
    mend = await mend_tool(STEP, failure("schema_drift"), deps, "t")
    assert mend is not None
    assert (mend.mended, mend.waits) == (False, False)
    assert mend.said == "It failed. It was not mended: this tool has been removed."


@pytest.mark.parametrize(
    ("name", "said"),
    [("a field is gone", "doi"), ("an error under status 200", "quota")],
)
async def test_what_is_doubtful_is_left_alone_with_the_reason(name: str, said: str) -> None:
    deps, shelf = deps_for(name)
    mend = await mend_tool(STEP, failure("schema_drift"), deps, "t")
    assert mend is not None
    assert not mend.mended
    assert said in mend.said
    assert not shelf.proposed


async def test_an_api_that_is_away_meanwhile_is_not_guessed_about() -> None:
    deps, shelf = deps_for("title → name", Away)
    mend = await mend_tool(STEP, failure("schema_drift"), deps, "t")
    assert mend is not None
    assert "nobody is there" in mend.said
    assert not shelf.proposed


async def test_a_refusal_that_names_a_parameter_is_looked_at_as_drift() -> None:
    deps, shelf = deps_for("renamed, in the words of a framework")
    mend = await mend_tool(STEP, failure("bad_input", status=422), deps, "t")
    assert mend is not None
    assert "/query" in shelf.proposed[0].wrapper


async def test_other_failures_and_other_tools_take_their_usual_way() -> None:
    deps, _ = deps_for("title → name")
    assert await mend_tool(STEP, failure("unavailable"), deps, "t") is None
    assert await mend_tool(STEP, failure("bad_input"), deps, "t") is None
    other = StepError(code="schema_drift", message="No.", detail={"tool": "library.search"})
    assert await mend_tool(STEP, other, deps, "t") is None


async def test_a_step_that_a_document_can_do_without_is_set_aside_and_says_why() -> None:
    deps, _ = deps_for("a field is gone")
    error = failure("schema_drift")
    seen = Observation(step_id=STEP.id, ok=False, summary=error.message, error=error)
    fix = await _diagnose(STEP, seen, deps, "t")
    assert fix.skip
    assert fix.tool_mend is not None
    assert "not mended" in fix.diagnosis
