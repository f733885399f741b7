"""The one door in."""

from __future__ import annotations

import errno
import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from langgraph.runtime import RunControl

from autonomy import services
from autonomy.core.types import (
    PLAN_APPROVAL,
    Budget,
    CycleStatus,
    FileStatus,
    RunStatus,
    TaskSettings,
    TaskSpec,
)
from autonomy.models import Artifact, Checkpoint, Episode, Job, Resume, Run, Source, TurnitinCycle
from autonomy.runtime import couriers, queue, segment_ends
from autonomy.runtime.db import close_pool
from autonomy.runtime.fence import Fence
from autonomy.runtime.runner import Runner
from autonomy.services.files import safe_name
from autonomy.services.health import _client as redis_client
from tests.autonomy.runtime.conftest import run_async
from tests.autonomy.runtime.graphs import line
from tests.patience import patience
from tests.stack_process import eventually

SPEC = TaskSpec(
    goal="Compare two papers\nin depth",
    journey="write",
    settings=TaskSettings(budget=Budget(tokens=1000, seconds=60, usd=1.5)),
)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Doorbells that would have been rung."""
    sent: list[Any] = []
    monkeypatch.setattr(couriers._doorbell, "send", sent.append)
    monkeypatch.setattr(couriers._hints, "send", lambda message: None)
    return sent


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Path]:
    """Uploads go to a folder of the test's own."""
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield tmp_path


@pytest.fixture
def alice_run(alice: User, rung: list[Any]) -> Run:
    return services.start_run(alice, SPEC)


def running(run: Run) -> Run:
    """As a worker without a lock would have it."""
    claim = queue.claim(1)
    assert claim is not None
    run.refresh_from_db()
    return run


# ------------------------------------------------------------------------------------- starting


@pytest.mark.django_db(transaction=True)
def test_a_run_is_stored_with_its_job_and_event_and_then_rung_for(
    alice: User, rung: list[Any]
) -> None:
    run = services.start_run(alice, SPEC)
    assert run.status == RunStatus.QUEUED
    assert run.title == "Compare two papers"
    assert (run.tokens_limit, run.seconds_limit, run.usd_limit) == (1000, 60, Decimal("1.5"))
    assert Job.objects.get().run == run
    first = services.events_after(run.pk, 0)
    assert [(event.seq, event.type) for event in first] == [(1, "run.started")]
    assert rung == [("autonomy.tasks.drive", str(run.pk))]


@pytest.mark.django_db(transaction=True)
def test_one_idempotency_key_is_one_run_even_when_asked_eight_times_at_once(
    alice: User, bob: User, rung: list[Any]
) -> None:
    def ask(_: int) -> Run:
        try:
            return services.start_run(alice, SPEC, idempotency_key="once")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(ask, range(8)))
    assert len({run.pk for run in runs}) == 1
    assert Job.objects.count() == 1
    assert Episode.objects.count() == 1
    assert services.start_run(bob, SPEC, idempotency_key="once").pk != runs[0].pk


@pytest.mark.django_db(transaction=True)
def test_starting_does_not_wait_for_a_broker_that_is_away(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = "redis+socket:///nonexistent/redis.sock"
    app = couriers.current_app
    monkeypatch.setattr(app.conf, "broker_url", away)
    # Connections made meanwhile are forgotten with the test: they lead nowhere.
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    began = time.monotonic()
    run = services.start_run(alice, SPEC)
    assert time.monotonic() - began < patience(0.5)
    assert Run.objects.get(pk=run.pk).status == RunStatus.QUEUED
    assert eventually(lambda: couriers._doorbell.waiting() == 0), "it has been tried"


# ------------------------------------------------------------------------------------- controls


@pytest.mark.django_db
def test_a_queued_run_pauses_and_resumes(alice_run: Run) -> None:
    services.pause(alice_run)
    alice_run.refresh_from_db()
    assert alice_run.status == RunStatus.PAUSED
    assert not Job.objects.exists()
    services.pause(alice_run)
    services.resume(alice_run)
    services.resume(alice_run)
    alice_run.refresh_from_db()
    assert alice_run.status == RunStatus.QUEUED
    assert Job.objects.count() == 1
    types = Episode.objects.order_by("seq").values_list("type", flat=True)
    assert list(types) == ["run.started", "run.paused", "run.resumed"]


@pytest.mark.django_db
def test_a_running_run_is_asked_to_pause_and_the_wish_can_be_taken_back(alice_run: Run) -> None:
    services.pause(running(alice_run))
    alice_run.refresh_from_db()
    assert (alice_run.status, alice_run.requested) == (RunStatus.RUNNING, "pause")
    services.resume(alice_run)
    alice_run.refresh_from_db()
    assert (alice_run.status, alice_run.requested) == (RunStatus.RUNNING, "")


@pytest.mark.django_db
def test_a_cancelled_run_stays_cancelled_and_can_be_requeued(alice_run: Run) -> None:
    services.cancel(running(alice_run))
    services.cancel(alice_run)
    alice_run.refresh_from_db()
    assert alice_run.status == RunStatus.CANCELLED
    assert alice_run.owner_lock is None
    for control in (services.pause, services.resume):
        with pytest.raises(services.Conflict) as refused:
            control(alice_run)
        assert refused.value.code == "run_cancelled"
    services.requeue(alice_run)
    alice_run.refresh_from_db()
    assert (alice_run.status, alice_run.finished_at) == (RunStatus.QUEUED, None)


@pytest.mark.django_db
def test_a_budget_can_be_raised_while_the_run_lives(alice_run: Run) -> None:
    services.set_budget(alice_run, tokens=5000, usd=2.25)
    alice_run.refresh_from_db()
    assert alice_run.tokens_limit == 5000
    assert alice_run.seconds_limit == 60
    assert alice_run.usd_limit == Decimal("2.25")
    assert Episode.objects.filter(type="budget").count() == 1
    services.cancel(alice_run)
    with pytest.raises(services.Conflict):
        services.set_budget(alice_run, tokens=1)


@pytest.mark.django_db
def test_an_interrupt_is_answered_once(alice_run: Run) -> None:
    fence = Fence(str(alice_run.pk), 1)
    running(alice_run)
    segment_ends.wait_for_human(fence, [("i1", {"kind": "approve_plan"})])
    assert services.snapshot(alice_run)["waiting_for"] == {
        "interrupt_id": "i1",
        "kind": "approve_plan",
    }
    with pytest.raises(services.Conflict):
        services.answer_interrupt(alice_run, "other", {"ok": True})
    services.answer_interrupt(alice_run, "i1", {"ok": True})
    services.answer_interrupt(alice_run, "i1", {"ok": True})
    with pytest.raises(services.Conflict):
        services.answer_interrupt(alice_run, "i1", {"ok": False})
    alice_run.refresh_from_db()
    assert alice_run.status == RunStatus.QUEUED
    assert Resume.objects.get().value == {"ok": True}


@pytest.mark.django_db
def test_resuming_agrees_to_a_plan_that_waits_for_approval(alice_run: Run) -> None:
    running(alice_run)
    asked = {"kind": PLAN_APPROVAL, "plan_version": 1}
    segment_ends.wait_for_human(Fence(str(alice_run.pk), 1), [("i1", asked)])
    services.resume(alice_run)
    services.resume(alice_run)
    alice_run.refresh_from_db()
    assert (alice_run.status, alice_run.waiting_for) == (RunStatus.QUEUED, None)
    assert Resume.objects.get().value == {"approved": True}


@pytest.fixture
def threads(transactional_db: None) -> Iterator[None]:
    yield
    close_pool()


@pytest.mark.usefixtures("threads")
def test_a_fork_goes_on_from_an_earlier_step(alice: User, rung: list[Any]) -> None:
    run = services.start_run(alice, SPEC)
    claim = queue.claim(1)
    assert claim is not None
    run_async(Runner(line(4)).drive(claim, RunControl()))
    rows = Checkpoint.objects.filter(thread_id=str(run.pk)).order_by("checkpoint_id")
    middle = next(row for row in rows if row.checkpoint["channel_values"].get("loops") == 2)

    forked = services.fork(run, middle.checkpoint_id)
    assert (forked.parent, forked.status) == (run, RunStatus.QUEUED)
    claim = queue.claim(1)
    assert claim is not None
    run_async(Runner(line(4)).drive(claim, RunControl()))
    forked.refresh_from_db()
    assert forked.status == RunStatus.SUCCEEDED
    said = [event.content for event in services.events_after(forked.pk, 0)]
    assert [text for text in said if text and text.startswith("done")] == ["done 2", "done 3"]
    with pytest.raises(services.NotFound):
        services.fork(run, "no such checkpoint")


# ------------------------------------------------------------------------------------- reports


@pytest.fixture
def cycle(alice_run: Run) -> TurnitinCycle:
    running(alice_run)
    draft = Artifact.objects.create(run=alice_run, kind="document", version=1, sha256="x", body={})
    return TurnitinCycle.objects.create(
        run=alice_run, number=1, artifact=draft, target_similarity=15
    )


@pytest.mark.django_db
def test_a_report_that_comes_before_the_pause_is_not_lost(
    alice_run: Run, cycle: TurnitinCycle
) -> None:
    services.submit_report(alice_run, cycle_id=cycle.pk, observed_similarity=9.5)
    alice_run.refresh_from_db()
    assert alice_run.status == RunStatus.RUNNING
    asked = {"kind": "similarity_report", "cycle_id": str(cycle.pk)}
    segment_ends.wait_for_human(Fence(str(alice_run.pk), 1), [("i1", asked)])
    alice_run.refresh_from_db()
    assert alice_run.status == RunStatus.QUEUED
    assert Resume.objects.get(interrupt_id="i1").value["observed_similarity"] == 9.5


@pytest.mark.django_db
def test_a_report_with_a_file_is_kept_once(
    alice_run: Run, cycle: TurnitinCycle, storage: Path
) -> None:
    def submit(content: bytes, similarity: float) -> None:
        services.submit_report(
            alice_run,
            cycle_id=cycle.pk,
            observed_similarity=similarity,
            report_file=SimpleUploadedFile("r.pdf", content),
        )

    submit(b"report", 12)
    submit(b"report", 12)
    for content, similarity in ((b"another", 12), (b"report", 13)):
        with pytest.raises(services.Conflict):
            submit(content, similarity)
    cycle.refresh_from_db()
    assert cycle.status == CycleStatus.REPORT_READY
    assert cycle.report_file_name == "r.pdf"
    assert [path.read_bytes() for path in storage.rglob("*") if path.is_file()] == [b"report"]


@pytest.mark.django_db
def test_a_report_for_another_cycle_is_refused(
    alice_run: Run, cycle: TurnitinCycle, bob: User
) -> None:
    other = services.start_run(bob, SPEC)
    with pytest.raises(services.NotFound):
        services.submit_report(other, cycle_id=cycle.pk, observed_similarity=1)
    services.cancel(alice_run)
    with pytest.raises(services.Conflict):
        services.submit_report(alice_run, cycle_id=cycle.pk, observed_similarity=1)


# ------------------------------------------------------------------------------------- files


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_are_one_source_per_owner(
    alice: User, bob: User, rung: list[Any], storage: Path
) -> None:
    first = services.add_file(alice, "a.pdf", [b"one ", b"two"], "application/pdf")
    again = services.add_file(alice, "b.pdf", [b"one two"])
    of_bob = services.add_file(bob, "c.pdf", [b"one two"])
    assert first.pk == again.pk != of_bob.pk
    assert first.size_bytes == 7
    assert [path.read_bytes() for path in storage.rglob("*") if path.is_file()] == [b"one two"]
    assert ("autonomy.tasks.ingest", str(first.pk)) in rung

    services.delete_file(first)
    assert default_storage.exists(of_bob.file)
    services.delete_file(of_bob)
    assert not default_storage.exists(of_bob.file)


@pytest.mark.django_db
def test_a_file_that_failed_is_tried_again_when_it_is_added_again(
    alice: User, rung: list[Any]
) -> None:
    source = services.add_file(alice, "a.pdf", [b"x"])
    Source.objects.update(status=FileStatus.FAILED, error="no", claims_without_progress=3)
    again = services.add_file(alice, "a.pdf", [b"x"])
    assert again.pk == source.pk
    assert (again.status, again.error) == (FileStatus.QUEUED, "")
    assert again.claims_without_progress == 0


@pytest.mark.django_db
def test_files_without_bytes_or_with_too_many_are_refused(
    alice: User, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autonomy.services import storage as module

    small = settings.ENV.model_copy(update={"upload_max_bytes": 10})
    monkeypatch.setattr(module, "env", lambda: small)
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 4
            yield b"abcd"

    with pytest.raises(services.TooLarge):
        services.add_file(alice, "big", endless())
    assert read == 12
    with pytest.raises(services.Invalid) as refused:
        services.add_file(alice, "none", [])
    assert refused.value.code == "empty"
    assert not Source.objects.exists()
    assert not [path for path in storage.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_full_disk_is_said_and_leaves_nothing(
    alice: User, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autonomy.memory import storage as module

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(module.tempfile, "TemporaryFile", Full)
        with pytest.raises(services.Unavailable) as refused:
            services.add_file(alice, "a.pdf", [b"x"])
    assert refused.value.code == "storage"
    assert not Source.objects.exists()
    assert services.add_file(alice, "a.pdf", [b"x"]).status == FileStatus.QUEUED


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\thesis.docx", "thesis.docx"),
        ("a\x00b\r\n\u202efdp.exe", "abfdp.exe"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("Übung №1.pdf", "Übung №1.pdf"),
    ],
)
def test_names_are_made_safe(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


# ------------------------------------------------------------------------------------- the rest


@pytest.mark.django_db
def test_a_key_is_shown_once_and_only_its_digest_kept(alice: User) -> None:
    row, key = services.create_api_key(alice, "laptop")
    assert key.startswith("hw_")
    assert key not in (row.sha256, row.prefix)
    assert services.user_for_key(key) == alice
    assert services.user_for_key(key + "x") is None
    assert services.user_for_key("\ud800") is None
    alice.is_active = False
    alice.save()
    assert services.user_for_key(key) is None
    alice.is_active = True
    alice.save()
    services.revoke_api_key(row)
    assert services.user_for_key(key) is None


@pytest.mark.django_db(transaction=True)
def test_the_snapshot_is_one_consistent_read(alice_run: Run) -> None:
    shown = services.snapshot(alice_run)
    assert shown["status"] is RunStatus.QUEUED
    assert shown["as_of_seq"] == 1
    assert shown["queue_position"] == 1
    assert shown["worker_up"] is False
    assert shown["budgets"]["tokens_limit"] == 1000
    assert shown["task"]["goal"] == SPEC.goal
    alice_run.delete()
    with pytest.raises(services.NotFound):
        services.snapshot(alice_run)


@pytest.mark.django_db(transaction=True)
def test_health_answers_in_time_whatever_is_down(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis_client.cache_clear()
    expected = {"db": "ok", "redis": "ok", "worker": "down", "version": settings.VERSION}
    assert services.health() == expected
    monkeypatch.setattr(settings, "REDIS_URL", "unix:///nonexistent/redis.sock")
    redis_client.cache_clear()
    began = time.monotonic()
    assert services.health() == {**expected, "redis": "down"}
    assert time.monotonic() - began < patience(0.5)
    redis_client.cache_clear()


@pytest.mark.django_db
def test_a_document_is_exported_and_anything_else_refused(alice_run: Run) -> None:
    section = {"id": "1", "heading": "One", "markdown": "A sentence."}
    body = {"title": "Notes", "sections": [section]}
    row = Artifact(run=alice_run, kind="document", version=1, sha256="x", body=body)
    markdown = services.export_document(row, "md")
    assert markdown.file_name == "notes.md"
    assert b"A sentence." in markdown.data
    assert b"A sentence." in services.export_document(row, "html-fragment").data
    for wrong in (("exe", None), ("md", "no-such-style")):
        with pytest.raises(services.Invalid):
            services.export_document(row, *wrong)
    row.kind = "data"
    with pytest.raises(services.Invalid):
        services.export_document(row, "md")


@pytest.mark.django_db
def test_bytes_cut_off_by_a_crash_do_not_spoil_a_later_upload(alice: User, bob: User) -> None:
    first = services.add_file(alice, "a.txt", [b"whole text of the file"])
    with default_storage.open(first.file, "wb") as file:
        file.write(b"whole te")
    second = services.add_file(bob, "b.txt", [b"whole text of the file"])

    with default_storage.open(second.file, "rb") as file:
        assert file.read() == b"whole text of the file"
