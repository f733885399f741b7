"""Judging claims by a model, over real HTTP."""

from __future__ import annotations

import dataclasses

from autonomy.agents.judge import judge_claims
from autonomy.core.types import Author, CitationCheck, CitationVerdict, Passage
from tests.autonomy.agents.world import make_deps
from tests.autonomy.core.llm.conftest import bench
from tests.autonomy.core.llm.fakes import Bench
from tests.providers.fixtures import openai_server

__all__ = ["bench", "openai_server"]

PASSAGES = {
    f"p{n}": Passage(
        id=f"p{n}",
        source_id="s",
        text=f"Survey {n} counted grazing fish on closed coral reefs. " + "It went on. " * 60,
    )
    for n in range(12)
}
CHECKS = [
    CitationCheck(
        marker=n + 1,
        claim=f"Grazing fish were counted on closed coral reefs by survey {n}.",
        passage_id=f"p{n}",
        source_id="s",
        verdict=CitationVerdict.CLOSE,
    )
    for n in range(12)
]


async def test_claims_that_a_small_window_cannot_hold_at_once_are_judged_in_smaller_batches(
    bench: Bench,
) -> None:
    bench.server.window = 2_600
    deps = dataclasses.replace(make_deps("Write."), models=bench.gateway())

    judged = await judge_claims(CHECKS, PASSAGES, deps, "task")

    assert {check.author for check in judged} == {Author.MODEL}
    assert [check.marker for check in judged] == [check.marker for check in CHECKS]
    answered = [r for r in bench.log.records if r.outcome == "answered"]
    assert len(answered) > 1
    assert not any(r.left_out for r in bench.log.records), "a passage is judged whole or not at all"


async def test_claims_are_judged_in_one_call_where_they_fit(bench: Bench) -> None:
    deps = dataclasses.replace(make_deps("Write."), models=bench.gateway())

    judged = await judge_claims(CHECKS, PASSAGES, deps, "task")

    assert {check.author for check in judged} == {Author.MODEL}
    assert len(bench.server.requests) == 1
