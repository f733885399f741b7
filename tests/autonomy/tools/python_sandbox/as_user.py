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
            }
    return found
