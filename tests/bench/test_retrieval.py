from __future__ import annotations

from typing import Any

import pytest

from autonomy.library.embed import Embedder
from autonomy.memory.passage_search import candidates, search_passages
from autonomy.memory.passage_store import store_passages
from autonomy.memory.search_settings import DEFAULT
from autonomy.models import Source
from tests import ready_made
from tests.autonomy.memory.test_vector_repo import chunks
from tests.bench.beir import Collection
from tests.bench.retrieval import GRID, Lists, cross_validated

TEXTS = (
    "Seagrass calms the waves of the bay.",
    "Waves break over the reef in winter.",
    "Trout leave the river when it warms.",
    "A library lends books and maps.",
)


def test_lists_are_scaled_and_added() -> None:
    lists = Lists({("a", 0): 0.9, ("b", 0): 0.5, ("c", 0): 0.1}, {("b", 0): 8.0, ("d", 1): 2.0})
    assert lists.fused({"meaning": 0.5, "words": 0.5}) == ["b", "a", "c", "d"]
    assert lists.fused({"meaning": 1.0, "words": 0.0}) == ["a", "b", "c"]
    assert lists.fused({"meaning": 0.0, "words": 1.0}) == ["b", "d"]


@pytest.mark.django_db(transaction=True)
def test_fusing_the_lists_gives_what_the_search_gives(alice: Any) -> None:
    embedder = Embedder(ready_made.models(), threads=1)
    for text in TEXTS:
        source = Source.objects.create(
            owner=alice, file_name="a.pdf", passage_count=1, status="ready"
        )
        store_passages(source, chunks(text), embedder.encode([text]))
    query = "waves over seagrass"
    vectors = embedder.encode([query])
    lists = Lists({}, {})
    for name, source_id, ordinal, value in candidates(alice.pk, query, vectors, 20):
        getattr(lists, name)[str(source_id), ordinal] = value
    assert (len(lists.meaning), len(lists.words)) == (4, 2)
    found = search_passages(alice.pk, query, vectors, 20)
    fused = lists.fused({"meaning": DEFAULT.meaning, "words": DEFAULT.words})
    assert fused == [passage.source_id for passage in found]


def test_a_fold_is_scored_with_what_was_best_elsewhere() -> None:
    """Setting 0 answers every query but one; the fold that holds this one must not profit from the
    setting that answers it alone."""
    queries = {f"q{n}": "asked" for n in range(10)}
    collection = Collection({}, queries, {key: {"right": 1} for key in queries})

    def run(weights: dict[str, float]) -> dict[str, list[str]]:
        first = weights == GRID[0]
        return {key: ["right" if (key == "q3") != first else "wrong"] for key in queries}

    scores, chosen = cross_validated(collection, run)
    assert chosen == [GRID[0]] * 5
    assert scores.ndcg10 == pytest.approx(0.9)
