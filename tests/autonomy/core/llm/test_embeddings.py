"""Any server with `/embeddings`: what is asked, what is believed, what is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from autonomy.core.llm.embeddings import EmbeddingError, EmbeddingsEndpoint, batches
from autonomy.core.llm.failures import FailureKind
from autonomy.core.llm.portfolio import Access
from tests.providers.behaviours import Behaviour
from tests.providers.embeddings import DIMENSIONS
from tests.providers.fixtures import openai_server as openai_server
from tests.providers.openai_server import OpenAIServer

Asks = Callable[..., Any]


@pytest.fixture
def endpoint(openai_server: OpenAIServer) -> Callable[..., EmbeddingsEndpoint]:
    def make(key: str = "", **options: Any) -> EmbeddingsEndpoint:
        access = Access(
            "compatible",
            SecretStr(key) if key else None,
            options.pop("base_url", openai_server.base_url),
        )
        return EmbeddingsEndpoint(access, "small", sleep=_at_once, **options)

    return make


def test_each_text_has_its_own_vector_of_length_one_in_the_order_given(
    endpoint: Callable[..., EmbeddingsEndpoint],
) -> None:
    texts = ["Brown trout return.", "Early retirement lowers pensions.", "Brown trout return."]
    done = asyncio.run(endpoint().embed(texts))
    assert done.vectors.shape == (3, DIMENSIONS)
    assert np.allclose(np.linalg.norm(done.vectors, axis=1), 1.0, atol=1e-5)
    assert np.allclose(done.vectors[0], done.vectors[2])
    assert not np.allclose(done.vectors[0], done.vectors[1])
    assert done.tokens >= 10


def test_many_texts_go_in_several_requests(
    endpoint: Callable[..., EmbeddingsEndpoint], openai_server: OpenAIServer
) -> None:
    texts = [f"Station {n}" for n in range(150)]
    assert len(asyncio.run(endpoint().embed(texts)).vectors) == 150
    assert openai_server.embedded == texts
    assert len(openai_server.count.requests()) == 3


def test_a_batch_is_bounded_in_texts_and_characters() -> None:
    assert [len(batch) for batch in batches(["x"] * 130)] == [64, 64, 2]
    assert [len(batch) for batch in batches(["x" * 90_000] * 5)] == [2, 2, 1]
    assert batches([]) == []


@pytest.mark.parametrize("trouble", ["rate_limit", "overloaded", "server"])
def test_what_passes_is_tried_again(
    endpoint: Callable[..., EmbeddingsEndpoint], openai_server: OpenAIServer, trouble: str
) -> None:
    openai_server.script.append(Behaviour(trouble=trouble))
    assert len(asyncio.run(endpoint().embed(["Trout"])).vectors) == 1
    assert len(openai_server.count.requests()) == 2


def test_a_torn_answer_is_tried_again(
    endpoint: Callable[..., EmbeddingsEndpoint], openai_server: OpenAIServer
) -> None:
    openai_server.script.append(Behaviour(cut_after=40))
    assert len(asyncio.run(endpoint().embed(["Trout"])).vectors) == 1


def test_a_refused_key_is_not_tried_again(
    endpoint: Callable[..., EmbeddingsEndpoint], openai_server: OpenAIServer
) -> None:
    openai_server.refused_keys.add("stolen")
    with pytest.raises(EmbeddingError) as refused:
        asyncio.run(endpoint("stolen").embed(["Trout"]))
    assert refused.value.failure.kind is FailureKind.AUTH
    assert "stolen" not in str(refused.value)
    assert len(openai_server.count.requests()) == 1


def test_metadata_services_are_never_called(endpoint: Callable[..., EmbeddingsEndpoint]) -> None:
    with pytest.raises(EmbeddingError) as refused:
        asyncio.run(endpoint(base_url="http://169.254.169.254/v1").embed(["Trout"]))
    assert refused.value.failure.kind is FailureKind.ADDRESS


def test_a_provider_without_embeddings_is_said_to_be_not_set_up() -> None:
    access = Access("anthropic", SecretStr("key"))
    with pytest.raises(EmbeddingError) as refused:
        asyncio.run(EmbeddingsEndpoint(access, "claude").embed(["Trout"]))
    assert refused.value.failure.kind is FailureKind.NOT_CONFIGURED


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}],
        [{"index": 0, "embedding": [1.0, 2.0]}, {"index": 1, "embedding": [1.0]}],
        [{"index": 0, "embedding": [0.0]}, {"index": 1, "embedding": [1.0]}],
        [{"index": 0, "embedding": ["NaN"]}, {"index": 1, "embedding": [1.0]}],
        [{"index": 0, "embedding": [1.0] * 5_000}, {"index": 1, "embedding": [1.0] * 5_000}],
        "nothing",
        [None, 7],
    ],
)
def test_an_answer_that_is_no_set_of_vectors_is_not_believed(
    endpoint: Callable[..., EmbeddingsEndpoint], monkeypatch: pytest.MonkeyPatch, rows: Any
) -> None:
    monkeypatch.setattr("tests.providers.embeddings.answer", lambda *_: {"data": rows})
    with pytest.raises(EmbeddingError) as refused:
        asyncio.run(endpoint(attempts=1).embed(["Trout", "Pension"]))
    assert refused.value.failure.kind is FailureKind.MALFORMED


async def _at_once(_: float) -> None:
    """Waiting is what a test has no time for."""
