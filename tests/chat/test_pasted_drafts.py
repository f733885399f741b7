"""A draft that is pasted into the message becomes a file that is rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from autonomy.models import Run, Source
from chat.models import Message
from chat.pasted_drafts import pasted
from chat.services import send_message

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DRAFT = (
    "The the plots was counted every spring, and in order to see what had changed we compared them. "
) * 4


@pytest.mark.parametrize(
    ("message", "journey", "request_of", "file_name"),
    [
        (f"Proofread this:\n{DRAFT}", "auto", "Proofread this.", "Pasted draft.txt"),
        (
            f"Please improve my essay.\n\n{DRAFT}",
            "auto",
            "Please improve my essay.",
            "Pasted draft.txt",
        ),
        (
            f"Make it more concise\n\n# Plots\n\n{DRAFT}",
            "rewrite",
            "Make it more concise.",
            "Pasted draft.md",
        ),
        (DRAFT, "rewrite", "Improve my draft.", "Pasted draft.txt"),
    ],
)
def test_request_and_draft_are_told_apart(
    message: str, journey: str, request_of: str, file_name: str
) -> None:
    found = pasted(message, journey)
    assert found is not None
    assert (found.request, found.file_name) == (request_of, file_name)
    assert found.draft.endswith(DRAFT.strip())
    assert "roofread" not in found.draft


@pytest.mark.parametrize(
    ("message", "journey"),
    [
        (DRAFT, "auto"),
        (f"Write an essay on this:\n\n{DRAFT}", "auto"),
        (f"Proofread this:\n{DRAFT}", "write"),
        ("Improve my draft", "rewrite"),
        ("Improve my draft.\n\nIt is for Monday.", "rewrite"),
        ("", "rewrite"),
    ],
)
def test_other_messages_hold_no_draft(message: str, journey: str) -> None:
    assert pasted(message, journey) is None


@pytest.mark.django_db
def test_a_pasted_draft_is_rewritten_as_a_file_of_its_person(alice: User) -> None:
    message = f"Proofread this:\n\n{DRAFT}"
    sent = send_message(alice, message)

    source = Source.objects.get(owner=alice)
    run = Run.objects.get(pk=sent.run.pk)
    assert (run.journey, run.task["source_ids"]) == ("rewrite", [str(source.pk)])
    assert run.task["goal"] == "Proofread this."
    assert source.file_name == "Pasted draft.txt"
    assert Message.objects.get(run=run).text == message.strip()
    again = send_message(alice, message, conversation=sent.conversation)
    assert again.run.task["source_ids"] == [str(source.pk)]
    assert Source.objects.filter(owner=alice).count() == 1
