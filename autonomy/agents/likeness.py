"""What the product's own engine says of a draft, in two figures."""

from __future__ import annotations

from dataclasses import dataclass

from autonomy.core.ports import Deps


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
