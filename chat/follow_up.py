"""Messages that change what was asked before ("make it 300 words", "now in APA")."""

from __future__ import annotations

from typing import NamedTuple

from autonomy.core.brief import read_brief
from autonomy.core.small_talk import kind_of
from autonomy.core.types import TaskSettings, TaskSpec
from autonomy.core.words import REQUEST_WORDS, content_words
from autonomy.models import Run
from chat.journey_choice import COURTESY, is_question, named_length, named_style, orders_a_text
from chat.models import Conversation

_CHANGES = frozenset(
    """add bit brief briefer broader clear clearer concise detail detailed details
    easier elaborate expand extend formal formally instead formatted improve improved informal lengthen
    less little longer narrower plain polish redo remove rephrase retry revise rewrite shorten
    shorter simple simpler simplify style tone trim turn twice half
    abstract conclusion introduction title version""".split()
)
_PARTS_OF_A_REQUEST = REQUEST_WORDS | _CHANGES | COURTESY

_LOOKED_BACK = 20
"""Runs of a conversation among which the last request is looked for."""

_LASTING = ("style", "level", "language", "models", "search")
"""Settings that a change keeps unless it sends its own."""


class Earlier(NamedTuple):
    """What the conversation was asked last."""

    goal: str
    journey: str
    source_ids: tuple[str, ...]
    settings: TaskSettings


def earlier_request(conversation: Conversation) -> Earlier | None:
    """The task of the conversation's newest run that was more than small talk; None where it has
    none."""
    for run in Run.objects.filter(conversation_id=conversation.pk).order_by("-id")[:_LOOKED_BACK]:
        task = TaskSpec.model_validate(run.task)
        if kind_of(task.goal) is None:
            return Earlier(task.goal, task.journey, task.source_ids, task.settings)
    return None


def changes_what_was_asked(message: str) -> bool:
    """Whether `message` has no topic of its own, so that it can only be about the last request.

    A question stands for itself unless it is bare ("why?", "can you make it shorter?"), and so
    does an order for a text of its own ("write a report on the attached papers").
    """
    if set(content_words(message)) <= _PARTS_OF_A_REQUEST and not orders_a_text(message):
        return True
    if is_question(message) or orders_a_text(message):
        return False
    return not read_brief(TaskSpec(goal=message)).named


def changes_something(message: str) -> bool:
    """Whether it names a change ("shorter"); of use only where there is something to change."""
    return bool(set(content_words(message)) & _CHANGES)


def merged_goal(earlier: str, message: str, limit: int) -> str:
    """The earlier goal, a line break, and the message, in at most `limit` characters."""
    message = message.strip()
    kept = earlier[: max(0, limit - len(message) - 1)].rstrip()
    return f"{kept}\n{message}" if kept else message


def merged_settings(earlier: TaskSettings, now: TaskSettings, message: str) -> TaskSettings:
    """The settings sent now, with what the message names put first and what neither it nor they
    say taken from before."""
    changed: dict[str, object] = {
        field: getattr(earlier, field) for field in _LASTING if field not in now.model_fields_set
    }
    if (style := named_style(message)) is not None:
        changed["style"] = style
    if now.length_words is None and not named_length(message):
        changed["length_words"] = earlier.length_words
    return now.model_copy(update=changed)
