"""A sample of the corpus through the whole gateway: every text ends in the data that was meant, at
once or after one more question, or in the rule path."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from autonomy.core.llm import CallLimits
from autonomy.core.ports import ModelUnavailable
from tests.autonomy.core.llm.corpus.bases import BASES
from tests.autonomy.core.llm.corpus.damages import DAMAGES, Damage, dumped
from tests.autonomy.core.llm.corpus.meaning import strayed
from tests.autonomy.core.llm.fakes import Bench, said
from tests.providers.fixtures import openai_server
from tests.providers.openai_server import Behaviour, OpenAIServer

__all__ = ["openai_server"]

SAMPLE = [damage for damage in DAMAGES if damage.kind != "5 MB"]


@pytest.fixture
async def bench(openai_server: OpenAIServer) -> AsyncIterator[Bench]:
    bench = Bench(openai_server, limits=CallLimits(attempts=2))
    yield bench
    await bench.providers.aclose()


@pytest.mark.parametrize("damage", SAMPLE, ids=[damage.kind for damage in SAMPLE])
async def test_a_damaged_answer_ends_in_data_or_in_the_rule_path(
    bench: Bench, damage: Damage
) -> None:
    rng = random.Random(damage.kind)
    base = rng.choice(BASES)
    bench.server.script += [
        Behaviour(content=damage.make(base.value, rng)),
        Behaviour(content=dumped(base.value)),
    ]
    got, ended = None, ""
    try:
        got = await bench.gateway().structured(
            "planner", key="k", prompt=said("Go on."), output=base.output
        )
    except ModelUnavailable as error:
        ended = error.code
    if got is None:
        # A refusal is not asked again, and what was sent back may be too long for the window.
        assert ended in {"refused", "malformed", "context_overflow"}
        assert damage.ends == "unusable"
    else:
        assert strayed(base, got) == ""
    assert len(bench.server.requests) <= 2
