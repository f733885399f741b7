"""Vectors that mean something, whoever they are computed with."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from autonomy.library import minilm
from autonomy.library.embed import DIMENSIONS, MAX_TOKENS, Embedder, Vectors

TEXTS = [
    "Seagrass meadows weaken waves before they reach the shore.",
    "Underwater plants protect the coast from the sea's force.",
    "The central bank raised its interest rate by half a point.",
    "Inflation made the monetary authority tighten its policy.",
]
KINDS = [
    *TEXTS,
    "Table 2: dose (mg) 5 | 10 | 20; response (%) 12.5 | 31.0 | 58.4; n = 48, p < 0.01.",
    "Methods > Participants\nThirty-two people took part; each read twelve stories and was asked.",
    "Der Fluss führt im Frühjahr mehr Sediment, wenn der Schnee in den Bergen schmilzt.",
    "Self-attention relates positions of one sequence to compute a representation of it. " * 14,
]
"""What libraries hold: prose, tables, headings, another language, long. A text of a sign or two is
no passage, and comes only to 0.967."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def embedder(cache: Path) -> Embedder:
    return Embedder(cache, threads=1)


def test_vectors_have_unit_length(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_paraphrase_is_closer_than_another_subject(embedder: Embedder) -> None:
    coast, coast_again, bank, bank_again = embedder.encode(TEXTS)
    apart = max(one @ other for one in (coast, coast_again) for other in (bank, bank_again))
    assert coast @ coast_again > apart + 0.25
    assert bank @ bank_again > apart + 0.25


def test_company_does_not_change_a_vector(embedder: Embedder) -> None:
    together = embedder.encode([*TEXTS, "word " * 400, "Short."])
    alone = np.concatenate([embedder.encode([text]) for text in TEXTS])
    assert np.array_equal(together[: len(TEXTS)], alone)


def test_more_is_read_than_the_packaged_tokenizer_would(embedder: Embedder) -> None:
    """Its file cuts at 128 tokens; the model reads 256."""
    common = "river " * 150
    one, other = embedder.encode([common + "volcano", common + "parliament"])
    assert not np.array_equal(one, other)
    far = "river " * (MAX_TOKENS + 50)
    one, other = embedder.encode([far + "volcano", far + "parliament"])
    assert np.array_equal(one, other)


def test_tokens_are_counted_beyond_what_is_read(embedder: Embedder) -> None:
    assert embedder.count_tokens("river " * 1_000) == 1_000


@pytest.mark.parametrize("text", ["", " ", "\x00", "😀", "苔藓", "ا", "a" * 100_000])
def test_odd_texts_have_finite_vectors(embedder: Embedder, text: str) -> None:
    assert np.isfinite(embedder.encode([text])).all()


def test_nothing_gives_an_empty_matrix(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, DIMENSIONS)


def test_the_graph_is_built_once_and_leaves_nothing_behind(cache: Path, embedder: Embedder) -> None:
    embedder.warm_up()
    files = list(cache.iterdir())
    assert len(files) == 1
    built = files[0].stat().st_mtime_ns
    Embedder(cache).warm_up()
    assert files[0].stat().st_mtime_ns == built


def test_quantised_weights_stay_close_to_full_precision(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "MIN_COSINE", 1.1)
    exact = Embedder(tmp_path, threads=1)
    cosines = (exact.encode(KINDS) * embedder.encode(KINDS)).sum(axis=1)
    assert [path.name for path in tmp_path.iterdir()] == ["minilm-l6-v1-fp32.onnx"]
    assert cosines.min() >= 0.98, dict(zip(KINDS, cosines, strict=True))


def test_threads_share_one_embedder(cache: Path) -> None:
    shared = Embedder(cache, threads=1)
    expected = Embedder(cache, threads=1).encode(TEXTS)
    results: dict[int, Vectors] = {}

    def work(number: int) -> None:
        results[number] = shared.encode(TEXTS)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.array_equal(result, expected) for result in results.values())
