"""How well the product's own search finds: any collection in BEIR's layout, read as files.

    BEIR_DIR=path/to/scifact [RETRIEVAL_DATA=folder] python -m tests.bench retrieval

The documents become files of one person (see `corpus_ingestion`), in a database that stays in
`RETRIEVAL_DATA`, so that a second run only searches. A document's score is that of its best passage.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.beir import DEPTH, Collection, Scores, evaluate, load, ndcg
from tests.bench.corpus_ingestion import OWNER, ingest
from tests.bench.figures import Figure, percentile, table
from tests.bench.servers import servers

if TYPE_CHECKING:
    from autonomy.memory.search_settings import SearchSettings

PASSAGES = 400
"""Passages asked of a search, enough for `DEPTH` documents."""
FOLDS = 5
GOAL_NDCG = 0.725
GOAL_RECALL = 0.955
GRID = tuple({"meaning": 1 - words, "words": words} for words in (0.4, 0.45, 0.5, 0.55, 0.6, 0.65))
"""What the cross-validation chooses from."""


@dataclass(slots=True)
class Searched:
    """The answers of one setting, and the seconds that each took."""

    run: dict[str, list[str]]
    seconds: list[float]


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

    def search(self, settings: SearchSettings, limit: int = PASSAGES) -> Searched:
        """Every query once."""
        from autonomy.memory.passage_search import search_passages

        found = Searched({}, [])
        for key, text in self._collection.queries.items():
            began = time.perf_counter()
            passages = search_passages(
                self._owner, text, self._vectors[key][None], limit, settings=settings
            )
            found.seconds.append(time.perf_counter() - began)
            # Best first, so a document stands where its best passage stands.
            keys = (self._documents.get(passage.source_id, "") for passage in passages)
            found.run[key] = list(dict.fromkeys(filter(None, keys)))[:DEPTH]
        return found


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
    for name, settings in (
        ("BM25 only", replace(DEFAULT, meaning=0.0)),
        ("dense only", replace(DEFAULT, words=0.0)),
    ):
        figures += _quality(name, evaluate(searcher.search(settings).run, collection.qrels))
    default = searcher.search(DEFAULT)
    figures += _quality("hybrid", evaluate(default.run, collection.qrels), goals=True)
    short = searcher.search(DEFAULT, limit=8).seconds
    for name, seconds in (("8 passages", short), (f"{PASSAGES} passages", default.seconds)):
        figures += [
            Figure(f"search for {name}, {label}", percentile(seconds, share) * 1e3, "ms")
            for label, share in (("p50", 0.5), ("p95", 0.95))
        ]
    held_out, chosen = cross_validated(
        collection, lambda values: searcher.search(replace(DEFAULT, **values)).run
    )
    figures += _quality(f"{FOLDS}-fold, settings of the other folds", held_out, goals=True)
    figures += [
        Figure(f"folds that chose {_said(values)}", chosen.count(values), f"of {FOLDS}")
        for values in GRID
        if values in chosen
    ]
    return figures


def cross_validated(
    collection: Collection, run: Callable[[dict[str, float]], dict[str, list[str]]]
) -> tuple[Scores, list[dict[str, float]]]:
    """Each fold scored with the settings of `GRID` that were best (nDCG@10) on the other folds, and
    which these were."""
    runs = [(values, run(values)) for values in GRID]
    keys = sorted(collection.qrels)
    gains = [
        {key: ndcg(answers.get(key, ()), collection.qrels[key]) for key in keys}
        for _, answers in runs
    ]
    pooled: dict[str, Sequence[str]] = {}
    chosen: list[dict[str, float]] = []
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


def _said(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


if __name__ == "__main__":
    sys.stdout.write(table(bench()))
