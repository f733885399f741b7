"""Winnowing: what it promises."""

from __future__ import annotations

import random

import numpy as np
import pytest

from autonomy.tools.similarity.fingerprints import Index, kgram_hashes, winnow
from autonomy.tools.similarity.runs import LONG_WORDS, common_runs
from autonomy.tools.similarity.settings import GUARANTEED_WORDS, KGRAM_WORDS, WINDOW_KGRAMS


def noise(rng: random.Random, words: int) -> list[int]:
    return [rng.randrange(1, 50_000) for _ in range(words)]


def test_every_run_of_the_promised_length_is_found_wherever_it_stands() -> None:
    rng = random.Random(1)
    for _ in range(300):
        shared = noise(rng, GUARANTEED_WORDS)
        before, after = rng.randrange(30), rng.randrange(30)
        draft = noise(rng, before) + shared + noise(rng, after)
        known = set(draft)
        other = noise(rng, rng.randrange(30)) + shared + noise(rng, rng.randrange(30))
        text = [word if word in known else 0 for word in other]
        runs = common_runs(draft, text, Index(np.array(draft)))
        assert any(
            run.draft <= before and run.draft + run.words >= before + len(shared) for run in runs
        )


def test_nothing_shorter_than_a_k_gram_is_found() -> None:
    rng = random.Random(2)
    draft = noise(rng, 200)
    starts, short = range(0, 200, 20), KGRAM_WORDS - 1
    text = [word for start in starts for word in (*draft[start : start + short], 0)]
    assert common_runs(draft, text, Index(np.array(draft))) == []


def test_fewer_fingerprints_than_words_are_kept_and_one_in_every_window() -> None:
    hashes = kgram_hashes(np.array(noise(random.Random(3), 5_000)))
    places = winnow(hashes)
    expected = 2 / (WINDOW_KGRAMS + 1)
    assert len(places) == pytest.approx(expected * len(hashes), rel=0.05)
    gaps = np.diff([-1, *places, len(hashes)])
    assert gaps.max() <= WINDOW_KGRAMS


def test_a_text_that_repeats_itself_costs_no_square() -> None:
    phrase = [1, 2, 3, 4, 5, 6, 7]
    draft = phrase * 4_000
    runs = common_runs(draft, draft, Index(np.array(draft)))
    assert sum(run.words for run in runs) < 4 * len(draft)
    assert max(run.words for run in runs) == len(draft) > LONG_WORDS
