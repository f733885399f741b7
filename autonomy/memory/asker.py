"""Questions as vectors of the space that is searched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from autonomy.core.llm.embeddings import EmbeddingError
from autonomy.library.embed import Embedder, Vectors
from autonomy.memory.spaces import BUILT_IN, Space

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asker:
    """The space to search, and what makes a question's vector in it."""

    space: Space = BUILT_IN
    encode: Callable[[str], Vectors] | None = None
    """Raises `EmbeddingError`. None for the built-in embedder, which never fails."""

    def vectors(self, query: str, built_in: Embedder) -> tuple[Space, Vectors]:
        """The query's vector (one row) and the space it lies in: the built-in one where the other
        embedder cannot be asked, since every passage has a vector there too. Blocks."""
        if self.encode is not None:
            try:
                found = self.encode(query)
                if found.shape == (1, self.space.dimensions):
                    return self.space, found
                _log.warning("%s answers with other dimensions now", self.space.model)
            except EmbeddingError as error:
                _log.info("searching with the built-in embedder: %s", error)
        return BUILT_IN, built_in.encode([query])
