"""How many changes of APIs are mended by rule, and how many are rightly left alone."""

from __future__ import annotations

import time

from tests.autonomy.tools.learnt.drift_suite import MISSED, REFUSED, REPAIRED, WRONG, outcomes
from tests.bench.figures import Figure


def bench() -> list[Figure]:
    began = time.perf_counter()
    found = outcomes()
    seconds = time.perf_counter() - began
    counts = {
        verdict: sum(outcome.verdict == verdict for outcome in found)
        for verdict in (REPAIRED, REFUSED, MISSED, WRONG)
    }
    can_be = sum(outcome.mutation.mended for outcome in found)
    return [
        Figure(
            "changes repaired",
            counts[REPAIRED],
            f"of {can_be}",
            goal=f">= {can_be}",
            ok=counts[MISSED] == 0,
        ),
        Figure("treacherous ones refused", counts[REFUSED], f"of {len(found) - can_be}"),
        Figure("wrongly accepted", counts[WRONG], "", goal="0", ok=counts[WRONG] == 0),
        Figure("time of a repair", seconds / len(found) * 1000, "ms"),
    ]
