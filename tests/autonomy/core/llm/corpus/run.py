"""The corpus put through the ladder: one line per kind of damage."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from autonomy.core.llm.failures import Unusable
from autonomy.core.llm.ladder import parse
from tests.autonomy.core.llm.corpus.bases import BASES, Base
from tests.autonomy.core.llm.corpus.damages import DAMAGES, Damage
from tests.autonomy.core.llm.corpus.meaning import same, strayed


@dataclass(frozen=True)
class Outcome:
    """What became of one text."""

    base: Base
    text: str
    rung: str
    """Of the ladder; `unusable` when it ended there."""
    complaint: str
    same: bool
    strayed: str
    seconds: float
    crash: str = ""


@dataclass
class Row:
    """What became of one kind of damage."""

    damage: Damage
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def rungs(self) -> Counter[str]:
        return Counter(outcome.rung for outcome in self.outcomes)

    @property
    def ok(self) -> int:
        """Outcomes as good as the kind allows."""
        return sum(kept(self.damage, outcome) for outcome in self.outcomes)


def kept(damage: Damage, outcome: Outcome) -> bool:
    """Whether the ladder kept its promise, and did as well as this kind of damage allows."""
    if outcome.crash or outcome.strayed:
        return False
    if outcome.rung == "unusable":
        return bool(outcome.complaint) and damage.ends != "same"
    return damage.ends != "same" or outcome.same


def ended(base: Base, text: str) -> Outcome:
    """What the ladder makes of `text`, timed."""
    began = time.thread_time()
    try:
        parsed = parse(text, base.output)
    except Unusable as error:
        took = time.thread_time() - began
        return Outcome(base, text, "unusable", error.detail, False, "", took)
    except Exception as error:  # noqa: BLE001 - a crash is what is looked for
        took = time.thread_time() - began
        return Outcome(base, text, "crash", "", False, "", took, crash=repr(error)[:200])
    took = time.thread_time() - began
    return Outcome(
        base,
        text,
        parsed.rung.value,
        "",
        same(base, parsed.value),
        strayed(base, parsed.value),
        took,
    )


def texts(damage: Damage, each: int) -> Iterator[tuple[Base, str]]:
    """`each` texts per good answer; the same ones every time."""
    for base in BASES:
        rng = random.Random(f"{damage.kind}/{base.name}")
        for text in dict.fromkeys(damage.make(base.value, rng) for _ in range(each)):
            yield base, text


def row(damage: Damage, each: int = 4) -> Row:
    made = Row(damage)
    for base, text in texts(damage, each):
        made.outcomes.append(ended(base, text))
    return made


def table(each: int = 4) -> list[Row]:
    return [row(damage, each) for damage in DAMAGES]
