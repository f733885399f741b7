"""A conversation is deleted while something else happens to it: both are carried out, in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client

from autonomy.models import Run
from autonomy.services import Conflict, NotFound
from chat import services
from chat.models import Conversation, Message, MessageRole
from tests.autonomy.api.world import finish, make_run
from tests.locks import waits_for_a_lock
from tests.stack_process import eventually

pytestmark = pytest.mark.django_db(transaction=True)

WAIT_SECONDS = 60


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(owner=alice, title="One")


class Aside:
    """`work` in a thread and a connection of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: Exception | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._work()
        except Exception as error:  # noqa: BLE001 - told to the test
            self.error = error
        finally:
            connection.close()

    def waits(self) -> bool:
        """Whether it has come to a lock that another transaction holds; False once it has ended."""
        eventually(lambda: waits_for_a_lock() or not self._thread.is_alive())
        return self._thread.is_alive()

    def end(self) -> Any:
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error
        return self.result


def test_a_deletion_waits_for_the_answer_that_is_being_written(
    alice: User, conversation: Conversation
) -> None:
    run = finish(make_run(alice, conversation))
    with transaction.atomic():
        assert services.record_answer(run) is not None
        deletion = Aside(lambda: services.delete_conversation(conversation))
        assert deletion.waits()
    deletion.end()
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()


def test_an_answer_that_comes_after_the_deletion_is_not_written(
    alice: User, conversation: Conversation
) -> None:
    run = finish(make_run(alice, conversation))
    with transaction.atomic():
        services.delete_conversation(conversation)
        answer = Aside(lambda: services.record_answer(run))
        assert answer.waits()
    assert answer.end() is None
    assert not Message.objects.exists()


def test_a_message_that_comes_after_the_deletion_is_refused_and_starts_nothing(
    alice: User, conversation: Conversation
) -> None:
    with transaction.atomic():
        services.delete_conversation(conversation)
        message = Aside(
            lambda: services.send_message(alice, "What is shade?", conversation=conversation)
        )
        assert message.waits()
    with pytest.raises(NotFound, match="has been deleted"):
        message.end()
    assert not Run.objects.exists()


def test_a_run_that_ends_by_itself_does_not_stop_the_deletion(
    alice: User,
    alice_client: Client,
    conversation: Conversation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It ends between the look at what runs and the stopping of it."""
    run = make_run(alice, conversation)
    Message.objects.create(conversation=conversation, role=MessageRole.USER, text="Hi", run=run)
    stop, refusals = services.services.cancel, []

    def late(found: Run) -> None:
        finish(Run.objects.get(pk=found.pk))
        try:
            stop(found)
        except Conflict as error:
            refusals.append(error)
            raise

    monkeypatch.setattr(services.services, "cancel", late)
    answer = alice_client.delete(f"/api/conversations/{conversation.pk}")
    assert len(refusals) == 1
    assert answer.status_code == 204
    assert not Conversation.objects.exists()
    run.refresh_from_db()
    assert run.status == "succeeded"


def test_deleting_twice_changes_nothing(conversation: Conversation) -> None:
    again = Conversation.objects.get()
    services.delete_conversation(conversation)
    services.delete_conversation(again)
    assert not Conversation.objects.exists()
