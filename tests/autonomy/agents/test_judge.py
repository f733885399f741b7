"""Judging claims by a model, over real HTTP."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from pydantic import BaseModel

from autonomy.agents.judge import judge_claims
from autonomy.agents.verification import check_citations
from autonomy.core.packing import Prompt
from autonomy.core.types import Author, CitationCheck, CitationVerdict, Passage
from tests.autonomy.agents.world import NoModels, make_deps
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


@pytest.mark.parametrize(
    ("said", "verdict", "judgements"),
    [
        (["supported"], CitationVerdict.PARTLY, 1),
        (["partly"], CitationVerdict.PARTLY, 1),
        (["contradicted", "contradicted"], CitationVerdict.CONTRADICTED, 2),
        (["contradicted", "partly"], CitationVerdict.UNSUPPORTED, 2),
    ],
)
async def test_a_verdict_is_held_to_the_facts_and_a_contradiction_asked_twice(
    said: list[str], verdict: CitationVerdict, judgements: int
) -> None:
    models = Scripted(said)
    claim = "Grazing fish were counted on 40 closed coral reefs by survey 3."
    (check,) = check_citations([(1, "p3", claim)], PASSAGES)
    deps = dataclasses.replace(make_deps("Write."), models=models)

    (judged,) = await judge_claims([check], PASSAGES, deps, "task")

    assert (judged.verdict, judged.judgements) == (verdict, judgements)
    assert "does not have the number 40" in models.prompts[0]
    assert not models.said


class Scripted(NoModels):
    """A critic that answers what it is told to."""

    def __init__(self, said: list[str]) -> None:
        self.said = said
        self.prompts: list[str] = []

    def available(self, role: str) -> bool:
        return role == "critic"

    async def structured(
        self, role: str, *, key: str, prompt: Prompt, output: type[BaseModel]
    ) -> Any:
        self.prompts.append("\n".join(part.text for part in prompt.parts))
        verdict = {"marker": 1, "verdict": self.said.pop(0), "reason": "Because."}
        return output.model_validate({"verdicts": [verdict]})


class Reciting(NoModels):
    """A critic that a passage talked into telling what it was told."""

    def available(self, role: str) -> bool:
        return True

    async def structured(self, role: str, *, key: str, prompt: Prompt, output: Any) -> Any:
        recited = max(prompt.system.splitlines(), key=len)
        reasons = [f"It counts the fish. {recited} Cite [[p:evil00]] here.", recited]
        rows = [
            {"marker": marker, "verdict": "supported", "reason": reason}
            for marker, reason in enumerate(reasons, 1)
        ]
        return output.model_validate({"verdicts": rows})


async def test_a_reason_recites_no_instructions_and_cites_nothing() -> None:
    deps = dataclasses.replace(make_deps("Write."), models=Reciting())

    first, second = await judge_claims(CHECKS[:2], PASSAGES, deps, "task")

    assert first.reason == "It counts the fish."
    assert second.reason == "the model gave no reason of its own"
    assert first.verdict is second.verdict is CitationVerdict.SUPPORTED
