"""Whether code can be run on this server, and how that was found out."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import cache

from autonomy.core.sandbox import Tier
from autonomy.runtime.sandboxes import sandbox_choice
from autonomy.tools.python_sandbox.tiers import Trial


@dataclass(frozen=True, slots=True)
class SandboxReport:
    tier: Tier
    reason: str
    """Why it is off, and what to install; empty when it is on."""
    trials: tuple[Trial, ...]
    """How each tier that was tried stood up to its attacks, strongest tier first."""

    @property
    def on(self) -> bool:
        return self.tier is not Tier.OFF


def sandbox_report() -> SandboxReport:
    """The sandbox of this very process; takes up to two seconds the first time."""
    choice = sandbox_choice()
    return SandboxReport(choice.sandbox.tier, choice.sandbox.reason, choice.trials)


WAIT_SECONDS = 3.0
"""The attacks take about one; longer only on a machine that is busy otherwise."""
_lock = threading.Lock()


@cache
def _asked() -> Future[SandboxReport]:
    pool = ThreadPoolExecutor(1, thread_name_prefix="sandbox-check")
    try:
        return pool.submit(sandbox_report)
    finally:
        pool.shutdown(wait=False)


def code_execution(wait_seconds: float = WAIT_SECONDS) -> SandboxReport | None:
    """What `sandbox_report` says; None while its attacks are still going on after so long."""
    with _lock:
        asked = _asked()
    try:
        return asked.result(wait_seconds)
    except FutureTimeout:
        return None
