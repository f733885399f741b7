"""Between LangGraph's values and our rows: what is stored inline and what the run mirrors."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from autonomy.core.types import Plan, Verdict
from autonomy.runtime.events import json_text, storable
from autonomy.runtime.prepared import execute as execute

OUTBOX = "outbox"
"""The channel whose events commit with the checkpoint."""


def inline(value: Any) -> bool:
    """Whether JSONB gives the very same value back: exact scalars only (an enum that is a `str`
    would come back as a plain one), no NUL, no NaN."""
    if type(value) is str:
        return bool(storable(value) == value)
    if type(value) is float:
        return value - value == 0
    return value is None or type(value) in (bool, int)


def mirror(values: Mapping[str, Any], changed: Container[str]) -> dict[str, Any]:
    """What the run's row shows of the state, as far as these channels of it changed; None leaves
    a column as it is."""
    shown = {name: values.get(name) for name in ("plan", "verdict", "route") if name in changed}
    plan, verdict, route = shown.get("plan"), shown.get("verdict"), shown.get("route")
    outbox = (values.get(OUTBOX) or ()) if OUTBOX in changed else ()
    observed = [draft.meta.get("observation") for draft in outbox if draft.type == "observation"]
    last = observed[-1] if observed else None
    return {
        "plan": json_text(plan) if isinstance(plan, Plan) else None,
        "verdict": json_text(verdict) if isinstance(verdict, Verdict) else None,
        "route": str(route) if route else None,
        "observation": json_text(last) if last else None,
    }
