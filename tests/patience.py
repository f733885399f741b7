"""How long something may take on a machine that others use too."""

from __future__ import annotations

import os
from pathlib import Path


def patience(seconds: float) -> float:
    """`seconds`, where a core is free for it; more for what waits for its turn just now.

    For promises of time only: what must merely come is waited for generously, and what computes is
    measured in processor time.
    """
    # The average tells of a burst late, what runs now may be a moment's; the longer of both.
    running = int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[0])
    waiting = max(os.getloadavg()[0], running) / (os.cpu_count() or 1)
    return seconds * max(1.0, 2 * waiting)
