"""Between LangGraph's values and our rows: what is stored inline and what the run mirrors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from autonomy.core.types import Observation, Plan, Verdict
from autonomy.runtime.events import storable
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


def mirror(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the run's row shows of the state; None leaves a column as it is."""
    plan, verdict, route = values.get("plan"), values.get("verdict"), values.get("route")
    outbox = values.get(OUTBOX) or ()
    observed = [draft.meta.get("observation") for draft in outbox if draft.type == "observation"]
    last = observed[-1] if observed else None
    if isinstance(last, Observation):
        last = last.model_dump(mode="json")
    return {
        "plan": _json(plan.model_dump(mode="json")) if isinstance(plan, Plan) else None,
        "verdict": _json(verdict.model_dump(mode="json")) if isinstance(verdict, Verdict) else None,
        "route": str(route) if route else None,
        "observation": _json(last) if last else None,
    }


def _json(value: Any) -> str:
    return json.dumps(storable(value))
