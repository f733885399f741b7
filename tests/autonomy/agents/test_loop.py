"""The whole loop on the rule path, over an in-memory world."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from autonomy.core.graph import RECURSION_LIMIT, build_graph, initial_state
from autonomy.core.ports import BudgetExhausted, Deps
from autonomy.core.prompts import ProposedRepair
from autonomy.core.types import (
    CitationVerdict,
    EventDraft,
    FileState,
    FileStatus,
    Route,
    StepStatus,
    StopReason,
)
from autonomy.core.versions import Made
from autonomy.export.claims import citations_in_order
from autonomy.export.document import Document
from autonomy.export.structure import dangling_ids
from autonomy.tools.library_tools import SearchInput, SearchOutput, library_tools
from autonomy.tools.registry import Tool, ToolContext, ToolFailure
from tests.autonomy.agents.world import MemoryLibrary, NoModels, make_deps, make_library

GOAL = "Write a 400-word review of grazing fish and coral reefs from these PDFs, Harvard style"


class Ride:
    """One run of the compiled graph and what came of it."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.graph = build_graph().compile(checkpointer=InMemorySaver())
        self.config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": RECURSION_LIMIT}
        self.routes: list[str] = []
        self.state: dict[str, Any] = {}
        self.outbox: list[EventDraft] = []

    async def go(self, given: Any = None) -> Ride:
        first = initial_state() if given is None else given
        async for mode, part in self.graph.astream(
            first,
            self.config,
            context=self.deps,
            stream_mode=["updates", "values"],
            durability="sync",
        ):
            if mode == "values":
                self.state = part
            else:
                self.routes += list(part)
                updates: dict[str, Any] = dict(part)
                for update in updates.values():
                    self.outbox += update.get("outbox", ()) if isinstance(update, dict) else ()
        return self

    def event(self, kind: str) -> EventDraft:
        """The last boundary event of this type."""
        return next(event for event in reversed(self.outbox) if event.type == kind)

    @property
    def document(self) -> Document:
        return Document.model_validate(self.deps.artifacts.bodies[self.state["document_id"]])  # type: ignore[attr-defined]


async def test_a_review_is_planned_written_checked_and_finished() -> None:
    ride = await Ride(make_deps(GOAL)).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    assert ride.routes[0] == "plan"
    assert ride.routes.count("plan") == 2, "the outline follows from the survey"
    document = ride.document
    assert 360 <= document.words() <= 440
    assert {s.id for s in document.sources} == {"reefs", "fishery"}
    assert "without a language model" in document.notice
    assert all(step.status is StepStatus.DONE for step in ride.state["plan"].steps)


async def test_every_quotation_stands_word_for_word_in_its_passage() -> None:
    ride = await Ride(make_deps(GOAL)).go()

    checks = ride.deps.artifacts.checks  # type: ignore[attr-defined]
    assert len(checks) == len(citations_in_order(ride.document))
    quoted = [c for c in checks if c.verdict is CitationVerdict.QUOTED]
    assert len(quoted) >= 8
    assert {c.verdict for c in checks} <= {CitationVerdict.QUOTED, CitationVerdict.CLOSE}


async def test_no_sentence_is_quoted_twice() -> None:
    ride = await Ride(make_deps(GOAL)).go()

    quotes = [
        part.split("”")[0]
        for s in ride.document.sections
        for part in s.markdown.split("“")[1:]
        if len(part) > 40
    ]
    assert len(quotes) == len(set(quotes))


async def test_a_question_is_answered_from_the_passages_that_speak_to_it() -> None:
    ride = await Ride(
        make_deps("Why do closed seasons work for grazing fish?", journey="answer")
    ).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED
    text = ride.document.sections[0].markdown
    assert "Closed seasons work because grazing fish spawn" in text


async def test_a_question_about_the_sources_as_such_is_answered_from_each_of_them() -> None:
    ride = await Ride(make_deps("What do my sources conclude?", journey="answer")).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED
    text = ride.document.sections[0].markdown
    assert text.startswith("This is what two sources say, word for word.")
    assert "“present a ten-year survey of coral reefs along the Marra coast.”" in text
    assert "“find that reefs with a closed season held 2.4 times as many" in text


async def test_a_question_the_sources_do_not_touch_is_said_to_be_unanswered() -> None:
    ride = await Ride(make_deps("When was the violin invented in Cremona?", journey="answer")).go()

    if "document_id" in ride.state:
        assert "do not" in ride.document.sections[0].markdown
    else:
        assert ride.state["stop_reason"] == StopReason.NO_EVIDENCE


async def test_an_empty_library_ends_with_a_reason_and_no_document() -> None:
    ride = await Ride(make_deps(GOAL, library=MemoryLibrary())).go()

    assert ride.state["stop_reason"] == StopReason.NO_EVIDENCE
    assert "Add files" in ride.state["verdict"].reason
    assert "document_id" not in ride.state


async def test_an_unreadable_file_is_named_in_the_reason() -> None:
    library = make_library()
    for source_id in ("reefs", "fishery"):
        library.states[source_id] = FileState(
            source_id=source_id,
            file_name=f"{source_id}.pdf",
            status=FileStatus.FAILED,
            error="It is encrypted.",
        )
    ride = await Ride(make_deps(GOAL, library=library)).go()

    assert ride.state["stop_reason"] == StopReason.NO_EVIDENCE
    assert "reefs.pdf: It is encrypted." in ride.state["verdict"].reason


async def test_a_short_draft_widens_the_search_before_it_is_handed_over() -> None:
    ride = await Ride(make_deps("Write a 3,000-word review of grazing fish and coral reefs")).go()

    assert "expand" in ride.routes
    assert ride.state["stop_reason"] == StopReason.GATES_UNMET
    assert ride.document.words() > 300, "the best draft is handed over all the same"
    length = next(g for g in ride.state["verdict"].gates if g.gate == "length")
    assert not length.passed


async def test_the_second_widening_looks_beyond_the_attached_files() -> None:
    deps = make_deps(
        "Write a 2,000-word review of grazing fish and coral reefs", source_ids=("reefs",)
    )
    ride = await Ride(deps).go()

    assert ride.state["expansions"] == 2
    assert "fishery" in {s.id for s in ride.document.sources}
    told = [e for e in deps.events.emitted if e.type == "source.found"]  # type: ignore[attr-defined]
    assert any("not among the attached files" in e.content for e in told)


async def test_a_request_limited_to_the_attached_files_is_respected() -> None:
    deps = make_deps(
        "Write a 2,000-word review of grazing fish and coral reefs using only the attached papers",
        source_ids=("reefs",),
    )
    ride = await Ride(deps).go()

    assert {s.id for s in ride.document.sources} == {"reefs"}


def flaky_search(failures: list[ToolFailure]) -> Tool[SearchInput, SearchOutput]:
    """The real search, after it has failed once for each of `failures`."""
    real = next(t for t in library_tools() if t.name == "library.search")

    async def run(context: ToolContext, given: SearchInput) -> SearchOutput:
        if failures:
            raise failures.pop()
        result: SearchOutput = await real.run(context, given)  # type: ignore[arg-type]
        return result

    return Tool("library.search", "Search that fails first.", SearchInput, SearchOutput, run)


async def test_a_failed_search_is_repaired_and_the_run_finishes() -> None:
    tool = flaky_search([ToolFailure("not_found", "a named source is gone")])
    ride = await Ride(make_deps(GOAL, tools=[tool], source_ids=("reefs", "fishery"))).go()

    assert "repair" in ride.routes
    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    repaired = [
        s for s in ride.state["plan"].steps if s.id.startswith("search-") and s.attempts == 2
    ]
    assert len(repaired) == 1
    assert repaired[0].input["source_ids"] == ["reefs", "fishery"], "“these PDFs” limits the search"


class Meddler(NoModels):
    """A model that mends a search by looking where nobody said it might."""

    def available(self, role: str) -> bool:
        return role == "debugger"

    async def structured(self, role: str, **call: Any) -> Any:
        return ProposedRepair(diagnosis="Wider.", input={"queries": ["coral"], "source_ids": []})


async def test_a_model_may_mend_a_search_but_not_widen_where_it_looks() -> None:
    tool = flaky_search([ToolFailure("bug", "index out of order")])
    deps = make_deps(GOAL, tools=[tool], source_ids=("reefs",))
    ride = await Ride(dataclasses.replace(deps, models=Meddler())).go()

    mended = [s for s in ride.state["plan"].steps if s.input.get("queries") == ["coral"]]
    assert [s.input["source_ids"] for s in mended] == [["reefs"]]


async def test_a_search_that_keeps_failing_is_left_out_and_the_rest_is_written() -> None:
    async def broken(context: ToolContext, given: SearchInput) -> SearchOutput:
        if "limitations" in " ".join(given.queries):
            raise ToolFailure("bug", "index out of order")
        return await real.run(context, given)  # type: ignore[arg-type,return-value]

    real = next(t for t in library_tools() if t.name == "library.search")
    tool = Tool("library.search", "Fails for one section.", SearchInput, SearchOutput, broken)
    ride = await Ride(make_deps(GOAL, tools=[tool])).go()

    skipped = [s for s in ride.state["plan"].steps if s.status is StepStatus.SKIPPED]
    assert skipped
    assert all(s.id.startswith("search-") for s in skipped)
    assert ride.document.sections


async def test_the_run_sleeps_for_a_report_revises_and_accepts_the_next() -> None:
    deps = make_deps(GOAL, target_similarity=15, quotations="leave_out")
    ride = await Ride(deps).go()
    (first,) = ride.state["__interrupt__"]
    before = ride.document
    await ride.go(Command(resume={first.id: {"cycle_id": "cycle-1", "observed_similarity": 38}}))
    (second,) = ride.state["__interrupt__"]
    after = ride.document
    await ride.go(Command(resume={second.id: {"cycle_id": "cycle-2", "observed_similarity": 9}}))

    assert deps.cycles.closed == [False, True]  # type: ignore[attr-defined]
    assert after.words() < before.words(), "less is quoted after a report over the target"
    assert ride.state["route"] is Route.END


async def report(ride: Ride, observed: float | None, **more: Any) -> Ride:
    """Bring the report that the run waits for."""
    (pause,) = ride.state["__interrupt__"]
    ride.deps.cycles.report(observed=observed)  # type: ignore[attr-defined]
    value = {"cycle_id": pause.value["cycle_id"], "observed_similarity": observed, **more}
    return await ride.go(Command(resume={pause.id: value}))


async def test_reports_that_never_meet_the_target_end_with_the_draft_that_came_nearest() -> None:
    deps = make_deps(GOAL, target_similarity=5)
    ride = await Ride(deps).go()
    drafts = []
    for observed in (40, 22, 31):
        drafts.append(ride.document)
        await report(ride, observed)

    assert ride.state["stop_reason"] == StopReason.GATES_UNMET
    assert (
        "After 3 similarity reports the target of 5 % was not reached; the last one says 31 %"
        in (ride.state["verdict"].reason)
    )
    assert ride.document == drafts[1]


async def test_a_report_that_never_comes_ends_the_run_with_its_draft_and_says_so() -> None:
    ride = await Ride(make_deps(GOAL, target_similarity=10)).go()
    draft = ride.document
    await report(ride, None, expired=True)

    assert ride.state["stop_reason"] == StopReason.REPORT_EXPIRED
    assert "No similarity report came in time" in ride.state["verdict"].reason
    assert "is not known" in ride.state["verdict"].reason
    assert ride.document == draft


async def test_a_checker_who_accepts_settles_the_draft_whatever_the_figure() -> None:
    ride = await Ride(make_deps(GOAL, target_similarity=10)).go()
    draft = ride.document
    await report(ride, 18, verdict="accepted")

    assert ride.state["stop_reason"] == StopReason.COMPLETED
    assert ride.document == draft
    assert ride.deps.cycles.closed == [True]  # type: ignore[attr-defined]


async def test_a_checker_who_sends_the_draft_back_has_it_revised_whatever_the_figure() -> None:
    ride = await Ride(make_deps(GOAL, target_similarity=20)).go()
    await report(ride, 8, verdict="rejected")

    assert ride.state["__interrupt__"], "a revised draft waits for its own report"
    assert ride.state["cycles"] == 2


async def test_a_bound_that_is_not_above_the_target_is_accepted() -> None:
    ride = await Ride(make_deps(GOAL, target_similarity=1)).go()
    await report(ride, 1, below=True)

    assert ride.state["stop_reason"] == StopReason.COMPLETED


async def test_an_exhausted_budget_hands_over_what_is_written() -> None:
    deps = make_deps(GOAL)
    real_save = deps.artifacts.save

    async def save(kind: str, title: str, body: dict[str, Any], made: Made | None = None) -> str:
        deps.budget.reached = StopReason.BUDGET_SECONDS  # type: ignore[attr-defined]
        return await real_save(kind, title, body, made)

    deps.artifacts.save = save  # type: ignore[method-assign]
    ride = await Ride(deps).go()

    assert ride.state["stop_reason"] == StopReason.BUDGET_SECONDS
    assert ride.document.sections
    assert ride.deps.artifacts.checks, "even this draft's citations were checked"  # type: ignore[attr-defined]


async def test_a_budget_that_ends_during_a_revision_loses_no_section() -> None:
    deps = make_deps(GOAL, target_similarity=15)
    ride = await Ride(deps).go()
    (pause,) = ride.state["__interrupt__"]
    before = [s.id for s in ride.document.sections]
    real_save = deps.artifacts.save

    async def save(kind: str, title: str, body: dict[str, Any], made: Made | None = None) -> str:
        deps.budget.reached = StopReason.BUDGET_SECONDS  # type: ignore[attr-defined]
        return await real_save(kind, title, body, made)

    deps.artifacts.save = save  # type: ignore[method-assign]
    await ride.go(Command(resume={pause.id: {"cycle_id": "cycle-1", "observed_similarity": 38}}))

    assert [s.id for s in ride.document.sections] == before


class Costly(NoModels):
    """A model for the writer that the run cannot pay."""

    def available(self, role: str) -> bool:
        return role in ("planner", "writer")

    async def structured(self, role: str, **call: Any) -> Any:
        raise BudgetExhausted(StopReason.BUDGET_TOKENS, "The token budget of this run is used up.")

    async def text(self, role: str, **call: Any) -> str:
        raise BudgetExhausted(StopReason.BUDGET_TOKENS, "The token budget of this run is used up.")


async def test_what_no_model_can_be_paid_for_is_composed_by_rule_and_says_so() -> None:
    deps = dataclasses.replace(make_deps(GOAL), models=Costly())
    ride = await Ride(deps).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    assert "because the token budget of this run is used up" in ride.document.notice


async def test_a_file_deleted_meanwhile_leaves_no_dangling_citation() -> None:
    library = make_library()
    deps = make_deps(GOAL, library=library)
    real_save = deps.artifacts.save

    async def save(kind: str, title: str, body: dict[str, Any], made: Made | None = None) -> str:
        library.kept = [p for p in library.kept if p.source_id != "fishery"]
        library.works.pop("fishery", None)
        return await real_save(kind, title, body, made)

    deps.artifacts.save = save  # type: ignore[method-assign]
    ride = await Ride(deps).go()

    assert dangling_ids(ride.document) == ()
    assert {s.id for s in ride.document.sources} == {"reefs"}


@pytest.mark.parametrize("style", ["apa", "vancouver"])
async def test_the_style_named_in_the_request_is_the_documents(style: str) -> None:
    ride = await Ride(
        make_deps(f"Write 300 words on coral reefs, {style.upper()} style please")
    ).go()

    assert ride.document.style == style


async def test_a_topic_that_the_sources_do_not_treat_is_refused_not_written_around() -> None:
    deps = make_deps("Write a 500-word essay on violin varnish in Cremona", source_ids=("reefs",))
    ride = await Ride(deps).go()

    assert ride.state["stop_reason"] == StopReason.NO_EVIDENCE
    assert "document_id" not in ride.state
    reason = ride.state["verdict"].reason
    assert "do not speak to “violin varnish in Cremona”" in reason
    assert "Ten years on the reefs of Marra" in reason, "it says what the library does hold"


async def test_a_request_that_names_no_topic_takes_it_from_the_sources() -> None:
    ride = await Ride(
        make_deps("Write a 400-word literature review that compares the attached papers")
    ).go()

    assert ride.document.title == "Grazing fish and coral cover"
    assert {s.id for s in ride.document.sources} == {"reefs", "fishery"}


async def test_nothing_is_written_before_the_plan_is_approved() -> None:
    ride = await Ride(make_deps(GOAL, approve_plan=True)).go()
    (pause,) = ride.state["__interrupt__"]

    assert pause.value["kind"] == "plan_approval"
    assert not ride.deps.artifacts.bodies  # type: ignore[attr-defined]

    await ride.go(Command(resume={pause.id: {"approved": True}}))
    assert ride.state["stop_reason"] == StopReason.COMPLETED


async def test_a_later_run_is_told_what_was_written_before() -> None:
    first = make_deps(GOAL)
    await Ride(first).go()
    later = make_deps("Why do grazing fish matter on coral reefs?", journey="answer")
    later.notes.kept += first.notes.kept  # type: ignore[attr-defined]
    await Ride(later).go()

    said = [e.content for e in later.events.emitted if e.source == "planner"]  # type: ignore[attr-defined]
    assert any(
        "From earlier: “Grazing fish and coral reefs” was written from 2 sources" in line
        for line in said
    )


async def test_state_stays_small() -> None:
    ride = await Ride(make_deps(GOAL)).go()

    size = sum(len(repr(value)) for value in ride.state.values())
    assert size < 50_000
