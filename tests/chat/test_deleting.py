"""A conversation, or a file that is sent with a message, is deleted while something else happens to
it: both are carried out, in turn."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from autonomy.models import QueueUser, Run, Source
from autonomy.services import Conflict, NotFound, delete_file
from chat import services
from chat.models import Conversation, Message, MessageRole, Upload
from tests.autonomy.api.world import finish, make_run
from tests.locks import Aside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(owner=alice, title="One")


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


def test_a_message_is_sent_though_its_file_is_deleted_meanwhile(
    alice: User, conversation: Conversation
) -> None:
    file = Source.objects.create(owner=alice, file_name="ink.txt", status="ready")
    ids = [file.pk]
    with transaction.atomic():
        delete_file(file)
        message = Aside(
            lambda: services.send_message(
                alice, "What is shade?", conversation=conversation, file_ids=ids
            )
        )
        assert message.waits()
    assert message.end().run.pk == Run.objects.get().pk
    assert not Upload.objects.exists()


def test_a_deletion_that_stops_several_runs_is_in_nobodys_way(
    alice: User, conversation: Conversation
) -> None:
    """A worker that ends the last of them has the run and gets its owner's place."""
    for _ in range(2):
        services.send_message(alice, "What is shade?", conversation=conversation)
    last = Run.objects.filter(conversation_id=conversation.pk).last()
    assert last is not None
    with transaction.atomic():
        Run.objects.select_for_update(no_key=True).get(pk=last.pk)
        deletion = Aside(lambda: services.delete_conversation(conversation))
        assert deletion.waits()
        assert QueueUser.objects.select_for_update(nowait=True).get(user=alice)
    deletion.end()
    assert not Conversation.objects.exists()
    assert {run.status for run in Run.objects.all()} == {"cancelled"}


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
