"""The numbers of the hybrid search, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Chosen on SciFact's training claims; `docs/search.md` has the figures and how to repeat them."""

    k1: float = 1.2
    """BM25: how soon a repeated term stops counting more."""
    b: float = 0.4
    """BM25: how much a long passage is held against it, 0 to 1."""
    meaning: float = 0.45
    """Weight of the list by meaning; 0 leaves it out."""
    words: float = 0.55
    """Weight of the list by words; 0 leaves it out."""
    depth: int = 400
    """Passages that each list hands to the fusion; the last of them counts as nothing."""
    exact_passages: int = 5_000
    """Up to so many passages in the scope every one is compared, however many there are in all."""
    walk_cost: float = 20.0
    """What it costs to walk past an entry of the HNSW index, in passages compared. The index is used
    where the walk, longer the smaller a part of all passages the scope is, costs less."""
    ef_search: int = 200
    """HNSW: candidates that a round of the index scan keeps."""
    max_scan_tuples: int = 20_000
    """HNSW: entries after which an iterative scan gives up."""
    scan: Literal["strict_order", "relaxed_order"] = "relaxed_order"
    """HNSW: whether later rounds of a scan may bring something nearer; the list is sorted anyhow."""


DEFAULT = SearchSettings()
