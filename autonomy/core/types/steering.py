"""What a person tells their run while it works."""

from __future__ import annotations

from autonomy.core.value import Value


class Told(Value):
    """A message of the person to their run."""

    number: int
    text: str


class Steering(Value):
    """What the messages that a run has taken amount to. What is unset stays as it was asked."""

    messages: tuple[str, ...] = ()
    """The latest of them, oldest first: guidance for models."""
    length_words: int | None = None
    style: str | None = None
    title: str = ""
    focus: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    """Sections that were asked for, by their subject."""
    dropped: tuple[str, ...] = ()
    ask_plan: bool = False
    """Show the plan before anything is written, whatever the task's settings say."""
