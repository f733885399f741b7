"""Whether code can be run on this server, and how that was found out."""

from __future__ import annotations

from dataclasses import dataclass

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
