"""What the product's own engine says of a draft, in two figures."""

from __future__ import annotations

from dataclasses import dataclass

from autonomy.core.ports import Deps
from autonomy.core.types import GateResult


@dataclass(frozen=True, slots=True)
class Likeness:
    """Both per cent of the draft's words."""

    percent: float
    """Like the person's sources or earlier documents, and not quoted and cited."""
    quoted: float
    """Quoted from them and cited."""

    @property
    def said(self) -> str:
        return f"{self.percent:g} %, besides {self.quoted:g} % quoted and cited"

    def as_meta(self) -> dict[str, float]:
        return {"percent": self.percent, "quoted": self.quoted}


async def look(document_id: str, deps: Deps) -> Likeness | None:
    """The document's likeness; None when it could not be compared."""
    found = await deps.originality.check(document_id)
    if found is None:
        return None
    return Likeness(round(found.percent, 1), found.quoted_percent)


async def within(target: float, document_id: str, deps: Deps) -> GateResult:
    """The gate of a rewriting: whether the engine puts it within the person's target. Nobody is asked
    for a report on it."""
    found = await look(document_id, deps)
    observed = "not compared" if found is None else f"{found.percent:g} %"
    return GateResult(
        gate="similarity",
        passed=found is not None and found.percent <= target,
        observed=observed,
        expected=f"at most {target:g} %",
        message="The draft could not be compared with your sources and earlier documents."
        if found is None
        else f"{observed} of the draft is like your other sources or earlier documents without being "
        f"quoted and cited; you asked for {target:g} % or less.",
    )
