"""A draft improved by a model behind the real gateway: one that does it well, and some that do not."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from autonomy.core.rewriting import edited
from autonomy.core.types import Author, StopReason
from tests.autonomy.agents.test_loop import Ride
from tests.autonomy.agents.test_rewriting import nothing_lost, rewritten
from tests.autonomy.agents.world import MemoryDrafts, draft_deps
from tests.autonomy.core.llm.fakes import Bench
from tests.files.drafts import rich_draft, simple, written
from tests.providers.fixtures import openai_server
from tests.providers.openai_server import Behaviour, OpenAIServer

__all__ = ["openai_server"]

SENTENCE = "The 12 plots that were there may not have been the largest ones of all (Berg, 2008)."


@pytest.fixture
async def bench(openai_server: OpenAIServer) -> AsyncIterator[Bench]:
    bench = Bench(openai_server)
    yield bench
    await bench.providers.aclose()


async def test_a_model_behind_the_gateway_improves_a_long_draft(
    bench: Bench, tmp_path: Path
) -> None:
    path = written(rich_draft(3_000), tmp_path / "draft.docx")
    outcome = await rewritten(path, bench.gateway())

    assert outcome.state["stop_reason"] == StopReason.COMPLETED
    by_model = [c for c in outcome.changes if c.author is Author.MODEL]
    assert len(by_model) >= 80
    assert len(bench.ledger.settled) == len(bench.server.requests) >= 9
    assert {r.role for r in bench.server.requests} == {"editor"}
    nothing_lost(outcome)


def said(text: str) -> str:
    return json.dumps({"changes": [{"number": 1, "text": text, "why": "Better."}]})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said("The plots there may not have been the largest (Berg, 2008)."), "number 12"),
        (said("The 12 plots there may have been the largest (Berg, 2008)."), "negation"),
        (said("The 12 plots there may not have been the largest."), "citation"),
        (said("The 12 plots there were not the largest (Berg, 2008)."), "more certain"),
        ("I am sorry, but as a language model I cannot do that.", ""),
        ('{"changes": [{"number": 77, "text": "Nobody asked."}]}', ""),
        ("", ""),
    ],
)
async def test_what_a_bad_answer_would_change_is_not_changed(
    answer: str, reason: str, bench: Bench, tmp_path: Path
) -> None:
    bench.server.behaviour = Behaviour(content=answer)
    path = written(simple(SENTENCE), tmp_path / "draft.docx")
    deps = dataclasses.replace(draft_deps(path), models=bench.gateway(), effects=bench.effects)
    ride = await Ride(deps).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED
    drafts = cast("MemoryDrafts", deps.drafts)
    assert not any(drafts.proposed.values())
    assert edited(SENTENCE, ()) in ride.document.sections[0].markdown
    bodies = cast("Any", deps.artifacts).bodies.values()
    told = next(b["rewriting"] for b in bodies if "rewriting" in b)
    assert [reason in one["reason"] for one in told["left"]] == ([True] if reason else [])
