"""What staff read of a checkpoint is the state that the graph stored, not bytes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from langgraph.graph import START, StateGraph

from autonomy.admin import checkpoint_state
from autonomy.admin.checkpoint_state import ReadState, plain, read_state
from autonomy.core.state import RunState
from autonomy.core.types import (
    Observation,
    Plan,
    Route,
    Step,
    StepKind,
    StepStatus,
    Verdict,
    VerdictKind,
)
from autonomy.models import Checkpoint, Run
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from tests.autonomy.admin.conftest import World, make_run

PLAN = Plan(
    title="Whales and <b>ships</b>",
    steps=(
        Step(id="s1", kind=StepKind.TOOL, title="Search", status=StepStatus.DONE),
        Step(id="s2", kind=StepKind.WRITE, title="Write", depends_on=("s1",)),
    ),
)


def synchronous_graph() -> StateGraph[Any, Any, Any, Any]:
    """The product's state and node names with edges that need no event loop: this test's
    transaction is seen by its own thread only."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(RunState)
    for name in ("plan", "act", "reflect"):
        graph.add_node(name, lambda state: {})
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "act")
    graph.add_edge("act", "reflect")
    graph.add_edge("reflect", "act")
    return graph


@pytest.fixture
def stored(alice: Any) -> Run:
    """A run whose thread holds three checkpoints, written by the graph and its saver."""
    run = make_run(alice)
    graph = synchronous_graph().compile(checkpointer=DjangoCheckpointSaver())
    config: Any = {"configurable": {"thread_id": str(run.pk)}}
    graph.update_state(config, {"plan": PLAN, "loops": 0}, as_node="plan")
    for attempt in (1, 2):
        seen = Observation(step_id="s1", attempt=attempt, ok=attempt == 2, summary=f"try {attempt}")
        graph.update_state(config, {"observations": [seen]}, as_node="act")
    verdict = Verdict(kind=VerdictKind.PASS, route=Route.ACT, reason="Go on.")
    graph.update_state(
        config, {"verdict": verdict, "route": verdict.route, "loops": 1}, as_node="reflect"
    )
    return run


def newest(run: Run) -> Checkpoint:
    return Checkpoint.objects.filter(thread_id=str(run.pk)).order_by("-pk")[0]


def test_the_state_comes_back_whole(stored: Run) -> None:
    state = read_state(newest(stored))
    assert state.problem == ""
    assert state.values["plan"]["title"] == PLAN.title
    assert [step["status"] for step in state.values["plan"]["steps"]] == ["done", "pending"]
    assert state.values["loops"] == 1


def test_a_list_kept_as_deltas_is_replayed(stored: Run) -> None:
    observations = read_state(newest(stored)).values["observations"]
    assert [seen["summary"] for seen in observations] == ["try 1", "try 2"]


def test_an_older_checkpoint_shows_the_state_of_its_time(stored: Run) -> None:
    first = Checkpoint.objects.filter(thread_id=str(stored.pk)).order_by("pk")[0]
    state = read_state(first)
    assert state.values.get("observations", []) == []
    assert "verdict" not in state.values


def test_the_summary_tells_supersteps_apart(stored: Run) -> None:
    assert read_state(newest(stored)).summary == "1/2 steps, verdict pass → act, loops 1"


def test_the_page_shows_the_state_escaped(stored: Run, staff_client: Client) -> None:
    page = reverse("admin:autonomy_checkpoint_change", args=[newest(stored).pk])
    text = staff_client.get(page).content.decode()
    assert "try 2" in text
    assert "Whales and &lt;b&gt;ships&lt;/b&gt;" in text
    assert "<b>ships" not in text
    assert str(stored.pk) in text


def test_the_run_page_shows_each_checkpoint_with_its_state(
    stored: Run, staff_client: Client
) -> None:
    page = staff_client.get(reverse("admin:autonomy_run_change", args=[stored.pk]))
    rows = page.context["checkpoints"]["rows"]
    assert len(rows) == 4
    assert all(row.state.problem == "" for row in rows)
    assert "1/2 steps, verdict pass" in page.content.decode()


def test_an_unreadable_checkpoint_is_one_sentence_and_the_page_lives(
    world: World, staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def get_state(self, config: object) -> None:
            raise ValueError("unknown class /srv/secret/path.py")

    monkeypatch.setattr(checkpoint_state, "_graph", Broken)
    checkpoint = world.rows[Checkpoint]
    for page in (
        reverse("admin:autonomy_checkpoint_change", args=[checkpoint.pk]),
        reverse("admin:autonomy_run_change", args=[world.run.pk]),
    ):
        response = staff_client.get(page)
        text = response.content.decode()
        assert response.status_code == 200
        assert "This checkpoint cannot be read (ValueError)" in text
        assert "/srv/secret" not in text
        assert "Traceback" not in text


def test_plain_turns_models_and_tuples_into_json_kinds() -> None:
    value = plain({"plan": PLAN, "pair": (1, Route.END), "other": object})
    assert value["plan"]["steps"][0]["id"] == "s1"
    assert value["pair"] == [1, "end"]
    assert isinstance(value["other"], str)


def test_parallel_nodes_are_counted() -> None:
    assert ReadState(next_nodes=("act", "act", "reflect")).next_words == "act × 2, reflect"


def test_the_summary_of_an_empty_state_is_empty() -> None:
    assert ReadState().summary == ""


def test_decoding_costs_a_few_queries_per_checkpoint(stored: Run, staff_client: Client) -> None:
    page = reverse("admin:autonomy_run_change", args=[stored.pk])
    with CaptureQueriesContext(connection) as captured:
        assert staff_client.get(page).status_code == 200
    assert len(captured) <= 16 + 4 * 4
