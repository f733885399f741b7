from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from autonomy.models import WorkerProcess
from autonomy.runtime import leases
from tests.autonomy.admin.conftest import make_run

WORKERS = "/admin/autonomy/workerprocess/"


@pytest.fixture
def alive(db: None) -> WorkerProcess:
    """A worker whose lock is held, here by the test's own session."""
    worker = WorkerProcess.objects.create(host="writer-1", pid=11, seen_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [leases.LOCK_CLASS, worker.lock_no])
    return worker


@pytest.fixture
def gone(db: None) -> WorkerProcess:
    return WorkerProcess.objects.create(host="writer-2", pid=22, seen_at=timezone.now())


def shown(client: Client, **query: str) -> dict[str, Any]:
    page = client.get(WORKERS, query)
    return {row.host: row for row in page.context["cl"].result_list}


def test_a_worker_is_alive_while_its_lock_is_held(
    alive: WorkerProcess, gone: WorkerProcess, staff_client: Client
) -> None:
    rows = shown(staff_client)
    assert (rows["writer-1"].alive, rows["writer-2"].alive) == (True, False)


def test_a_frozen_worker_is_not_alive_though_it_holds_its_lock(
    alive: WorkerProcess, gone: WorkerProcess, staff_client: Client
) -> None:
    WorkerProcess.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert set(shown(staff_client, alive="yes")) == set()


def test_workers_are_filtered_by_being_alive(
    alive: WorkerProcess, gone: WorkerProcess, staff_client: Client
) -> None:
    assert set(shown(staff_client, alive="yes")) == {"writer-1"}
    assert set(shown(staff_client, alive="no")) == {"writer-2"}
    assert set(shown(staff_client, alive="nonsense")) == {"writer-1", "writer-2"}


def test_no_worker_at_all_is_an_empty_list(staff_client: Client) -> None:
    assert shown(staff_client) == {}


def test_a_worker_shows_how_many_runs_it_drives(
    alive: WorkerProcess, gone: WorkerProcess, alice: Any, staff_client: Client
) -> None:
    driven = {
        "status": "running",
        "owner_lock": alive.lock_no,
        "lease_until": timezone.now(),
        "beat_at": timezone.now(),
    }
    make_run(alice, **driven)
    make_run(alice, **driven)
    make_run(alice)
    rows = shown(staff_client)
    assert (rows["writer-1"].runs_driven, rows["writer-2"].runs_driven) == (2, 0)
