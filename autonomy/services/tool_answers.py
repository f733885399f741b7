"""Answering a run that asks whether it may call a learnt tool."""

from __future__ import annotations

from django.contrib.auth.models import User

from autonomy.core.types import TOOL_APPROVAL, RunStatus
from autonomy.models import Run, Tool, ToolOrigin, ToolPolicy
from autonomy.runtime.contention import transacted
from autonomy.services.errors import Conflict
from autonomy.services.runs import answer_interrupt


@transacted
def answer_tool(
    run: Run, interrupt_id: str, *, allowed: bool, always: bool = False, by: User | None = None
) -> None:
    """Let the run call the tool that it asks about, or not. The first answer counts, for the whole
    run; the same again changes nothing.

    Args:
        always: from now on no run of this owner asks about the tool, where it is their own.

    Raises:
        Conflict: the run does not ask this, or it was answered otherwise.
    """
    run.refresh_from_db(fields=["status", "waiting_for"])
    waiting = run.waiting_for or {}
    asks = run.status == RunStatus.WAITING_HUMAN and waiting.get("kind") == TOOL_APPROVAL
    if not asks and not run.resumes.filter(interrupt_id=interrupt_id).exists():
        raise Conflict("The run does not ask about a tool now.", code="not_waiting")
    answer_interrupt(run, interrupt_id, {"allowed": allowed})
    if asks and allowed and always and by is not None and by.pk == run.owner_id:
        own = Tool.objects.filter(owner_id=run.owner_id, name=str(waiting.get("tool", "")))
        own.exclude(origin=ToolOrigin.BUILTIN).filter(policy=ToolPolicy.ASK).update(
            policy=ToolPolicy.AUTO
        )
