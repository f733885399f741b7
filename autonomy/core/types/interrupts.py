"""What a run asks its person for while it waits."""

from __future__ import annotations

PLAN_APPROVAL = "plan_approval"
"""The kind of the interrupt that asks for agreement to a plan; answered `{"approved": true}`,
`{"edit": PlanEdit}` or `{"told": true}` (there are messages that say what to change)."""


TOOL_APPROVAL = "tool_approval"
"""The kind of the interrupt that asks whether a run may call a learnt tool; answered
`{"allowed": true|false}`. It counts for the whole run."""
