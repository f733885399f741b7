"""Counts of tokens as servers should not say them, and do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autonomy.core.llm import Access
from tests.autonomy.core.llm.fakes import Bench, said
from tests.providers.shapes import Page, completion, serving

ODD: dict[str, Any] = {
    "null": {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None},
    "half": {"prompt_tokens": 1.5, "completion_tokens": 2.5, "total_tokens": 4},
    "text": {"prompt_tokens": "12", "completion_tokens": "many"},
    "nan": {"prompt_tokens": float("nan"), "completion_tokens": 1},
    "vast": {"prompt_tokens": 10**400, "completion_tokens": 1, "total_tokens": 1},
    "empty": {},
    "list": [],
    "word": "none",
}
SENSIBLE = {"prompt_tokens": 12, "completion_tokens": 3}


def answer(usage: Any, streamed: bool) -> Page:
    if not streamed:
        return Page(completion("Fine.") | {"usage": usage})
    frame = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choices = [{"index": 0, "delta": {"content": "Fine."}, "finish_reason": "stop"}]
    raw = f"data: {json.dumps(frame | {'choices': choices, 'usage': usage})}\n\ndata: [DONE]\n\n"
    return Page(raw=raw.encode(), headers={"Content-Type": "text/event-stream"})


async def ask(bench: Bench, usage: Any, streamed: bool) -> str:
    async def show(piece: str) -> None:
        """Nobody looks."""

    with serving({"/v1/chat/completions": answer(usage, streamed)}) as shape:
        bench.access = {"lab": Access("compatible", None, f"{shape.url}/v1", "lab")}
        bench.models = ("lab:m",)
        return await bench.gateway().text(
            "writer", key="k", prompt=said("Write."), on_token=show if streamed else None
        )


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("usage", ODD.values(), ids=ODD)
async def test_a_count_that_is_none_makes_no_answer_worse(
    bench: Bench, usage: Any, streamed: bool
) -> None:
    assert await ask(bench, usage, streamed) == "Fine."

    (record,) = bench.log.records
    assert (record.outcome, record.input_tokens, record.output_tokens) == ("answered", None, None)
    (booked,) = bench.ledger.settled.values()
    assert booked["input_tokens"] > 0, "by our own estimate"
    assert booked["price_known"] is False


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "more",
    [{}, {"total_tokens": "x"}, {"prompt_tokens_details": "none"}, {"cost": 0.1}],
    ids=["no total", "odd total", "odd details", "a cost"],
)
async def test_a_count_that_is_one_is_believed_whatever_stands_beside_it(
    bench: Bench, more: dict[str, Any], streamed: bool
) -> None:
    await ask(bench, SENSIBLE | more, streamed)

    (record,) = bench.log.records
    assert (record.input_tokens, record.output_tokens) == (12, 3)
