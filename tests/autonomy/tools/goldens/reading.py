"""The golden files.

A block is a work's name in a line of its own, and below it, indented:

    cite       the citation with page 4
    narrative  the same in running text, without a page
    entry      the reference; *italics* between asterisks
    prints     what is printed instead of `entry`, where a style differs from its manual
    because    why that is so
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
STYLES = ("harvard", "apa", "mla", "chicago", "chicago-notes-bibliography", "vancouver")


@dataclass(slots=True)
class Golden:
    style: str
    work: str
    lines: dict[str, str] = field(default_factory=dict)


def goldens(style: str) -> list[Golden]:
    found: list[Golden] = []
    for line in (FOLDER / f"{style}.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            name, _, words = line.strip().partition(" ")
            found[-1].lines[name] = words.strip()
        else:
            found.append(Golden(style, line.strip()))
    return found
