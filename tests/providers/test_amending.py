"""Flagged passages said otherwise by a model behind the real gateway: one that does it well, and
some that do not."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator

import pytest

from autonomy.core.markers import MARKER
from autonomy.core.originality import PassageChange, Remedy
from autonomy.core.types import Author
from tests.autonomy.agents.test_loop import Ride, report
from tests.autonomy.agents.test_reviser import changes, deps_of, marked, unchanged_but
from tests.autonomy.core.llm.fakes import Bench
from tests.providers.fixtures import openai_server
from tests.providers.openai_server import Behaviour, OpenAIServer

__all__ = ["openai_server"]

QUOTED = "Closed seasons work because grazing fish spawn in the months that the closure protects"
SAID = (
    "Catches outside the closed reefs were not better in year 3, so fishers in Marra did not accept "
    "the closure"
)
"""Cited, and near to its source without being quoted from it."""


@pytest.fixture
async def bench(openai_server: OpenAIServer) -> AsyncIterator[Bench]:
    bench = Bench(openai_server)
    yield bench
    await bench.providers.aclose()


async def revised(
    bench: Bench, *answers: str, insert: str = "", words: str = QUOTED
) -> tuple[Ride, PassageChange]:
    """A draft by rule whose checker marked `words`, revised with a model that says `answers`."""
    ride = await Ride(deps_of()).go()
    if insert:
        ident = next(p.id for p in ride.document.passages if QUOTED in p.text)
        body = ride.deps.artifacts.bodies[ride.state["document_id"]]  # type: ignore[attr-defined]
        section = next(s for s in body["sections"] if QUOTED in s["markdown"])
        section["markdown"] += f"\n\n{insert} [[p:{ident}]]."
    before = ride.document
    ride.deps.cycles.marked = [marked(before, words)]  # type: ignore[attr-defined]
    ride.deps = dataclasses.replace(ride.deps, models=bench.gateway(), effects=bench.effects)
    bench.server.script += [Behaviour(content=answer) for answer in answers]
    await report(ride, None, verdict="rejected")

    assert bench.server.requests[0].role == "reworker"
    unchanged_but(before, ride.document, changes(ride))
    (change,) = [c for c in changes(ride) if c.told_by == "checker"]
    ids = [{m["id"] for m in MARKER.finditer(text)} for text in (change.before, change.after)]
    assert ids[0] <= ids[1], "no citation is lost"
    return ride, change


async def test_a_model_behind_the_gateway_says_a_passage_otherwise(bench: Bench) -> None:
    ride, change = await revised(bench)

    assert (change.remedy, change.author) == (Remedy.REPHRASE, Author.MODEL)
    assert "“" not in change.after
    assert "said 1 passage otherwise" in ride.document.notice
    assert bench.ledger.settled
    assert not bench.ledger.open


def said(text: str, number: int = 1) -> str:
    return json.dumps({"passages": [{"number": number, "text": text}]})


GOOD = (
    "Fishers in Marra did not take to the closure, {p1} for by year 3 the reefs around it gave no "
    "better catch."
)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([said(GOOD.replace(" {p1}", ""))], "lost a citation"),
        ([said(GOOD.replace("{p1}", "{p1} {p2}"))], "lost a citation"),
        ([said(GOOD.replace("year 3", "year 30"))], "adds"),
        ([said(GOOD.replace("by year 3 ", ""))], "loses"),
        ([said(GOOD.replace("Marra", "Tarn"))], "adds"),
        ([said(GOOD.replace("did not take", "took").replace("no better", "a better"))], "turn"),
        ([said(f"{SAID} {{p1}}.".replace("accept", "approve"))], "words exchanged"),
        ([said(GOOD, number=7)], "left it out"),
        ([json.dumps({"passages": []})], "left it out"),
        (["I am sorry, as a language model I cannot.", "Still sorry."], "no language model"),
        (['{"passages": [{"number": "one"', '{"passages": 4}'], "no language model"),
        (["", ""], "no language model"),
    ],
)
async def test_a_bad_wording_is_refused_and_the_rule_does_what_it_can(
    answers: list[str], why: str, bench: Bench
) -> None:
    _, change = await revised(bench, *answers, insert=SAID, words=SAID)

    assert change.author == Author.RULE
    assert change.remedy in (Remedy.KEEP, Remedy.QUOTE)
    assert why in change.reason
    if change.remedy is Remedy.KEEP:
        assert change.after == change.before


async def test_the_same_passage_worded_well_is_taken(bench: Bench) -> None:
    _, change = await revised(bench, said(GOOD), insert=SAID, words=SAID)

    assert change.author == Author.MODEL, change.reason
