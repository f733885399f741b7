"""How well the product's own search finds: any collection in BEIR's layout, read as files.

    BEIR_DIR=path/to/scifact [RETRIEVAL_DATA=folder] python -m tests.bench retrieval

The documents become files of one person (see `corpus_ingestion`), in a database that stays in
`RETRIEVAL_DATA`, so that a second run only searches. A document's score is that of its best passage.

The figures of the hybrid search are of the product's statement, query by query. What the same
statement would fuse is asked for once more per query, as the two lists, and other weights are tried
out on these; that fusing them here with the product's weights gives the same documents is checked for
every query.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from unittest.mock import patch

from tests.bench.beir import DEPTH, Collection, Scores, evaluate, load, ndcg
from tests.bench.corpus_ingestion import OWNER, SIDE_BY_SIDE, ingest
from tests.bench.figures import Figure, percentile, table
from tests.bench.servers import servers

if TYPE_CHECKING:
    from autonomy.core.types import Passage

T = TypeVar("T")
PASSAGES = 400
"""Passages asked of a search, enough for `DEPTH` documents."""
TIMED = 200
"""Queries that are timed."""
FOLDS = 5
GOAL_NDCG = 0.725
GOAL_RECALL = 0.955
Weights = dict[str, float]
GRID: tuple[Weights, ...] = tuple(
    {"meaning": 1 - words, "words": words} for words in (0.4, 0.45, 0.5, 0.55, 0.6, 0.65)
)
"""What the cross-validation chooses from."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What a query's fusion starts from: passage (source, ordinal) to value, more being better."""

    meaning: dict[tuple[str, int], float]
    words: dict[tuple[str, int], float]

    def fused(self, weights: Weights) -> list[str]:
        """The sources of the best `PASSAGES`, as `search_statement` would order them."""
        scores: defaultdict[tuple[str, int], float] = defaultdict(float)
        for values, weight in ((self.meaning, weights["meaning"]), (self.words, weights["words"])):
            if not values or weight <= 0:
                continue
            least, most = min(values.values()), max(values.values())
            for place, value in values.items():
                scaled = (value - least) / (most - least) if most > least else 1.0
                scores[place] += weight * scaled
        ranked = sorted(scores, key=lambda place: (-scores[place], place))
        return [source for source, _ in ranked[:PASSAGES]]


class Searcher:
    """The product's search over the ingested collection."""

    def __init__(self, collection: Collection, documents: dict[str, str]) -> None:
        from django.contrib.auth.models import User

        from autonomy.memory.embedding import shared_embedder

        self._collection = collection
        self._documents = documents
        self._owner = User.objects.get(username=OWNER).pk
        texts = list(collection.queries.values())
        self._vectors = dict(zip(collection.queries, shared_embedder().encode(texts), strict=True))

    def documents(self) -> dict[str, list[str]]:
        """What the product's search finds for every query. Marking the query's words in `PASSAGES`
        texts takes longer than finding these, and nobody looks: that is left out."""

        def one(key: str) -> list[str]:
            return self.ranked(passage.source_id for passage in self._search(key, PASSAGES))

        with patch("autonomy.memory.passage_search.spans", lambda *_: []):
            return self._side_by_side(one)

    def seconds(self, limit: int) -> list[float]:
        """How long each of the first `TIMED` queries takes, one after the other."""
        taken = []
        for key in list(self._collection.queries)[:TIMED]:
            began = time.perf_counter()
            self._search(key, limit)
            taken.append(time.perf_counter() - began)
        return taken

    def lists(self) -> dict[str, Lists]:
        """Both lists of every query."""
        from autonomy.memory.passage_search import candidates

        def one(key: str) -> Lists:
            lists = Lists({}, {})
            text, vector = self._collection.queries[key], self._vectors[key][None]
            for name, source, ordinal, value in candidates(self._owner, text, vector, PASSAGES):
                chosen = lists.meaning if name == "meaning" else lists.words
                chosen[str(source), ordinal] = value
            return lists

        return self._side_by_side(one)

    def _search(self, key: str, limit: int) -> list[Passage]:
        from autonomy.memory.passage_search import search_passages

        text, vector = self._collection.queries[key], self._vectors[key][None]
        return search_passages(self._owner, text, vector, limit)

    def _side_by_side(self, one: Callable[[str], T]) -> dict[str, T]:
        keys = list(self._collection.queries)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return dict(zip(keys, pool.map(one, keys), strict=True))

    def ranked(self, sources: Iterable[str]) -> list[str]:
        """Documents of the sources of passages, best first: each where its best passage stands."""
        keys = (self._documents.get(source, "") for source in sources)
        return list(dict.fromkeys(filter(None, keys)))[:DEPTH]


def bench() -> list[Figure]:
    """The figures, from the environment's `BEIR_DIR` and `RETRIEVAL_DATA`."""
    folder = Path(os.environ.get("BEIR_DIR", "")).resolve()
    if not os.environ.get("BEIR_DIR"):
        raise SystemExit("Set BEIR_DIR to a folder with corpus.jsonl, queries.jsonl and qrels.")
    kept = Path(os.environ.get("RETRIEVAL_DATA") or f"/tmp/hw-retrieval-{folder.name}")  # noqa: S108
    kept.mkdir(parents=True, exist_ok=True)
    collection = load(folder)
    with servers(kept):
        documents = ingest(collection.documents)
        _analyse()
        return _measure(collection, Searcher(collection, documents), len(documents))


def _analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE autonomy_sources, autonomy_passages, autonomy_postings")


def _measure(collection: Collection, searcher: Searcher, documents: int) -> list[Figure]:
    from autonomy.memory.search_settings import DEFAULT

    figures = [
        Figure("documents read", documents, f"of {len(collection.documents):,}"),
        Figure("judged queries", len(collection.queries), ""),
    ]
    began = time.monotonic()
    lists = searcher.lists()
    _say("lists fetched", began)

    def fused(weights: Weights) -> dict[str, list[str]]:
        return {key: searcher.ranked(each.fused(weights)) for key, each in lists.items()}

    for name, weights in (
        ("BM25 only", {"meaning": 0.0, "words": 1.0}),
        ("dense only", {"meaning": 1.0, "words": 0.0}),
    ):
        figures += _quality(name, evaluate(fused(weights), collection.qrels))
    default = searcher.documents()
    _say("hybrid searched", began)
    figures += _quality("hybrid", evaluate(default, collection.qrels), goals=True)
    again = fused({"meaning": DEFAULT.meaning, "words": DEFAULT.words})
    same = sum(again[key] == default[key] for key in again)
    figures.append(
        Figure(
            "queries whose lists, fused here, give what the search gave", same, f"of {len(again)}"
        )
    )
    seconds = searcher.seconds(8)
    figures += [
        Figure(f"search for 8 passages, {label}", percentile(seconds, share) * 1e3, "ms")
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]
    _say("short answers searched", began)
    held_out, chosen = cross_validated(collection, fused)
    figures += _quality(f"{FOLDS}-fold, settings of the other folds", held_out, goals=True)
    figures += [
        Figure(f"folds that chose {_said(values)}", chosen.count(values), f"of {FOLDS}")
        for values in GRID
        if values in chosen
    ]
    return figures


def cross_validated(
    collection: Collection, run: Callable[[Weights], dict[str, list[str]]]
) -> tuple[Scores, list[Weights]]:
    """Each fold scored with the settings of `GRID` that were best (nDCG@10) on the other folds, and
    which these were."""
    runs = [(values, run(values)) for values in GRID]
    keys = sorted(collection.qrels)
    gains = [
        {key: ndcg(answers.get(key, ()), collection.qrels[key]) for key in keys}
        for _, answers in runs
    ]
    pooled: dict[str, Sequence[str]] = {}
    chosen: list[Weights] = []
    for fold in range(FOLDS):
        held = keys[fold::FOLDS]
        others = [key for place, key in enumerate(keys) if place % FOLDS != fold]
        best = max(range(len(runs)), key=lambda n: sum(gains[n][key] for key in others))
        chosen.append(runs[best][0])
        pooled |= {key: runs[best][1].get(key, ()) for key in held}
    return evaluate(pooled, collection.qrels), chosen


def _quality(name: str, scores: Scores, *, goals: bool = False) -> Iterable[Figure]:
    def figure(what: str, value: float, goal: float | None = None) -> Figure:
        wanted = f"≥ {goal}" if goal is not None and goals else ""
        ok = value >= goal if goal is not None and goals else None
        return Figure(f"{name}: {what}", value, "", goal=wanted, ok=ok)

    return (
        figure("nDCG@10", scores.ndcg10, GOAL_NDCG),
        figure("R@100", scores.recall100, GOAL_RECALL),
        figure("MRR@10", scores.mrr10),
    )


def _said(values: Weights) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def _say(what: str, began: float) -> None:
    sys.stderr.write(f"{what} after {time.monotonic() - began:.0f} s\n")


if __name__ == "__main__":
    sys.stdout.write(table(bench()))
