"""A test collection in the layout of BEIR, and the measures that are taken on one.

    corpus.jsonl[.gz]          {"_id", "title", "text"} per line
    queries.jsonl[.gz]         {"_id", "text"} per line
    qrels/test.tsv             query id, document id, grade; a heading line

Parts of a training set have their split's name in front: `train_queries.jsonl`, `train_qrels.tsv`.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEPTH = 100
"""How many documents of an answer are looked at."""

Qrels = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents, the queries that were judged, and the grades of what fits them."""

    documents: dict[str, tuple[str, str]]
    """Id to title and text."""
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def load(folder: Path) -> Collection:
    """The collection in `folder`; of several splits the test set.

    Raises:
        FileNotFoundError: the folder lacks one of the three files.
    """
    qrels = _qrels(_one_of(folder, "qrels/test.tsv", "test_qrels.tsv", "train_qrels.tsv"))
    documents = {
        str(row["_id"]): (str(row.get("title") or ""), str(row["text"]))
        for row in _rows(_one_of(folder, "corpus.jsonl", "corpus.jsonl.gz"))
    }
    names = ("queries.jsonl", "queries.jsonl.gz", "test_queries.jsonl", "train_queries.jsonl")
    queries = {
        str(row["_id"]): str(row["text"])
        for row in _rows(_one_of(folder, *names))
        if str(row["_id"]) in qrels
    }
    return Collection(documents, queries, {q: g for q, g in qrels.items() if q in queries})


def _one_of(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{folder} has none of {', '.join(names)}.")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    opening = gzip.open if path.suffix == ".gz" else Path.open
    with opening(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        # The heading has no grade; a grade of nothing says that the document does not fit.
        if len(fields) >= 3 and fields[2].strip().isdigit() and int(fields[2]) > 0:
            found.setdefault(fields[0], {})[fields[1]] = int(fields[2])
    return found


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain with the gain `2^grade - 1` (Burges et al., 2005)."""
    gains = [2 ** grades.get(key, 0) - 1 for key in ranked[:depth]]
    ideal = [2**grade - 1 for grade in sorted(grades.values(), reverse=True)[:depth]]
    best = sum(gain / math.log2(place + 2) for place, gain in enumerate(ideal))
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains)) / best


def recall(ranked: Sequence[str], grades: Mapping[str, int], depth: int = DEPTH) -> float:
    """The share of the fitting documents that stand among the first `depth`."""
    return len(set(ranked[:depth]) & set(grades)) / len(grades)


def reciprocal_rank(ranked: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """One over the place of the first fitting document, 0 when none is among the first `depth`."""
    places = (place for place, key in enumerate(ranked[:depth], 1) if key in grades)
    return 1 / next(places, math.inf)


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over queries."""

    ndcg10: float
    recall100: float
    mrr10: float
    queries: int


def evaluate(run: Mapping[str, Sequence[str]], qrels: Qrels) -> Scores:
    """The measures of a run (query id to document ids, best first) over all judged queries; a
    query without an answer counts as nothing found."""
    count = len(qrels)
    answers = [(run.get(query, ()), grades) for query, grades in qrels.items()]
    return Scores(
        sum(ndcg(ranked, grades) for ranked, grades in answers) / count,
        sum(recall(ranked, grades) for ranked, grades in answers) / count,
        sum(reciprocal_rank(ranked, grades) for ranked, grades in answers) / count,
        count,
    )
