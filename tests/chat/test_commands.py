"""Commands of a conversation's socket that act on its runs."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from autonomy import services as runs
from autonomy.models import Run, RunMessage
from chat import services
from chat.commands import Refused, parse, perform

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice: User) -> Run:
    return services.send_message(alice, "Write about coral reefs").run


def say(user: User, run: Run, message: str, **more: Any) -> dict[str, Any]:
    frame = {"type": "run.message", "run_id": str(run.pk), "message": message, **more}
    assert run.conversation_id is not None
    return perform(user, run.conversation_id, parse(json.dumps(frame)))


def test_a_run_is_told_something_over_the_socket(alice: User, run: Run) -> None:
    reply = say(alice, run, "use APA", request_id="r")
    assert reply == {"run_id": str(run.pk), "number": 1, "taken": False}
    assert RunMessage.objects.get().text == "use APA"


def test_what_the_run_cannot_take_is_refused_in_words(alice: User, run: Run) -> None:
    with pytest.raises(Refused) as refused:
        say(alice, run, "  ")
    assert refused.value.code == "empty"
    runs.cancel(run)
    with pytest.raises(Refused) as refused:
        say(alice, run, "use APA")
    assert refused.value.code == "run_cancelled"


def test_a_stranger_s_run_or_one_of_another_conversation_does_not_exist(
    alice: User, bob: User, run: Run
) -> None:
    with pytest.raises(Refused) as refused:
        say(bob, run, "use APA")
    assert refused.value.code == "not_found"
    frame = {"type": "run.message", "run_id": str(run.pk), "message": "use APA"}
    with pytest.raises(Refused):
        perform(alice, uuid.uuid4(), parse(json.dumps(frame)))
    assert not RunMessage.objects.exists()
