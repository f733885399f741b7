"""What becomes of malformed answers: per kind of damage, which rung, how many as good as the kind
allows, and the milliseconds of the slowest. The last lines are the goals."""

from __future__ import annotations

import random
import sys

from tests.autonomy.core.llm.corpus.bases import BASES
from tests.autonomy.core.llm.corpus.damages import INNER, OUTER, dumped
from tests.autonomy.core.llm.corpus.run import Outcome, ended, table
from tests.bench.figures import Figure

COMPOSITIONS = 3_000


def composed(count: int) -> list[Outcome]:
    """Outcomes of two or three kinds of damage at once."""
    rng = random.Random(4)
    outcomes = []
    for _ in range(count):
        base = rng.choice(BASES)
        text = dumped(base.value)
        for _, change in (*rng.sample(INNER, rng.choice((0, 1))), *rng.sample(OUTER, 2)):
            text = change(text, rng) if len(text) > 1 else text
        outcomes.append(ended(base, text))
    return outcomes


def bench() -> list[Figure]:
    for base in BASES:
        ended(base, dumped(base.value))  # Pydantic and the patterns are built at first use.
    figures, outcomes = [], []
    for row in table():
        outcomes += row.outcomes
        rungs = ", ".join(f"{rung} {count}" for rung, count in row.rungs.most_common())
        slowest = max(outcome.seconds for outcome in row.outcomes)
        figures.append(
            Figure(
                f"{row.damage.kind} ({row.damage.ends})",
                100 * row.ok / len(row.outcomes),
                "%",
                f"{rungs}; {1000 * slowest:.1f} ms",
                "100 %",
                row.ok == len(row.outcomes),
            )
        )
    several = composed(COMPOSITIONS)
    everything = outcomes + several
    crashes = sum(bool(outcome.crash) for outcome in everything)
    strayed = sum(bool(outcome.strayed) for outcome in everything)
    readable = sum(outcome.rung != "unusable" for outcome in several)
    cost = max(o.seconds * 10_240 / len(o.text) for o in everything if len(o.text) > 10_240)
    figures += [
        Figure("texts of one kind of damage", len(outcomes), ""),
        Figure("texts of two or three kinds", len(several), ""),
        Figure("of these read without asking again", 100 * readable / len(several), "%"),
        Figure("crashes", crashes, "", goal="0", ok=crashes == 0),
        Figure("answers that say what was not said", strayed, "", goal="0", ok=strayed == 0),
        Figure("slowest, per 10 KB", 1000 * cost, "ms", goal="<= 50 ms", ok=cost <= 0.05),
    ]
    for outcome in everything:
        if outcome.crash or outcome.strayed:
            sys.stderr.write(f"{outcome.crash}{outcome.strayed}: {outcome.text[:300]!r}\n")
    return figures
