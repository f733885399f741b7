"""From what a client sent to a `TaskSpec`, or a sentence about what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings as django_settings
from django.contrib.auth.models import User
from ninja.errors import ValidationError
from pydantic import ValidationError as PydanticError

from autonomy.core import journey as journeys
from autonomy.core.types import TaskSettings, TaskSpec
from autonomy.models import Source
from autonomy.services.connections import BadField
from autonomy.services.errors import Invalid
from autonomy.services.model_choices import check_choice
from autonomy.services.styles import check_style


def refuse(field: str, message: str) -> ValidationError:
    """A 422 about one field, in the same form as a schema's own refusals."""
    return ValidationError(
        [
            {
                "type": "value_error",
                "loc": ("body", "", field),
                "msg": message,
                "ctx": {"error": message},
            }
        ]
    )


def task_spec(
    user: User,
    *,
    journey: str,
    goal: str,
    file_ids: Sequence[UUID],
    settings: TaskSettings,
    where: str = "",
    goal_field: str = "goal",
) -> TaskSpec:
    """The task as the run will keep it. Files may still be parsing: the run waits for them.

    Args:
        where: path of these fields in the request, for messages; "" or ending in a dot.

    Raises:
        ValidationError: a field is wrong; 422 with the field's name.
    """
    if not goal.strip():
        raise refuse(f"{where}{goal_field}", "Say what the document should be about.")
    limit = django_settings.ENV.message_max_chars
    if len(goal) > limit:
        raise refuse(
            f"{where}{goal_field}",
            f"At most {limit:,} characters are allowed; this has {len(goal):,}. "
            "Put longer material into a file and attach it.",
        )
    if "\x00" in goal:
        raise refuse(f"{where}{goal_field}", "The text holds a NUL character; remove it.")
    if journey not in journeys.names():
        known = ", ".join(("auto", *journeys.names()) if not where else journeys.names())
        raise refuse("journey", f"There is no journey “{journey}”. Choose one of: {known}.")
    try:
        check_style(user, settings.style)
    except Invalid as error:
        raise refuse(f"{where}settings.style", error.detail) from error
    try:
        check_choice(user, settings.models, f"{where}settings.models")
    except BadField as error:
        raise refuse(error.field, error.detail) from error
    wanted = list(dict.fromkeys(file_ids))
    found = set(Source.objects.filter(owner=user, id__in=wanted).values_list("id", flat=True))
    missing = [str(file_id) for file_id in wanted if file_id not in found]
    if missing:
        raise refuse(
            f"{where}file_ids",
            f"There is no file with this id, or it is not yours: {', '.join(missing[:5])}.",
        )
    try:
        return TaskSpec(
            goal=goal,
            journey=journey,
            source_ids=tuple(str(file_id) for file_id in wanted),
            settings=settings,
        )
    except PydanticError as error:
        raise ValidationError(
            [{**e, "loc": ("body", "", *e["loc"])} for e in error.errors(include_url=False)]
        ) from error
