from __future__ import annotations

from autonomy.agents.self_debugger import mend_input, rule_repair
from autonomy.core.types import Step, StepError, StepKind
from tests.autonomy.agents.world import make_deps

DEPS = make_deps("Write about coral reefs")


def search(**given: object) -> Step:
    return Step(
        id="search-1", kind=StepKind.TOOL, title="s", tool="library.search", input=given, attempts=1
    )


def test_an_unknown_tool_is_replaced_by_the_nearest_one() -> None:
    error = StepError(code="unknown_tool", message="no", detail={"nearest": "library.search"})
    fix = rule_repair(search(queries=["x"]), error, DEPS)

    assert fix is not None
    assert fix.tool == "library.search"


async def test_input_that_the_tool_refuses_is_made_to_fit_its_schema() -> None:
    from autonomy.tools.registry import ToolContext, ToolFailure

    given = {"queries": "coral reefs", "limit": "500", "colour": "red"}
    context = ToolContext(
        library=DEPS.library,
        events=DEPS.events,
        results={},
        effects=DEPS.effects,
        key="k",
    )
    try:
        await DEPS.tools.call("library.search", context, given)
        raise AssertionError("the input should have been refused")
    except ToolFailure as failure:
        error = failure.error
    fix = rule_repair(search(**given), error, DEPS)

    assert fix is not None
    assert fix.input == {"queries": ["coral reefs"], "limit": 60}
    output = await DEPS.tools.call("library.search", context, fix.input)
    assert output.hits  # type: ignore[attr-defined]


def test_a_missing_query_is_filled_with_the_topic() -> None:
    schema = DEPS.tools.schema("library.search") or {}
    detail = {"problems": [{"field": "queries", "problem": "missing", "type": "missing"}]}

    assert mend_input({}, detail, schema, "coral reefs") == {"queries": ["coral reefs"]}


def test_a_busy_tool_is_waited_for_longer_each_time() -> None:
    error = StepError(code="rate_limited", message="slow down")
    first = rule_repair(search(queries=["x"]), error, DEPS)
    second = rule_repair(search(queries=["x"]).model_copy(update={"attempts": 3}), error, DEPS)

    assert first is not None
    assert second is not None
    assert second.wait_seconds > first.wait_seconds > 0


def test_sources_that_are_gone_are_no_longer_asked_for() -> None:
    fix = rule_repair(
        search(queries=["x"], source_ids=["gone"]),
        StepError(code="not_found", message="gone"),
        DEPS,
    )

    assert fix is not None
    assert fix.input == {"queries": ["x"], "source_ids": []}


def test_a_bug_takes_thought_not_a_rule() -> None:
    assert rule_repair(search(queries=["x"]), StepError(code="bug", message="boom"), DEPS) is None
