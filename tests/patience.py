"""How long something may take on a machine that others use too."""

from __future__ import annotations

import os


def patience(seconds: float) -> float:
    """`seconds`, where a core is free for it; more for what waits for its turn just now.

    For promises of time only: what must merely come is waited for generously, and what computes is
    measured in processor time.
    """
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * max(1.0, 2 * waiting)
