"""One originality cycle as the agents see it."""

from __future__ import annotations

from autonomy.core.value import Value


class CycleRecord(Value):
    """One originality cycle as the agents see it."""

    id: str
    number: int
    status: str
    """A `CycleStatus`."""
    document_id: str
    """The version that was handed over for a report."""
    observed: float | None = None
    """Per cent, as the report says; None before there is one, or when it gives no figure."""
    below: bool = False
    """The report says “less than” `observed`."""
    local: float | None = None
    """Per cent, by the product's own engine."""
    quoted: float | None = None
    """Per cent of the words that are quoted from compared texts and cited; not in `local`."""
