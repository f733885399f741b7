"""The one embedder of a process: weights are loaded once, whoever asks."""

from __future__ import annotations

from functools import cache

from autonomy.library.embed import Embedder
from handywriterz.env import env


@cache
def shared_embedder() -> Embedder:
    """The embedder with its cache in `DATA_DIR/models`; loads on first use."""
    return Embedder(env().data_dir / "models", threads=2)
