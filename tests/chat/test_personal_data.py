"""Taking everything along, and leaving for good."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from langgraph.checkpoint.base import empty_checkpoint
from pydantic import SecretStr

from autonomy import services
from autonomy.core.types import RunStatus, TaskSpec
from autonomy.models import (
    Artifact,
    BudgetEntry,
    Check,
    CheckEvent,
    Checkpoint,
    Citation,
    Deletion,
    FlaggedPassage,
    ModelCall,
    Note,
    Notification,
    NotificationChoice,
    PassageChange,
    Quota,
    Run,
    RunMessage,
    RunSource,
    Source,
    TurnitinCycle,
    UsageDay,
)
from autonomy.runtime import removal
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from autonomy.runtime.upkeep import tidy
from autonomy.services import Wanted
from chat.models import Conversation, Message, Upload
from chat.personal import write_archive

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = {
    "title": "Rivers",
    "style": "harvard",
    "language": "en",
    "blocks": [],
}


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Path]:
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield tmp_path


def furnish(user: User, word: str) -> Run:
    """Give `user` something of every kind, all of it naming `word`."""
    source = services.add_file(user, f"{word}.txt", [f"All about {word}.".encode()])
    conversation = Conversation.objects.create(owner=user, title=word)
    Upload.objects.create(
        owner=user, conversation=conversation, source=source, file_name=source.file_name
    )
    spec = TaskSpec(goal=f"Write about {word}", journey="write")
    run = services.start_run(user, spec, conversation_id=conversation.pk)
    Message.objects.create(conversation=conversation, role="user", text=f"Tell me of {word}")
    Message.objects.create(
        conversation=conversation, role="assistant", text=f"Here is {word}", run=run
    )
    artifact = Artifact.objects.create(
        run=run, kind="document", version=1, title=word, sha256="0" * 64, body=DOCUMENT
    )
    Citation.objects.create(
        run=run, artifact=artifact, marker=1, claim=word, source=source, text=word, verdict="quoted"
    )
    RunSource.objects.create(run=run, source=source, query=word)
    cycle = TurnitinCycle.objects.create(run=run, number=1, artifact=artifact, target_similarity=15)
    check = Check.objects.create(cycle=cycle, title=word, note=word)
    CheckEvent.objects.create(subject=check, deed="asked", who=user)
    FlaggedPassage.objects.create(
        cycle=cycle, told_by="checker", ordinal=0, text=word, group="missing_citation"
    )
    NotificationChoice.objects.create(user=user)
    Notification.objects.create(owner=user, run=run, kind="done", cause=word, text=word)
    PassageChange.objects.create(
        cycle=cycle, ordinal=0, section_id="s", before=word, after="", remedy="cut", reason=word,
        told_by="checker", group="missing_citation", verdict="gone",
    )  # fmt: skip
    BudgetEntry.objects.create(run=run, key=word)
    for call_of in (run, None):  # for the run, and beside runs: a test, a title, a greeting
        ModelCall.objects.create(
            owner=user,
            run=call_of,
            key=f"task:{word}",
            role="writer",
            provider="openai",
            model="openai:m",
            outcome="answered",
            prompt=f"Write about {word} – “all”",
            reply=f"All about {word}.",
        )
    RunMessage.objects.create(run=run, number=1, author=user, text=f"More {word}")
    Note.objects.create(owner=user, run=run, kind="fact", text=word, sha256=word)
    Quota.objects.create(user=user, runs_per_day=7)
    UsageDay.objects.create(user=user, day="2026-01-02", runs=1)
    services.create_api_key(user, word)
    wanted = Wanted("openai", label=word, slug=word, api_key=SecretStr(f"sk-{word}"))
    services.create_tested(user, wanted)
    services.choose_models(user, "user", {"writer": f"{word}:m"})
    config: Any = {"configurable": {"thread_id": str(run.pk), "checkpoint_ns": ""}}
    DjangoCheckpointSaver().put(config, empty_checkpoint(), {}, {})
    return run


def archive_of(user: User) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    file = io.BytesIO()
    write_archive(user, file)
    archive = zipfile.ZipFile(file)
    return archive, json.loads(archive.read("manifest.json"))


def test_the_archive_holds_everything_and_nothing_of_others(alice: User, bob: User) -> None:
    run, others = furnish(alice, "rivers"), furnish(bob, "mountains")

    archive, manifest = archive_of(alice)

    names = set(archive.namelist())
    source = Source.objects.get(owner=alice)
    folder = f"runs/{run.pk}"
    assert {
        "README.txt",
        "account.json",
        "library/sources.json",
        f"library/files/{source.pk}/rivers.txt",
        f"{folder}/run.json",
        f"{folder}/events.jsonl",
        f"{folder}/model_calls.jsonl",
        f"{folder}/document.json",
        "model_calls.jsonl",
        "notes.json",
        "api_keys.json",
        "usage.json",
        "quota.json",
        "models.json",
    } <= names
    assert archive.read(f"library/files/{source.pk}/rivers.txt") == b"All about rivers."
    about = json.loads(archive.read(f"{folder}/run.json"))
    assert about["task"]["goal"] == "Write about rivers"
    assert [m["text"] for m in about["messages"]] == ["More rivers"]
    assert len(about["citations"]) == len(about["sources"]) == len(about["costs"]) == 1
    models = json.loads(archive.read("models.json"))
    assert models["choices"] == {"writer": "rivers:m"}
    (connection,) = models["connections"]
    assert (connection["slug"], connection["has_key"]) == ("rivers", True)
    assert "secret" not in connection
    events = [json.loads(line) for line in archive.read(f"{folder}/events.jsonl").splitlines()]
    assert [event["type"] for event in events] == ["run.started"]
    for of in ("model_calls.jsonl", f"{folder}/model_calls.jsonl"):
        (call,) = (json.loads(line) for line in archive.read(of).splitlines())
        assert call["prompt"] == "Write about rivers – “all”"
        assert (call["reply"], call["model"]) == ("All about rivers.", "openai:m")
        assert not {"owner_id", "run_id"} & set(call)
    said = [archive.read(name) for name in names if name.endswith("conversation.md")]
    assert b"Tell me of rivers" in b"".join(said)
    everything = b"\n".join(archive.read(name) for name in names)
    assert b"mountains" not in everything
    assert str(others.pk).encode() not in everything
    assert bob.email.encode() not in everything
    for entry in manifest["entries"]:
        assert hashlib.sha256(archive.read(entry["name"])).hexdigest() == entry["sha256"]
    assert names == {entry["name"] for entry in manifest["entries"]} | {"manifest.json"}


def test_no_secret_travels_in_the_archive(alice: User) -> None:
    furnish(alice, "rivers")
    key = alice.api_keys.get()
    archive, _ = archive_of(alice)
    everything = b"\n".join(archive.read(name) for name in archive.namelist())
    assert key.sha256.encode() not in everything
    assert b"sk-rivers" not in everything
    assert bytes(alice.model_connections.get().secret or b"") not in everything
    assert alice.password.encode() not in everything


def test_every_table_of_a_person_is_in_the_archive_or_left_out_on_purpose() -> None:
    reached = {
        "ApiKey", "UsageDay", "Quota", "Note", "Source", "Run", "Conversation", "Message",
        "Upload", "Artifact", "Citation", "RunSource", "RunMessage", "Resume", "BudgetEntry",
        "TurnitinCycle", "Episode", "ModelConnection", "ModelPreference", "ModelCall",
        "CitationStyle", "DocumentVersion", "FlaggedPassage", "PassageChange", "Notification",
        "NotificationChoice", "Check", "CheckEvent", "RewriteChange", "Tool", "ToolVersion",
        "ToolRecording", "ToolSecret",
    }  # fmt: skip
    ours = {
        "Passage", "PassageVector", "Posting",  # cut from the files, which are there
        "Effect", "Job", "QueueUser", "SimilarityCheck",  # how the work was done; can be had again
        "IdempotencyKey", "Deletion",  # kept for a day; kept while it lasts
        "EmbeddingSpace",  # the deployment's
    }  # fmt: skip
    personal = set()
    seen = {User}
    grown = True
    while grown:
        grown = False
        for model in apps.get_models():
            if model.__module__.split(".")[0] not in ("autonomy", "chat") or model in seen:
                continue
            if any(f.related_model in seen for f in model._meta.concrete_fields if f.is_relation):
                seen.add(model)
                personal.add(model.__name__)
                grown = True
    assert personal == reached | ours


def test_what_is_missing_is_said(alice: User) -> None:
    furnish(alice, "rivers")
    source = Source.objects.get(owner=alice)
    default_storage.delete(source.file)
    Artifact.objects.update(body={"title": 3})

    archive, manifest = archive_of(alice)

    problems = {entry["name"] for entry in manifest["entries"] if "problem" in entry}
    assert f"library/files/{source.pk}/rivers.txt.missing.txt" in problems
    assert any(name.endswith("document.docx.missing.txt") for name in problems)
    assert archive.testzip() is None


def test_hostile_file_names_stay_inside_the_folder(alice: User) -> None:
    services.add_file(alice, "notes.txt", [b"one"])
    services.add_file(alice, "b.txt", [b"two"])
    Source.objects.filter(owner=alice).update(file_name="..\\..\\CON: a/../?\x07.txt")

    archive, _ = archive_of(alice)

    for name in archive.namelist():
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert not set(name) & set('<>:"\\|?*\x07')
    assert len(archive.namelist()) == len(set(archive.namelist()))


def test_the_archive_comes_over_the_api_and_the_page(alice: User, alice_client: Client) -> None:
    furnish(alice, "rivers")
    for response in (
        alice_client.get("/api/v2/me/export"),
        alice_client.post(reverse("download_data")),
    ):
        assert response.status_code == 200
        assert response["Content-Type"] == "application/zip"
        content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        assert "account.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert Client().get("/api/v2/me/export").status_code == 401


def test_both_doors_to_the_archive_share_one_limit_and_leaving_has_its_own(
    alice: User, alice_client: Client
) -> None:
    User.objects.filter(pk=alice.pk).update(username="nobody counted yet")
    got = [alice_client.get("/api/v2/me/export").status_code for _ in range(5)]
    got += [alice_client.post(reverse("download_data")).status_code for _ in range(6)]
    assert got == [200] * 10 + [429]
    body = json.dumps({"email": alice.email, "password": "guess"})
    refused = alice_client.delete("/api/v2/me", data=body, content_type="application/json")
    assert refused.status_code == 422


def test_the_command_writes_a_file_and_overwrites_none(alice: User, tmp_path: Path) -> None:
    target = tmp_path / "alice.zip"
    call_command("export_user", alice.email, str(target))
    assert "account.json" in zipfile.ZipFile(target).namelist()
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_user", alice.email, str(target))


# ------------------------------------------------------------------ leaving


def rows_naming(needles: set[str]) -> list[str]:
    """Tables and columns of the whole database in which any of `needles` occurs."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            for (text,) in cursor.fetchall():
                found += [f"{table}: {needle}" for needle in needles if needle in text]
    return found


def test_nothing_of_a_removed_account_is_left_and_all_of_others(alice: User, bob: User) -> None:
    run = furnish(alice, "rivers")
    furnish(bob, "mountains")
    shared = services.add_file(bob, "shared.txt", [b"All about rivers."])
    of_bob = {name: model_count(name, bob) for name in ("Run", "Source", "Conversation")}
    client = Client()
    client.force_login(alice)
    LogEntry.objects.create(
        user=bob,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(alice.pk),
        object_repr=alice.email,
        action_flag=2,
    )
    ids = {str(run.pk), alice.email, "rivers", alice.username}

    removed = services.remove_account(alice)

    assert removed["runs"] == 1
    Source.objects.filter(pk=shared.pk).update(file_name="shared")
    assert rows_naming(ids) == []
    assert not Checkpoint.objects.filter(thread_id=str(run.pk)).exists()
    assert client.get("/settings/").status_code == 302
    assert {name: model_count(name, bob) for name in of_bob} == of_bob
    assert default_storage.exists(shared.file), "bytes that Bob uploaded too"
    assert Deletion.objects.get().user is None


def model_count(name: str, owner: User) -> int:
    model = {"Run": Run, "Source": Source, "Conversation": Conversation}[name]
    return int(model._default_manager.filter(owner=owner).count())


def test_a_removal_that_is_cut_short_is_completed_by_upkeep(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = furnish(alice, "rivers")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(removal, "_remove_stored", die)
        with pytest.raises(KeyboardInterrupt):
            services.remove_account(alice)

    alice.refresh_from_db()
    assert not alice.is_active
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert tidy().accounts == 1
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not default_storage.listdir("files")[1]
    assert tidy().accounts == 0


def test_an_address_and_a_password_are_asked_for(alice: User, alice_client: Client) -> None:
    alice.set_password("correct horse")
    alice.save()
    alice_client.force_login(alice)

    def ask(email: str, password: str) -> int:
        page = {"email": email, "password": password}
        return alice_client.post(reverse("remove_account"), page).status_code

    assert ask("bob@example.org", "correct horse") == 400
    assert ask(alice.email, "wrong") == 400
    assert User.objects.filter(pk=alice.pk, is_active=True).exists()
    assert ask(alice.email.upper(), "correct horse") == 302
    assert not User.objects.filter(pk=alice.pk).exists()


def test_a_key_alone_removes_nothing(alice: User) -> None:
    _, key = services.create_api_key(alice, "laptop")
    body = {"email": alice.email, "password": "guess"}
    response = Client().delete(
        "/api/v2/me",
        data=json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert response.status_code == 422
    assert response.json()["code"] == "wrong_password"
    assert User.objects.filter(pk=alice.pk, is_active=True).exists()


def test_the_last_administrator_stays_while_there_are_others(alice: User, staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    staff.refresh_from_db()
    with pytest.raises(services.Conflict, match="only administrator"):
        services.remove_account(staff)
    services.remove_account(alice)
    services.remove_account(staff)
    assert not User.objects.exists()


def test_the_command_asks_first(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("remove_user", alice.email)
    monkeypatch.setattr("builtins.input", lambda _: alice.email)
    call_command("remove_user", alice.email)
    assert not User.objects.exists()


def test_staff_may_remove_people_and_all_that_is_theirs_goes(
    alice: User, staff: User, staff_client: Client
) -> None:
    run = furnish(alice, "rivers")
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    page = reverse("admin:auth_user_delete", args=[alice.pk])

    assert "with all conversations" in staff_client.get(page).content.decode()
    assert staff_client.post(page, {"post": "yes"}).status_code == 302

    assert not User.objects.filter(pk=alice.pk).exists()
    assert not Checkpoint.objects.filter(thread_id=str(run.pk)).exists()
    told = staff_client.get(reverse("admin:autonomy_deletion_changelist")).content.decode()
    assert alice.email not in told
    tidy()
    assert staff_client.get(reverse("admin:autonomy_upkeep_changelist")).status_code == 200


def test_one_removal_that_fails_keeps_no_other(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = removal.begin(alice), removal.begin(bob)
    whole = removal.complete

    def fail_for_alice(deletion: Deletion) -> dict[str, int]:
        if deletion.pk == first.pk:
            raise ValueError
        return whole(deletion)

    monkeypatch.setattr(removal, "complete", fail_for_alice)
    assert tidy().accounts == 1
    second.refresh_from_db()
    assert second.finished_at is not None
    assert User.objects.get() == alice


def test_two_administrators_who_leave_at_once_leave_one(
    alice: User, staff: User, bob: User
) -> None:
    User.objects.filter(pk__in=[alice.pk, staff.pk]).update(is_superuser=True)
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def leave(pk: int) -> None:
        together.wait(30)
        try:
            services.remove_account(User.objects.get(pk=pk))
            outcomes.append("gone")
        except services.Conflict:
            outcomes.append("kept")
        connection.close()

    leaving = [threading.Thread(target=leave, args=(user.pk,)) for user in (alice, staff)]
    for thread in leaving:
        thread.start()
    for thread in leaving:
        thread.join(30)
    assert sorted(outcomes) == ["gone", "kept"]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1
