"""What staff may ask of a run, each through `services` and each kept with who asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from django.contrib.auth.models import User

from autonomy import services
from autonomy.core.types import LIMIT_REASONS, RunStatus
from autonomy.models import Run

Ask = Callable[[Run, User, Mapping[str, str]], object]
"""A run, who asks, and what the form says."""


def _number(given: Mapping[str, str], name: str, noun: str) -> float | None:
    """A limit from a form field; None for one that was left empty."""
    text = given.get(name, "").strip().replace(",", "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 50_000_000:
        raise services.Invalid(f"{noun} must be a number from 0 to 50,000,000.")
    return value


def _budget(run: Run, by: User, given: Mapping[str, str]) -> None:
    tokens = _number(given, "tokens", "Tokens")
    services.set_budget(
        run,
        tokens=None if tokens is None else int(tokens),
        seconds=_number(given, "seconds", "Seconds"),
        usd=_number(given, "usd", "US dollars"),
        by=by,
    )


def _fork(run: Run, by: User, given: Mapping[str, str]) -> None:
    point = given.get("checkpoint_id", "").strip() or None
    services.fork(run, point, message=given.get("message", ""), by=by)


CONTROLS: dict[str, tuple[str, Ask]] = {
    "pause": ("Asked to pause", lambda run, by, _: services.pause(run, by=by)),
    "resume": ("Resumed", lambda run, by, _: services.resume(run, by=by)),
    "cancel": ("Asked to cancel", lambda run, by, _: services.cancel(run, by=by)),
    "requeue": ("Asked to run again", lambda run, by, _: services.requeue(run, by=by)),
    "tell": ("Told", lambda run, by, given: services.tell(run, given.get("message", ""), by=by)),
    "budget": ("Given another budget", _budget),
    "fork": ("Forked", _fork),
}
"""Verb → what is said when it was accepted, and how it is asked."""


def controls_for(run: Run) -> tuple[tuple[str, str], ...]:
    """(verb, label) of the buttons that make sense in this state. `services` decides again: the
    state may change between looking and pressing."""
    match RunStatus(run.status):
        case RunStatus.SUCCEEDED:
            return ()
        case RunStatus.FAILED | RunStatus.CANCELLED:
            return (("requeue", "Requeue"),)
        case RunStatus.PAUSED:
            return (("resume", "Resume"), ("cancel", "Cancel"))
        case RunStatus.WAITING_HUMAN:
            return (("pause", "Pause"), ("cancel", "Cancel"))
        case RunStatus.RUNNING if run.requested == "pause":
            return (("resume", "Take the pause back"), ("cancel", "Cancel"))
        case RunStatus.RUNNING:
            return (("pause", "Pause"), ("cancel", "Cancel"))
        case RunStatus.QUEUED:
            return (
                ("requeue", "Ring a worker again"),
                ("pause", "Pause"),
                ("cancel", "Cancel"),
            )


def forms_for(run: Run) -> dict[str, bool]:
    """Which of the forms make sense in this state."""
    return {
        "tell": not run.finished,
        "budget": not run.finished or run.stop_reason in LIMIT_REASONS,
        "fork": True,
    }
