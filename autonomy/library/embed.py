"""Text to vectors, on this machine: all-MiniLM-L6-v2 by ONNX Runtime."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

DIMENSIONS = 384
MAX_TOKENS = 256
"""What the model was trained to read; text beyond is not seen."""
# Ordinary sentences of several kinds and lengths, to see what quantisation costs.
_PROBE = (
    "Sleep deprivation impairs the consolidation of new memories.",
    "The river carries more sediment in spring, when snow melts in the hills above the valley.",
    "How do central banks respond to rising energy prices?",
    "x = 3.2, p < 0.01 (n = 48)",
    "In the second experiment the participants read twelve short stories, answered questions about "
    "each of them after a day, and were asked again after a week; those who had written a summary "
    "remembered more of the events, though not of their order, than those who had read twice.",
)

Vectors = npt.NDArray[np.float32]


class Embedder:
    """Encodes texts as unit vectors. Loads on first use; safe to share between threads."""

    def __init__(self, cache_dir: Path, threads: int = 2) -> None:
        """`cache_dir` keeps the built graph (about 40 MB); `threads` is what one call may use."""
        self._cache_dir = cache_dir
        self._threads = threads
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._session: Any = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of `DIMENSIONS` per text, in the order given, each of length 1.

        A text's vector depends on nothing but the text.
        """
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        if not texts:
            return vectors
        session = self._load()
        # One at a time: quantisation scales activations over all that runs together, so company
        # would change a text's vector (cosine down to 0.984), and batches gain little on a CPU.
        for row, item in enumerate(self._tokenizer.encode_batch([text or " " for text in texts])):
            feed = {
                "input_ids": np.array([item.ids], np.int64),
                "attention_mask": np.array([item.attention_mask], np.int64),
            }
            vectors[row] = session.run(None, feed)[0][0]
        return vectors

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text` without the two that frame it."""
        self._load_tokenizer()
        # The truncating tokenizer would never count further than it reads.
        return len(self._counter.encode(text, add_special_tokens=False).ids)

    def warm_up(self) -> None:
        """Load (and, the first time, build) now rather than at the first request."""
        self._load()

    def _load_tokenizer(self) -> None:
        with self._lock:
            if self._tokenizer is None:
                self._read_tokenizer()

    def _read_tokenizer(self) -> None:
        from tokenizers import Tokenizer

        from autonomy.library.minilm import packaged_model

        path = str(packaged_model() / "tokenizer.json")
        # The packaged file cuts at 128 and pads to it; the model reads 256 and batches here.
        tokenizer, counter = Tokenizer.from_file(path), Tokenizer.from_file(path)
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length=MAX_TOKENS)
        counter.no_padding()
        counter.no_truncation()
        self._counter, self._tokenizer = counter, tokenizer

    def _load(self) -> Any:
        with self._lock:
            if self._session is None:
                # Importing ONNX takes half a second that a web process may never need.
                from autonomy.library.minilm import ensure_graph, open_session

                if self._tokenizer is None:
                    self._read_tokenizer()
                probe = [
                    (item.ids, item.attention_mask)
                    for item in self._tokenizer.encode_batch(list(_PROBE))
                ]
                self._session = open_session(ensure_graph(self._cache_dir, probe), self._threads)
            return self._session
