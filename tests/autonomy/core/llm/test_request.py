"""What is believed of what a provider says it used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from autonomy.core.llm import Access
from autonomy.core.llm.trial import attempt
from tests.autonomy.core.llm.fakes import Bench, said
from tests.providers.dialects import Reply
from tests.providers.simulator import Simulator


class Miscounting(Simulator):
    """Says that it used `used` tokens, read and written."""

    used = (0, 0)

    def _reply(self, *args: Any) -> Reply:
        reply = super()._reply(*args)
        return replace(reply, input_tokens=self.used[0], output_tokens=self.used[1])


@pytest.fixture
async def server() -> AsyncIterator[Miscounting]:
    server = Miscounting()
    await server.start()
    yield server
    await server.stop()


async def hear(_: str) -> None:
    """Somebody who listens to the stream."""


@pytest.mark.parametrize("used", [(10**13, 5), (5, 10**13), (-50, 5), (5, -50)])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("dialect", ["openai", "openai-responses", "anthropic"])
async def test_a_count_that_cannot_be_counts_as_not_said(
    server: Miscounting, dialect: str, streamed: bool, used: tuple[int, int]
) -> None:
    server.used = used
    bench = Bench(server)
    bench.access = {"anthropic": Access("anthropic", None, server.root_url)}
    bench.models = (f"{dialect}:simulated",)

    await bench.gateway().text(
        "writer", key="k", prompt=said("Write."), on_token=hear if streamed else None
    )
    await bench.providers.aclose()

    (settled,) = bench.ledger.settled.values()
    assert 0 < settled["input_tokens"] + settled["output_tokens"] < 10_000
    assert 0 < settled["usd"] < 1
    assert not settled["price_known"]
    (record,) = bench.log.records
    assert (record.input_tokens, record.output_tokens) == (None, None)


async def test_a_high_count_is_believed_where_thinking_and_templates_explain_it(
    server: Miscounting,
) -> None:
    server.used = (3_000, 20_000)
    bench = Bench(server)

    await bench.gateway().text("writer", key="k", prompt=said("Write."))
    await bench.providers.aclose()

    (settled,) = bench.ledger.settled.values()
    assert (settled["input_tokens"], settled["output_tokens"]) == (3_000, 20_000)


async def test_nor_is_it_counted_on_anybody_s_day_after_a_test(server: Miscounting) -> None:
    server.used = (10**13, 10**13)

    trial = await attempt(Access("compatible", None, server.base_url, "lab"), "simulated")

    assert trial.ok
    assert (trial.input_tokens, trial.output_tokens) == (None, None)
    assert 0 < trial.spent_tokens < 10_000
