"""A document without a single file: its sources come from registries of a made-up world."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import docx
import pytest

from tests.journeys.client import Caller
from tests.registries.faults import Fault
from tests.registries.fixtures import made_up_world, world_of_registries
from tests.registries.server import REGISTRY_NAMES, Registries
from tests.stack_process import StackProcess, eventually

__all__ = ["made_up_world", "world_of_registries"]

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

REQUEST = "Write a 700-word review of distributed practice and spaced retrieval in higher education"


@pytest.fixture(scope="module")
def stack(world_of_registries: Registries) -> Iterator[StackProcess]:
    outside = world_of_registries.environment | {"WEB_SEARCH": "off", "OUTSIDE_CACHE_HOURS": "0"}
    running = StackProcess(ready_made=True, SIGNUP="open", **outside)
    try:
        yield running.start()
    finally:
        running.stop()
        running.remove()


def sources(caller: Caller, run_id: str, kept: bool = True) -> list[dict[str, Any]]:
    reply = caller.http.get(
        f"/api/v2/runs/{run_id}/sources", params={"kept": str(kept).lower(), "limit": 100}
    )
    assert reply.status_code == 200, reply.text
    return list(reply.json()["items"])


@pytest.fixture
def caller(stack: StackProcess, request: pytest.FixtureRequest) -> Caller:
    """A new person, with nothing in their library."""
    return Caller(stack, f"{abs(hash(request.node.name))}@example.org")


def test_a_prompt_alone_becomes_a_document_with_checked_citations(
    caller: Caller, made_up_world: Registries
) -> None:
    run_id = caller.ask(REQUEST)
    run = caller.until(run_id, "succeeded", seconds=300)
    kept, dropped = sources(caller, run_id), sources(caller, run_id, kept=False)
    citations = caller.citations(run_id)

    print(run["stop_reason"], run["last_verdict"]["reason"])
    print(len(kept), "kept;", len(dropped), "dropped;", len(citations), "citations")
    for one in [*kept, *dropped]:
        print(one["kept"], one["reading"], one["csl"]["title"][:60], "|", one["reason"])
    assert len(kept) >= 4
    assert all(one["origin"] == "scholarly" and one["reason"] and one["query"] for one in kept)
    retracted = [one for one in dropped if "retracted" in one["reason"]]
    assert len(retracted) == 1
    assert all(one["id"] is None and one["reason"] for one in dropped)
    assert len(citations) >= 5
    assert {c["source_id"] for c in citations} <= {one["id"] for one in kept}
    assert not [
        c for c in citations if c["verdict"] in ("unsupported", "not_found", "contradicted")
    ]
    word = docx.Document(io.BytesIO(caller.download(run_id, "docx")))
    styles = [p.style.name for p in word.paragraphs if p.style is not None]
    assert styles.count("Bibliography") == len({c["source_id"] for c in citations})


def test_a_worker_that_dies_between_search_and_choice_repeats_nothing(
    stack: StackProcess, caller: Caller, made_up_world: Registries
) -> None:
    run_id = caller.ask(REQUEST)
    looked = {"step_id": "look", "status": "done"}
    assert eventually(
        lambda: any(looked.items() <= (e.get("meta") or {}).items() for e in caller.events(run_id)),
        120,
        every=0.05,
    )
    stack.kill("runs")
    caller.until(run_id, "succeeded", seconds=300)

    asked = Counter(
        (one.path, tuple(sorted(one.params.items())))
        for name in ("openalex", "crossref", "arxiv")
        for one in made_up_world.questions(name)
        if "search" in one.params or "query" in one.params or "search_query" in one.params
    )
    assert asked
    assert {key: n for key, n in asked.items() if n > 1} == {}
    titles = [one["csl"]["title"] for one in sources(caller, run_id)]
    assert len(titles) == len(set(titles))


def test_without_files_and_without_an_answer_the_run_says_so(
    caller: Caller, made_up_world: Registries
) -> None:
    for name in REGISTRY_NAMES:
        made_up_world.fail(name, Fault("status", status=503, lasting=True))
    run_id = caller.ask(REQUEST)
    run = caller.until(run_id, "failed", seconds=180)

    said = run["last_verdict"]["reason"]
    print(said)
    assert run["stop_reason"] == "no_evidence"
    assert "no scholarly registry could be reached" in said
    assert "says nothing of what has been published" in said
    assert "Add files of your own and start again, or try again later." in said
