from __future__ import annotations

import threading
import uuid

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.test import Client
from ninja.errors import ValidationError

from autonomy.core.types import TaskSettings
from autonomy.models import Run, Source
from chat import services
from chat.answers import record_answer
from chat.models import Conversation, Message, MessageRole, Upload
from tests.autonomy.api.world import finish, make_run, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(owner=alice, title="One")


@pytest.mark.parametrize(
    ("status", "summary", "text"),
    [
        ("succeeded", "The essay is ready.", "The essay is ready."),
        ("succeeded", "", "Done."),
        ("cancelled", "", "Stopped. What was made until then is kept."),
        ("failed", "", "The run failed. What was made until then is kept."),
    ],
)
def test_a_finished_run_gets_one_answer_in_words(
    alice: User, conversation: Conversation, status: str, summary: str, text: str
) -> None:
    run = finish(make_run(alice, conversation), status, summary)
    first, second = record_answer(run), record_answer(run)
    assert first == second
    assert first is not None
    assert (first.text, first.role, first.created_at) == (text, "assistant", run.finished_at)


def test_a_failure_says_what_failed(alice: User, conversation: Conversation) -> None:
    run = finish(make_run(alice, conversation), "failed", "")
    run.error = "The provider refused the key."
    answer = record_answer(run)
    assert answer is not None
    assert answer.text == "The provider refused the key."


def test_an_answer_stands_in_the_conversation_with_its_citations(alice: User) -> None:
    world = make_world(alice)
    Run.objects.filter(pk=world.run.pk).update(journey="answer")
    world.run.refresh_from_db()
    answer = record_answer(finish(world.run))
    assert answer is not None
    assert "(Lee, 2020, p. 2)" in answer.text
    assert "On attention" in answer.text
    assert not answer.text.startswith("# ")


def test_an_answer_that_cannot_be_rendered_falls_back_to_what_the_run_said(alice: User) -> None:
    world = make_world(alice)
    Run.objects.filter(pk=world.run.pk).update(journey="answer")
    world.artifact.body = {"broken": True}
    world.artifact.save()
    world.run.refresh_from_db()
    answer = record_answer(finish(world.run, summary="It is ready."))
    assert answer is not None
    assert answer.text == "It is ready."


def test_there_is_no_answer_before_the_end_or_without_a_conversation(
    alice: User, conversation: Conversation
) -> None:
    assert record_answer(make_run(alice, conversation)) is None
    assert record_answer(finish(make_run(alice))) is None
    gone = finish(make_run(alice))
    gone.conversation_id = uuid.uuid4()
    assert record_answer(gone) is None


def test_the_database_lets_one_answer_in(alice: User, conversation: Conversation) -> None:
    run = finish(make_run(alice, conversation))
    record_answer(run)
    with pytest.raises(IntegrityError):
        Message.objects.create(
            conversation=conversation, role=MessageRole.ASSISTANT, run=run, text="Again"
        )


@pytest.mark.django_db(transaction=True)
def test_many_readers_at_once_make_one_answer(alice: User, conversation: Conversation) -> None:
    run = finish(make_run(alice, conversation))
    barrier = threading.Barrier(8)

    def read() -> None:
        try:
            barrier.wait(30)
            record_answer(run)
        finally:
            connection.close()

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert Message.objects.filter(run=run).count() == 1


def test_an_answer_stands_where_the_run_ended_not_where_it_was_read(
    alice: User, conversation: Conversation
) -> None:
    run = finish(make_run(alice, conversation))
    Message.objects.create(conversation=conversation, role=MessageRole.USER, text="Later")
    services.record_answers(conversation)
    assert [m.role for m in conversation.messages.order_by("created_at")] == ["assistant", "user"]
    assert conversation.messages.filter(run=run).exists()


def test_a_message_its_files_and_its_run_are_stored_together_or_not_at_all(alice: User) -> None:
    world = make_world(alice)
    before = (Conversation.objects.count(), Message.objects.count(), Run.objects.count())
    with pytest.raises(ValidationError):
        services.send_message(alice, "Write", file_ids=[world.file.pk, uuid.uuid4()])
    after = (Conversation.objects.count(), Message.objects.count(), Run.objects.count())
    assert after == before
    sent = services.send_message(alice, "Write about it", file_ids=[world.file.pk])
    assert Upload.objects.get(conversation=sent.conversation).source_id == world.file.pk
    assert sent.run.conversation_id == sent.conversation.pk


def test_the_same_file_twice_is_attached_once(alice: User) -> None:
    world = make_world(alice)
    ids = [world.file.pk, world.file.pk]
    sent = services.send_message(alice, "Write", conversation=world.conversation, file_ids=ids)
    assert world.conversation.uploads.count() == 1
    assert sent.run.task["source_ids"] == [str(world.file.pk)]


def test_a_change_goes_on_from_what_was_asked_before(alice: User) -> None:
    first = services.send_message(
        alice,
        "Write a report on street trees",
        settings=TaskSettings(length_words=600, style="apa"),
    )
    second = services.send_message(
        alice,
        " Now in MLA ",
        conversation=first.conversation,
        settings=TaskSettings(style="apa"),
    )
    assert second.message.text == "Now in MLA"
    assert second.run.task["goal"] == "Write a report on street trees\nNow in MLA"
    assert second.run.journey == "write"
    assert second.run.task["settings"]["style"] == "mla"
    assert second.run.task["settings"]["length_words"] == 600
    third = services.send_message(alice, "make it 300 words", conversation=first.conversation)
    assert third.run.task["goal"].splitlines() == [
        "Write a report on street trees",
        "Now in MLA",
        "make it 300 words",
    ]
    assert third.run.task["settings"]["length_words"] is None


def test_a_change_keeps_the_journey_and_the_files_of_before(alice: User) -> None:
    world = make_world(alice)
    other = make_world(alice).file
    services.attach(world.conversation, [other.pk])
    asked = services.send_message(
        alice, "What is attention?", conversation=world.conversation, file_ids=[world.file.pk]
    )
    assert asked.choice.journey == "answer"
    changed = services.send_message(alice, "shorter please", conversation=world.conversation)
    assert changed.choice.journey == "answer"
    assert changed.run.task["source_ids"] == [str(world.file.pk)]


def test_a_new_topic_forgets_the_earlier_one(alice: User) -> None:
    first = services.send_message(alice, "Write a report on street trees")
    second = services.send_message(
        alice, "Write an essay on tidal marshes", conversation=first.conversation
    )
    assert second.run.task["goal"] == "Write an essay on tidal marshes"


@pytest.mark.parametrize("text", ["ok", "shorter", "great"])
def test_a_message_that_asks_for_nothing_starts_nothing(alice: User, text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        services.send_message(alice, text)
    assert "written or answered" in str(refused.value.errors)
    assert not Run.objects.exists()


def test_an_ok_starts_nothing_where_something_was_asked_before_either(alice: User) -> None:
    first = services.send_message(alice, "Write a report on street trees")
    with pytest.raises(ValidationError):
        services.send_message(alice, "ok", conversation=first.conversation)
    assert (Run.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.parametrize("text", ["thanks!", "Hello", "what can you do?", "Who are you?"])
def test_small_talk_is_a_run_of_its_own_that_later_changes_pass_over(
    alice: User, text: str
) -> None:
    first = services.send_message(alice, "Write a report on street trees")
    talk = services.send_message(alice, text, conversation=first.conversation)
    changed = services.send_message(alice, "make it 300 words", conversation=first.conversation)

    assert talk.run.journey == "answer"
    assert talk.run.task["goal"] == text
    assert changed.run.journey == "write"
    assert "street trees" in changed.run.task["goal"]
    assert text not in changed.run.task["goal"]


def test_a_greeting_with_files_is_answered_and_the_files_stay(alice: User) -> None:
    file = make_world(alice).file
    talk = services.send_message(alice, "hi", file_ids=[file.pk])
    assert talk.run.journey == "answer"
    assert talk.run.task["source_ids"] == [str(file.pk)]

    asked = services.send_message(
        alice, "Write an essay on tidal marshes", conversation=talk.conversation
    )
    assert asked.run.task["goal"] == "Write an essay on tidal marshes"
    assert asked.run.task["source_ids"] == [str(file.pk)]


def test_a_bare_topic_is_enough_where_the_journey_was_chosen(alice: User) -> None:
    sent = services.send_message(alice, "Photosynthesis", journey="write")
    assert sent.run.task["goal"] == "Photosynthesis"


def test_files_that_cannot_be_read_are_not_traded_for_the_library(alice: User) -> None:
    world = make_world(alice)
    Source.objects.filter(pk=world.file.pk).update(status="failed", error="It has no text.")
    make_world(alice)
    sent = services.send_message(alice, "Write a report on trees", file_ids=[world.file.pk])
    assert sent.run.task["source_ids"] == [str(world.file.pk)]


def test_a_conversation_takes_the_name_of_its_document(alice: User) -> None:
    world = make_world(alice)
    Conversation.objects.filter(pk=world.conversation.pk).update(title="An essay on attention")
    world.artifact.title = "Attention, a review"
    world.artifact.save()
    finish(world.run)
    for _ in range(2):
        record_answer(world.run)
        world.conversation.refresh_from_db()
        assert world.conversation.title == "Attention, a review"


def test_a_conversation_that_was_renamed_keeps_its_name(alice: User) -> None:
    world = make_world(alice)
    Conversation.objects.filter(pk=world.conversation.pk).update(title="For Monday")
    record_answer(finish(world.run))
    world.conversation.refresh_from_db()
    assert world.conversation.title == "For Monday"


def test_a_reply_to_small_talk_is_no_document_to_list_or_download(
    alice: User, client: Client
) -> None:
    world = make_world(alice)
    Run.objects.filter(pk=world.run.pk).update(journey="answer")
    client.force_login(alice)
    artifacts = f"/api/v2/runs/{world.run.pk}/artifacts"
    assert len(client.get(artifacts).json()["items"]) == 1
    reply = {"id": "write-reply", "heading": "", "markdown": "You are welcome."}
    world.artifact.body = {"title": "Thanks!", "sections": [reply]}
    world.artifact.save()
    world.run.refresh_from_db()

    answer = record_answer(finish(world.run))

    assert answer is not None
    assert answer.text == "You are welcome."
    assert services.documents_of([world.run.pk]) == {}
    assert client.get(artifacts).json()["items"] == []
    assert client.get(f"/api/v2/runs/{world.run.pk}").json()["artifact_id"] is None


def test_a_message_brings_its_conversation_to_the_top(alice: User) -> None:
    old = Conversation.objects.create(owner=alice, title="old")
    Conversation.objects.create(owner=alice, title="new")
    services.send_message(alice, "Why so?", conversation=old)
    newest = services.conversations_of(alice).order_by("-updated_at")[0]
    assert newest == old


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Short", "Short"),
        ("\n\n  First line \nsecond", "First line"),
        ("word " * 40, "word " * 15 + "word…"),
    ],
)
def test_a_title_is_the_first_line_cut_between_words(text: str, title: str) -> None:
    assert services.title_for(text) == title
