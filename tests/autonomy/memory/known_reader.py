"""A reader and an embedder of known behaviour, for tests of what is between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autonomy.library.embed import DIMENSIONS, Vectors
from autonomy.library.parsed import (
    Bibliography,
    Block,
    ParsedDocument,
    ParsedPage,
    ParseLimits,
)


class Words:
    """Stands in for the embedder: a vector of the text's length and first letters."""

    def __init__(self) -> None:
        self.texts = 0

    def count_tokens(self, text: str) -> int:
        return len(text.split()) * 4 // 3

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        vectors = np.full((len(texts), DIMENSIONS), 0.01, np.float32)
        for row, text in enumerate(texts):
            vectors[row, len(text) % DIMENSIONS] = 1.0
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class Reader:
    """Stands in for the parser's process: a book whose pages come one at a time."""

    def __init__(self, pages: int) -> None:
        self.asked_from: list[int] = []
        self._pages = [page(number) for number in range(1, pages + 1)]

    def install(self, monkeypatch: Any) -> None:
        from autonomy.memory import page_stream

        monkeypatch.setattr(page_stream, "parse_in_subprocess", self.parse)

    def parse(
        self,
        path: Path,
        file_name: str,
        limits: ParseLimits,
        *,
        on_pages: Callable[[Sequence[ParsedPage], int | None], None],
        first_page: int,
    ) -> ParsedDocument:
        self.asked_from.append(first_page)
        rest = self._pages[first_page - 1 :]
        for one in rest:
            on_pages([one], len(self._pages))
        return ParsedDocument(
            media_type="application/pdf",
            pages=tuple(rest),
            metadata=Bibliography(csl={"type": "book", "title": "Tides"}),
            page_count=len(self._pages),
        )


def page(number: int) -> ParsedPage:
    text = (
        f"On page {number} the tide of the day {number} is told of at length and with care. "
        f"It rose by {number} metres and fell again before the evening of that day."
    )
    block = Block(text=text, char_start=0, char_end=len(text))
    return ParsedPage(number=number, text=text, blocks=(block,))
