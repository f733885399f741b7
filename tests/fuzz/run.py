"""Parse damaged files through the real subprocess and count how each ends."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from autonomy.library.chunk import chunk
from autonomy.library.isolated import parse_in_subprocess
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.library.wording import failure_message
from tests.fuzz.damage import damages_of
from tests.fuzz.samples import sound_files

LIMITS = ParseLimits(
    timeout_seconds=30.0, memory_bytes=1024**3, max_unpacked_bytes=50 * 1024**2, ocr_languages=""
)
_OVER = 10.0
"""Seconds past the limit after which a parse counts as hanging: the machine may be busy."""
_CRASH = failure_message("damaged", LIMITS)
"""What is said when the process died without a word of its own."""


@dataclass(slots=True)
class Outcomes:
    """How the files of a fuzz run ended."""

    by_format: dict[str, Counter[str]] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    speechless: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def count(self) -> int:
        return sum(sum(found.values()) for found in self.by_format.values())

    def table(self) -> str:
        """One line for each format."""
        codes = sorted({code for found in self.by_format.values() for code in found})
        rows = [["format", *codes]]
        for name, found in sorted(self.by_format.items()):
            rows.append([name, *(str(found[code] or "") for code in codes)])
        widths = [max(len(row[column]) for row in rows) for column in range(len(codes) + 1)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in rows
        )


@dataclass(frozen=True, slots=True)
class _Case:
    key: str
    """File, damage and seed: makes the same file again."""
    name: str
    content: bytes


def fuzz(count: int, seed: int, keep: Path | None = None, workers: int = 2) -> Outcomes:
    """Damage and parse `count` files; what goes wrong is kept in the folder `keep`."""
    outcomes = Outcomes()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, ThreadPoolExecutor(workers) as pool:
        cases = _cases(count, seed, Path(folder))
        for case, code, kind in pool.map(lambda case: _try(case, Path(folder)), cases):
            suffix = Path(case.name).suffix.lstrip(".")
            outcomes.by_format.setdefault(suffix, Counter())[code] += 1
            if kind:
                getattr(outcomes, kind).append(case.key)
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{case.key.replace(' ', '-')}.{suffix}").write_bytes(case.content)
    outcomes.seconds = time.monotonic() - began
    return outcomes


def _cases(count: int, seed: int, folder: Path) -> Iterable[_Case]:
    sound = list(sound_files(folder).items())
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        name, content = sound[number % len(sound)]
        damage = chance.choice(damages_of(name))
        yield _Case(f"{name} {damage.__name__} {seed}-{number}", name, damage(content, chance))


def _try(case: _Case, folder: Path) -> tuple[_Case, str, str]:
    """The case, how it ended, and the name of the list that it belongs to if it went wrong."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(case.content)
        file.flush()
        began = time.monotonic()
        try:
            document = parse_in_subprocess(Path(file.name), case.name, LIMITS)
        except ParseFailure as failure:
            took = time.monotonic() - began
            if took > LIMITS.timeout_seconds + _OVER:
                return case, failure.code, "hangs"
            if failure.message == _CRASH:
                return case, "crash", "crashes"
            whole = failure.message[:1].isupper() and failure.message.endswith(".")
            return case, failure.code, "" if whole else "speechless"
        pieces = chunk(document, lambda text: len(text.split()))
        exact = all(
            document.pages[c.page_index].text[c.char_start : c.char_end] == c.text for c in pieces
        )
        return case, "read", "" if exact else "crashes"
