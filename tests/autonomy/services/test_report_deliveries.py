"""Reports that come a hundred times, at once and out of order: each cycle takes one, and its run
wakes once."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings

from autonomy import services
from autonomy.core.types import CycleStatus, RunStatus
from autonomy.models import Episode, Job, Resume, Run, TurnitinCycle
from autonomy.runtime import queue, segment_ends
from tests.autonomy.runtime.conftest import claim, start
from tests.autonomy.runtime.graphs import asking
from tests.autonomy.runtime.test_runner import drive
from tests.autonomy.services.ride import gapless

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["claim", "start"]

DELIVERIES = 100
AT_ONCE = 8
BARRIER_SECONDS = 90
"""How long threads wait for each other on a machine with much else to do."""


@dataclass(frozen=True)
class Delivery:
    """One report on its way: from whom, in which form, saying what."""

    cycle: TurnitinCycle
    observed: float
    by_staff: bool = False
    file: bytes = b""

    def send(self, client: Client) -> tuple[int, str]:
        """Status and problem code of the answer."""
        address = f"/api/v2/turnitin/{self.cycle.run_id}/report"
        body: dict[str, Any] = {
            "cycle_id": str(self.cycle.pk),
            "observed_similarity": self.observed,
        }
        if self.file:
            form = {**body, "report": SimpleUploadedFile("report.json", self.file)}
            reply = client.post(address, form)
        else:
            reply = client.post(address, body, content_type="application/json")
        return reply.status_code, reply.json().get("code", "")


@pytest.fixture
def _own_storage(tmp_path: Path) -> Iterator[None]:
    """Uploads go to a folder of the test's own."""
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield


@pytest.fixture
def post(
    _own_storage: None, alice: User, staff: User
) -> Callable[[Sequence[Delivery], Callable[[], None] | None], Counter[tuple[int, str]]]:
    """Sends deliveries from several threads at once, meanwhile doing something else."""

    def send_all(
        deliveries: Sequence[Delivery], meanwhile: Callable[[], None] | None = None
    ) -> Counter[tuple[int, str]]:
        together = threading.Barrier(AT_ONCE + bool(meanwhile))

        def some(part: Sequence[Delivery]) -> list[tuple[int, str]]:
            clients = {}
            for person in (alice, staff):
                clients[person is staff] = Client()
                clients[person is staff].force_login(
                    person, backend="django.contrib.auth.backends.ModelBackend"
                )
            together.wait(timeout=BARRIER_SECONDS)
            try:
                return [d.send(clients[d.by_staff]) for d in part]
            finally:
                connection.close()

        def beside() -> list[tuple[int, str]]:
            together.wait(timeout=BARRIER_SECONDS)
            try:
                meanwhile()  # type: ignore[misc]
            finally:
                connection.close()
            return []

        with ThreadPoolExecutor(AT_ONCE + 1) as pool:
            parts = [pool.submit(some, deliveries[n::AT_ONCE]) for n in range(AT_ONCE)]
            parts += [pool.submit(beside)] if meanwhile else []
            return Counter(answer for part in parts for answer in part.result())

    return send_all  # type: ignore[return-value]


def mixed(cycle: TurnitinCycle, count: int = DELIVERIES, seed: int = 7) -> list[Delivery]:
    """One report again and again, as JSON and as a file, and some that say otherwise."""
    rng = random.Random(seed)
    kinds = [
        Delivery(cycle, 38.0),
        Delivery(cycle, 38.0, by_staff=True),
        Delivery(cycle, 38.0, file=b'{"similarity": 38}'),
        Delivery(cycle, 38.0, by_staff=True, file=b'{"similarity": 38}'),
        Delivery(cycle, 12.0),
    ]
    return [rng.choice(kinds) for _ in range(count)]


def waiting(run: Run, claim: Callable[[], Any]) -> TurnitinCycle:
    """The run driven to its pause, and its cycle."""
    drive(claim(), asking)
    run.refresh_from_db()
    assert run.status == RunStatus.WAITING_HUMAN
    return run.turnitin_cycles.get()


def woken(run: Run) -> int:
    return Episode.objects.filter(run=run, type="run.resumed").count()


def taken_once(cycle: TurnitinCycle) -> None:
    """One answer, one wake-up, one place in line; the log without a gap."""
    cycle.refresh_from_db()
    run = cycle.run
    assert cycle.status == CycleStatus.REPORT_READY
    (answer,) = Resume.objects.filter(run=run, interrupt_id=cycle.interrupt_id)
    assert answer.value["observed_similarity"] == cycle.observed_similarity
    assert woken(run) == 1
    assert Job.objects.filter(run=run).count() == 1
    gapless(run)


def only(answers: Counter[tuple[int, str]], *allowed: tuple[int, str]) -> None:
    assert set(answers) <= set(allowed), answers


def test_a_hundred_reports_for_a_run_that_waits_wake_it_once(
    start: Callable[..., Run], claim: Callable[[], Any], post: Any
) -> None:
    cycle = waiting(start(), claim)

    answers = post(mixed(cycle))

    only(answers, (200, ""), (409, "already_reported"))
    assert answers[200, ""] >= 1
    taken_once(cycle)
    drive(claim(), asking)
    cycle.refresh_from_db()
    run = Run.objects.get(pk=cycle.run_id)
    assert cycle.observed_similarity is not None
    near = cycle.observed_similarity <= cycle.target_similarity  # whoever came first is believed
    assert (cycle.status, run.status) == ("accepted" if near else "rejected", "succeeded")


def test_reports_that_come_while_the_run_reaches_its_pause_wake_it_once(
    start: Callable[..., Run], post: Any
) -> None:
    for seed in range(4):
        run = start()
        Job.objects.exclude(run=run).delete()
        taken = queue.claim(1)
        assert taken is not None
        draft = run.artifacts.create(kind="document", version=1, sha256="x", body={})
        cycle = run.turnitin_cycles.create(number=1, artifact=draft, target_similarity=15)
        asked = {"kind": "similarity_report", "cycle_id": str(cycle.pk)}
        before = mixed(cycle, 3, seed)
        if seed % 2:
            only(post(before), (200, ""), (409, "already_reported"))

        answers = post(
            mixed(cycle, DELIVERIES // 4, seed),
            partial(segment_ends.wait_for_human, taken.fence, [(f"i{seed}", asked)]),
        )

        only(answers, (200, ""), (409, "already_reported"))
        taken_once(cycle)


def test_reports_for_an_older_cycle_leave_the_open_one_alone(
    start: Callable[..., Run], claim: Callable[[], Any], post: Any
) -> None:
    run = start()
    older = waiting(run, claim)
    services.submit_report(run, cycle_id=older.pk, observed_similarity=38.0)
    older.refresh_from_db()
    TurnitinCycle.objects.filter(pk=older.pk).update(
        status=CycleStatus.REJECTED, closed_at=older.reported_at
    )
    Job.objects.filter(run=run).delete()
    Run.objects.filter(pk=run.pk).update(status=RunStatus.WAITING_HUMAN)
    newer = run.turnitin_cycles.create(
        number=2, artifact=older.artifact, target_similarity=15, interrupt_id="second"
    )

    late = [replace(d, cycle=older) for d in mixed(older, DELIVERIES // 2)]
    only(post(late), (200, ""), (409, "already_reported"))
    newer.refresh_from_db()
    assert newer.status == CycleStatus.AWAITING_REPORT
    assert woken(run) == 1

    burst = late + mixed(newer, DELIVERIES // 2)
    random.Random(3).shuffle(burst)
    only(post(burst), (200, ""), (409, "already_reported"))
    newer.refresh_from_db()
    older.refresh_from_db()
    assert (newer.status, older.status) == ("report_ready", "rejected")
    assert older.observed_similarity == 38.0
    assert woken(run) == 2
    assert Resume.objects.filter(run=run, interrupt_id="second").count() == 1
    assert Job.objects.filter(run=run).count() == 1


def test_reports_and_a_cancel_at_once_leave_one_ending_or_one_report(
    start: Callable[..., Run], claim: Callable[[], Any], post: Any
) -> None:
    for seed in range(2):
        run = start()
        Job.objects.exclude(run=run).delete()
        cycle = waiting(run, claim)

        answers = post(mixed(cycle, 24, seed), partial(services.cancel, run))

        only(answers, (200, ""), (409, "already_reported"), (409, "run_cancelled"))
        cycle.refresh_from_db()
        assert cycle.status == CycleStatus.CLOSED
        assert (cycle.reported_at is None) == (answers[200, ""] == 0)
        gapless(run)
        # What was said after the end changes nothing either.
        was = (cycle.reported_at, woken(run))
        only(post(mixed(cycle, 16)), (200, ""), (409, "already_reported"), (409, "run_cancelled"))
        cycle.refresh_from_db()
        assert (cycle.reported_at, woken(run)) == was


def test_a_run_that_is_tried_again_waits_for_the_same_report_again(
    start: Callable[..., Run], claim: Callable[[], Any]
) -> None:
    run = start()
    cycle = waiting(run, claim)
    services.cancel(run)
    with pytest.raises(services.Conflict, match="not stored"):
        services.submit_report(run, cycle_id=cycle.pk, observed_similarity=9.0)

    services.requeue(run)
    drive(claim(), asking)

    cycle.refresh_from_db()
    run.refresh_from_db()
    assert (cycle.status, run.status) == ("awaiting_report", "waiting_human")
    assert cycle.closed_at is None
    services.submit_report(run, cycle_id=cycle.pk, observed_similarity=9.0)
    drive(claim(), asking)
    cycle.refresh_from_db()
    assert cycle.status == CycleStatus.ACCEPTED


def test_a_report_that_was_taken_before_the_run_was_stopped_counts_when_it_is_tried_again(
    start: Callable[..., Run], claim: Callable[[], Any]
) -> None:
    run = start()
    cycle = waiting(run, claim)
    services.submit_report(run, cycle_id=cycle.pk, observed_similarity=9.0)
    services.cancel(run)
    cycle.refresh_from_db()
    assert cycle.status == CycleStatus.CLOSED

    services.requeue(run)
    drive(claim(), asking)

    cycle.refresh_from_db()
    run.refresh_from_db()
    assert (cycle.status, run.status) == ("accepted", "succeeded")


@pytest.mark.usefixtures("_own_storage")
def test_the_same_report_is_known_again_though_its_bytes_were_stored_under_a_name_of_their_own(
    start: Callable[..., Run],
    claim: Callable[[], Any],
    alice_client: Client,
    tmp_path: Path,
) -> None:
    """Somebody else's copy of the same bytes was being written when it came first."""
    cycle = waiting(start(), claim)
    delivery = Delivery(cycle, 38.0, file=b'{"similarity": 38}')
    digest = hashlib.sha256(delivery.file).hexdigest()
    half = tmp_path / "reports" / digest[:2] / digest
    half.parent.mkdir(parents=True)
    half.write_bytes(delivery.file[:5])
    assert delivery.send(alice_client) == (200, "")
    cycle.refresh_from_db()
    assert cycle.report_file.startswith(f"reports/{digest[:2]}/{digest}-")

    half.write_bytes(delivery.file)
    assert delivery.send(alice_client) == (200, "")
    assert replace(delivery, file=b'{"similarity": 38.0}').send(alice_client)[0] == 409
    taken_once(cycle)
    assert (tmp_path / cycle.report_file).read_bytes() == delivery.file
    assert half.exists(), "it is somebody else's"
