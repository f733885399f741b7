"""What the tiers say to whoever runs this: the trial of each, and all attacks on it."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

from autonomy.core.sandbox import Profile, Tier
from autonomy.tools.python_sandbox import tiers
from tests.autonomy.tools.python_sandbox.arena import PROGRAM, arena
from tests.autonomy.tools.python_sandbox.conftest import SHORT, job, sandbox_of

BOMB = """
import os, time
for _ in range(12):
    if os.fork() == 0:
        block = bytearray(60 << 20)
        for place in range(0, len(block), 4096):
            block[place] = 1
        time.sleep(99)
time.sleep(99)
"""
"""More memory than one job may have, in processes that each stay below it."""


def told() -> dict[str, Any]:
    """Per tier: why it cannot be used, what attacks got, and who a program is."""
    found: dict[str, Any] = {"user": os.getuid()}
    with arena() as place:
        files = {"targets.json": json.dumps(place.aims).encode()}
        for tier in (Tier.BUBBLEWRAP, Tier.UNSHARE):
            sandbox = sandbox_of(tier)
            attack = job(PROGRAM.read_text(), Profile.ANALYSIS, files=files)
            result = sandbox.run_here(attack, threading.Event())
            got = json.loads(result.stdout.splitlines()[-1]) if result.exit == 0 else {"all": "?"}
            who = sandbox.run_here(job("import os; print(os.getuid())"), threading.Event())
            found[tier] = {
                "problem": tiers.attacked(tier, SHORT).problem,
                "got": {name: what for name, what in got.items() if what},
                "stdout": who.stdout,
                "bomb": sandbox.run_here(job(BOMB), threading.Event()).limit,
            }
    return found
