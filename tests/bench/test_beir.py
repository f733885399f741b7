from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.bench.beir import evaluate, load, ndcg, recall, reciprocal_rank


def lines(path: Path, *rows: dict[str, str]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.mark.parametrize(
    ("queries", "qrels", "corpus"),
    [
        ("queries.jsonl", "qrels/test.tsv", "corpus.jsonl"),
        ("train_queries.jsonl", "train_qrels.tsv", "corpus.jsonl.gz"),
    ],
)
def test_both_layouts_are_read(tmp_path: Path, queries: str, qrels: str, corpus: str) -> None:
    lines(tmp_path / corpus, {"_id": "d", "title": "Title", "text": "Text"})
    lines(tmp_path / queries, {"_id": "q", "text": "Asked"}, {"_id": "unjudged", "text": "Else"})
    (tmp_path / qrels).parent.mkdir(exist_ok=True)
    (tmp_path / qrels).write_text("query-id\tcorpus-id\tscore\nq\td\t1\nq\te\t0\n")
    found = load(tmp_path)
    assert found.documents == {"d": ("Title", "Text")}
    assert found.queries == {"q": "Asked"}
    assert found.qrels == {"q": {"d": 1}}


def test_a_folder_without_a_collection_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has none of"):
        load(tmp_path)


def test_measures_of_a_known_ranking() -> None:
    grades = {"a": 1, "b": 1}
    ranked = ["x", "a", "y", "b"]
    ideal = 1 + 0.6309297535714575
    assert ndcg(ranked, grades) == pytest.approx((0.6309297535714575 + 0.43067655807) / ideal)
    assert recall(ranked, grades, 2) == 0.5
    assert reciprocal_rank(ranked, grades) == 0.5
    assert reciprocal_rank(["x"], grades) == 0


def test_a_query_without_answer_counts_as_nothing_found() -> None:
    scores = evaluate({"one": ["a"]}, {"one": {"a": 1}, "two": {"b": 1}})
    assert (scores.ndcg10, scores.recall100, scores.queries) == (0.5, 0.5, 2)
