"""Edit the plan that a run shows for approval."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from autonomy.agents.plan_edit import BadEdit, apply_edit
from autonomy.core.types import PLAN_APPROVAL, Author, Plan, PlanEdit, RunStatus
from autonomy.models import Run
from autonomy.runtime import answers
from autonomy.runtime.contention import transacted
from autonomy.services.errors import Conflict, Invalid, NotFound
from handywriterz.env import env


class PlanConflict(Conflict):
    """The plan is not the one that was edited; `plan` is the one that stands."""

    def __init__(self, detail: str, code: str, plan: dict[str, Any]) -> None:
        super().__init__(detail, code=code)
        self.plan = plan


@transacted
def edit_plan(run: Run, edit: PlanEdit, *, by: User | None = None) -> None:
    """Answer the run's question about its plan with the plan as `edit` has it. The run applies it
    and asks again, or goes on where the edit approves. The same edit again changes nothing.

    Raises:
        PlanConflict: the plan has changed since, or the run does not ask about it.
        Invalid: the edit names unknown steps, leaves none, or goes over a limit.
        NotFound: the run has been deleted.
    """
    locked = Run.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
    if locked is None:
        raise NotFound("The run has been deleted.")
    stored = locked.plan or {}
    value: dict[str, Any] = {"edit": edit.model_dump(mode="json")}
    if by is not None and by.pk != locked.owner_id:
        value["by"] = by.pk
    if stored.get("version") != edit.version:
        raise PlanConflict(
            f"The plan has changed since: it is version {stored.get('version', 0)} now, and you "
            f"edited version {edit.version}.",
            "plan_changed",
            stored,
        )
    waiting = locked.waiting_for or {}
    asks = locked.status == RunStatus.WAITING_HUMAN and waiting.get("kind") == PLAN_APPROVAL
    if not asks:
        if locked.resumes.filter(value=value).exists():
            return  # sent before, and on its way
        raise PlanConflict(
            "The plan can be edited while the run asks about it, and it does not ask now. "
            "Tell the run in a message what to change.",
            "not_waiting",
            stored,
        )
    _check(stored, edit)
    answers.store_answer(locked, str(waiting["interrupt_id"]), value)
    answers.wake(locked.pk)


def _check(stored: dict[str, Any], edit: PlanEdit) -> None:
    limits = env()
    if len(edit.steps) > limits.plan_max_sections:
        raise Invalid(
            f"A plan may have at most {limits.plan_max_sections} parts; this has {len(edit.steps)}.",
            code="too_many_steps",
        )
    for step in edit.steps:
        if step.words is not None and step.words > limits.plan_section_max_words:
            raise Invalid(
                f"“{step.title}” may have at most {limits.plan_section_max_words:,} words.",
                code="too_many_words",
            )
    try:
        apply_edit(Plan.model_validate(stored), edit, topic="", author=Author.HUMAN)
    except BadEdit as error:
        raise Invalid(str(error), code="bad_plan") from error
