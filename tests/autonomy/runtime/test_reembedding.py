"""Another embedder takes over in the background: search never stops, failure changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from autonomy.library.embed import DIMENSIONS, Embedder, Vectors
from autonomy.memory import spaces
from autonomy.memory.passage_search import search_passages
from autonomy.memory.passage_store import store_passages
from autonomy.models import EmbeddingSpace, ModelConnection, ModelPreference, PassageVector, Source
from autonomy.runtime import embedders, reembedding, upkeep
from autonomy.runtime.embedders import asker
from tests.autonomy.memory.test_vector_repo import CODE, MEADOW, PENSION, TROUT, chunks
from tests.providers.behaviours import Behaviour
from tests.providers.fixtures import openai_server as openai_server
from tests.providers.openai_server import OpenAIServer

pytestmark = pytest.mark.django_db(transaction=True)
MODEL = "shelf:small"


class Flat(Embedder):
    """The built-in embedder's stand-in: every text is alike."""

    def __init__(self) -> None:
        pass

    def encode(self, texts: Any) -> Vectors:
        return np.full((len(texts), DIMENSIONS), DIMENSIONS**-0.5, np.float32)


@pytest.fixture(autouse=True)
def forgotten(redis_url: str) -> Iterator[None]:
    spaces.forget_active()
    embedders._QUESTIONS._endpoints.clear()
    yield
    spaces.forget_active()


@pytest.fixture
def library(alice: Any) -> Source:
    source = Source.objects.create(owner=alice, csl={"title": "All"}, status="ready")
    texts = (MEADOW, PENSION, TROUT, CODE)
    store_passages(source, chunks(*texts), Flat().encode(texts))
    return source


@pytest.fixture
def choose(openai_server: OpenAIServer) -> Callable[[str], None]:
    ModelConnection.objects.create(
        slug="shelf", provider="compatible", base_url=openai_server.base_url
    )

    def choose(model: str) -> None:
        ModelPreference.objects.update_or_create(
            owner=None, defaults={"roles": {"embedder": model}}
        )

    return choose


def work() -> None:
    while reembedding.work():
        pass


def ask(owner: Any, query: str) -> tuple[int | None, list[str]]:
    """The space that was searched, and what was found."""
    space, vectors = asker().vectors(query, Flat())
    found = search_passages(owner.pk, query, vectors, 4, space=space)
    return space.id, [passage.text for passage in found]


def test_a_chosen_embedder_is_filled_indexed_and_then_searched(
    alice: Any, library: Source, choose: Callable[[str], None], openai_server: OpenAIServer
) -> None:
    choose(MODEL)
    work()
    row = EmbeddingSpace.objects.get()
    assert (row.state, row.dimensions, row.filled, row.wanted) == ("active", 48, 4, 4)
    assert row.tokens > 20
    texts = (MEADOW, PENSION, TROUT, CODE)
    assert sorted(openai_server.embedded) == sorted(f"Findings\n{text}" for text in texts)
    searched, found = ask(alice, "Brown trout hatched in the stream?")
    assert searched == row.pk
    assert found[0] == TROUT
    assert _index_is_used(alice, row)


def test_search_stays_with_the_old_space_until_the_new_one_is_full(
    alice: Any,
    library: Source,
    choose: Callable[[str], None],
    openai_server: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reembedding, "BATCH", 2)
    choose(MODEL)
    reembedding.reconcile()
    reembedding.work(seconds=-1.0)  # a slice that ends before it began
    assert ask(alice, "trout")[0] is None
    assert EmbeddingSpace.objects.get().state == "building"
    work()
    assert ask(alice, "trout")[0] == EmbeddingSpace.objects.get().pk


def test_work_goes_on_where_a_lost_slice_stopped(
    library: Source,
    choose: Callable[[str], None],
    openai_server: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reembedding, "BATCH", 2)
    choose(MODEL)
    monkeypatch.setattr(spaces, "store", _dies_the_second_time(spaces.store))
    with pytest.raises(ConnectionAbortedError):
        reembedding.work()
    assert PassageVector.objects.count() == 2
    work()
    assert PassageVector.objects.count() == 4
    assert EmbeddingSpace.objects.get().state == "active"


def test_a_refused_key_gives_up_at_once_and_says_so(
    alice: Any, library: Source, choose: Callable[[str], None], openai_server: OpenAIServer
) -> None:
    openai_server.api_key = "another"
    choose(MODEL)
    work()
    row = EmbeddingSpace.objects.get()
    assert row.state == "failed"
    assert "key" in row.error
    assert ask(alice, "trout")[0] is None
    work()
    assert EmbeddingSpace.objects.get().state == "failed"  # not again before its hour


def test_what_may_pass_is_tried_again_later(
    library: Source, choose: Callable[[str], None], openai_server: OpenAIServer
) -> None:
    for _ in range(4):
        openai_server.script.append(Behaviour(trouble="server", headers={"Retry-After": "0"}))
    choose(MODEL)
    work()
    row = EmbeddingSpace.objects.get()
    assert (row.state, row.failures) == ("building", 1)
    assert row.next_at is not None
    assert row.next_at > timezone.now()
    assert not reembedding.due()
    EmbeddingSpace.objects.update(next_at=None)
    assert reembedding.due()


def test_going_back_is_immediate_and_coming_again_embeds_only_what_is_new(
    alice: Any, library: Source, choose: Callable[[str], None], openai_server: OpenAIServer
) -> None:
    choose(MODEL)
    work()
    choose("built-in")
    reembedding.reconcile()
    assert ask(alice, "trout")[0] is None
    later = Source.objects.create(owner=alice, csl={"title": "Later"}, status="ready")
    store_passages(later, chunks("A new tide comes in."), Flat().encode(["one"]))
    openai_server.embedded.clear()
    choose(MODEL)
    work()
    assert openai_server.embedded == ["Findings\nA new tide comes in."]
    assert EmbeddingSpace.objects.get().state == "active"


def test_calling_off_keeps_what_was_embedded_and_searches_the_old_space(
    alice: Any,
    library: Source,
    choose: Callable[[str], None],
    openai_server: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose(MODEL)
    reembedding.reconcile()
    choose("")
    work()
    assert EmbeddingSpace.objects.get().state == "retired"
    assert ask(alice, "trout")[0] is None
    assert openai_server.embedded == []


def test_upkeep_forgets_the_vectors_of_an_embedder_given_up_long_ago(
    library: Source, choose: Callable[[str], None], openai_server: OpenAIServer
) -> None:
    choose(MODEL)
    work()
    index = spaces.as_space(EmbeddingSpace.objects.get()).index
    choose("built-in")
    reembedding.reconcile()
    assert upkeep.tidy().spaces == 0  # one may still want to go back
    EmbeddingSpace.objects.update(ended_at=timezone.now() - timedelta(days=31))
    assert upkeep.tidy(dry_run=True).spaces == 1
    assert PassageVector.objects.count() == 4
    assert _exists(index)

    assert upkeep.tidy().spaces == 1

    assert not PassageVector.objects.exists()
    assert not EmbeddingSpace.objects.exists()
    assert not _exists(index)


def _exists(relation: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [relation])
        return bool(cursor.fetchone()[0])


def test_an_embedder_that_is_away_does_not_stop_search(
    alice: Any, library: Source, choose: Callable[[str], None], openai_server: OpenAIServer
) -> None:
    choose(MODEL)
    work()
    openai_server.down()
    searched, found = ask(alice, "trout in the stream")
    assert searched is None
    assert TROUT in found


def test_a_new_files_passages_are_in_the_space_before_it_is_ready(
    alice: Any, library: Source, choose: Callable[[str], None], openai_server: OpenAIServer
) -> None:
    choose(MODEL)
    work()
    new = Source.objects.create(owner=alice, csl={"title": "New"}, status="embedding")
    store_passages(new, chunks("A new tide comes in."), Flat().encode(["one"]))
    reembedding.fill_source(new.pk)
    assert PassageVector.objects.filter(source=new).count() == 1


def test_a_text_that_the_model_cannot_take_is_shortened(
    library: Source, choose: Callable[[str], None], openai_server: OpenAIServer
) -> None:
    openai_server.embedding_chars = 60
    choose(MODEL)
    work()
    assert EmbeddingSpace.objects.get().state == "active"
    assert all(len(text) <= 60 for text in openai_server.embedded)


def test_a_persons_own_connection_embeds_nobody_elses_text(
    alice: Any, library: Source, openai_server: OpenAIServer
) -> None:
    ModelConnection.objects.create(
        owner=alice, slug="mine", provider="compatible", base_url=openai_server.base_url
    )
    ModelPreference.objects.create(owner=None, roles={"embedder": "mine:small"})
    work()
    assert EmbeddingSpace.objects.get().state == "failed"
    assert openai_server.embedded == []


def _dies_the_second_time(store: Callable[..., int]) -> Callable[..., int]:
    calls = iter(range(100))

    def dying(*arguments: Any) -> int:
        if next(calls) == 1:
            raise ConnectionAbortedError
        return store(*arguments)

    return dying


def _index_is_used(owner: Any, row: EmbeddingSpace) -> bool:
    space = spaces.as_space(row)
    select = spaces.dense_select(space)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        cursor.execute(
            "EXPLAIN WITH scope AS (SELECT id FROM autonomy_sources WHERE owner_id = %(owner)s) "
            + select,
            {
                "owner": owner.pk,
                "vector": spaces.as_text(np.ones(space.dimensions)),
                "depth": 5,
                "kinds": ["body"],
            },
        )
        plan = "\n".join(line[0] for line in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_sort")
    return space.index in plan


def test_the_choice_is_read_without_an_event_loop_of_its_own() -> None:
    assert asyncio.run(_asker_in_a_loop()).space.id is None


async def _asker_in_a_loop() -> Any:
    def look() -> Any:
        try:
            return asker()
        finally:
            connection.close()

    return await asyncio.to_thread(look)
