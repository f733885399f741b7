"""Pairs of which it is known what was taken: what is found, and what is not claimed.

The half that the engine's thresholds were not chosen on. Heavy paraphrases need the encoder, so
`python -m tests.bench similarity` tells of them.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from autonomy.tools.similarity import compare
from tests.autonomy.tools.similarity.text_reuse import REPORTING, TUNING, Pair, pairs, texts


def share_found(pair: Pair) -> float:
    """Of the pair's own text, in matches with its source that count."""
    start, end = pair.words
    found = compare(pair.draft, texts())
    taken = [m for m in found.matches if m.text_id == pair.of and not m.excluded]
    return sum(max(0, min(m.end, end) - max(m.start, start)) for m in taken) / (end - start)


@cache
def counts(kind: str) -> int:
    return Counter(pair.kind for half in (TUNING, REPORTING) for pair in pairs(half))[kind]


def test_the_set_is_large_and_paraphrases_in_it_are_written_by_hand() -> None:
    assert sum(counts(kind) for kind in ("verbatim", "light", "heavy", "non")) >= 200
    assert counts("heavy") >= 50
    assert counts("non") >= 50


@pytest.mark.parametrize("kind", ["verbatim", "light"])
def test_cut_and_paste_and_light_edits_are_found(kind: str) -> None:
    chosen = [pair for pair in pairs(REPORTING) if pair.kind == kind]
    found = sum(share_found(pair) >= 0.5 for pair in chosen)
    assert found / len(chosen) >= 0.95


def test_what_was_not_copied_is_not_counted_as_copied() -> None:
    chosen = [pair for pair in pairs(REPORTING) if pair.kind == "non"]
    flagged = 0
    for pair in chosen:
        against = [t for t in texts() if not (pair.without_source and t.id == pair.of)]
        flagged += compare(pair.draft, against).matched_words > 0
    assert flagged / len(chosen) <= 0.05


def test_an_untouched_carrier_stays_out_of_the_match() -> None:
    pair = next(pair for pair in pairs(REPORTING) if pair.kind == "verbatim")
    start, end = pair.words
    for match in compare(pair.draft, texts()).matches:
        assert start <= match.start < match.end <= end
