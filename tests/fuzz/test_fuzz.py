"""A small run with its own seed; `python -m tests.fuzz` makes the large one."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from tests.fuzz.damage import damages_of
from tests.fuzz.run import fuzz
from tests.fuzz.samples import sound_files


def test_damaged_files_are_read_or_refused_with_a_sentence() -> None:
    found = fuzz(65, seed=20)
    assert found.count == 65
    assert len(found.by_format) == 11
    assert (found.crashes, found.hangs, found.speechless) == ([], [], [])
    assert sum(codes["read"] for codes in found.by_format.values()) > 10


def test_the_same_seed_damages_alike() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sound = sound_files(Path(folder))
    for name, content in sound.items():
        for damage in damages_of(name):
            first, second = (damage(content, random.Random(name)) for _ in range(2))
            assert first == second
