from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from autonomy import services
from autonomy.core.sandbox import Tier
from autonomy.services import SandboxReport

pytestmark = pytest.mark.django_db


def healthy(**changes: str) -> Any:
    state = {"db": "ok", "redis": "ok", "worker": "ok", "version": settings.VERSION}
    return lambda: state | changes


@pytest.mark.parametrize("path", ["/api/v2/health/live", "/health/live"])
def test_the_web_process_lives(anonymous_client: Client, path: str) -> None:
    response = anonymous_client.get(path)
    assert response.json() == {"status": "ok", "version": settings.VERSION}


@pytest.mark.parametrize("path", ["/api/v2/health/ready", "/health/ready"])
@pytest.mark.parametrize(
    ("away", "status"),
    [({}, 200), ({"redis": "down"}, 200), ({"db": "down"}, 503), ({"worker": "down"}, 503)],
)
def test_readiness_needs_database_and_worker(
    anonymous_client: Client, monkeypatch: Any, path: str, away: dict[str, str], status: int
) -> None:
    monkeypatch.setattr(services, "health", healthy(**away))
    response = anonymous_client.get(path)
    assert response.status_code == status
    assert response.json() == healthy(**away)()


def test_health_always_answers(anonymous_client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "health", healthy(db="down"))
    assert anonymous_client.get("/api/v2/health").status_code == 200


def test_health_tells_how_the_outside_answered_last(
    anonymous_client: Client, monkeypatch: Any
) -> None:
    answers = [
        {
            "provider": "crossref",
            "answer": "found",
            "message": "",
            "at": "2026-01-02T03:04:05+00:00",
        },
        {"provider": "arxiv", "answer": "", "message": "", "at": ""},
    ]
    monkeypatch.setattr(services, "health", healthy())
    monkeypatch.setattr(services, "outside_health", lambda: answers)
    assert anonymous_client.get("/api/v2/health").json()["outside"] == answers
    monkeypatch.setattr(services, "health", healthy(redis="down"))
    assert anonymous_client.get("/api/v2/health").json()["outside"] == []


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (SandboxReport(Tier.UNSHARE, "", ()), "on (unshare)"),
        (SandboxReport(Tier.OFF, "Install bubblewrap.", ()), "off (Install bubblewrap.)"),
        (None, "checking"),
    ],
)
def test_health_tells_whether_code_can_be_run(
    anonymous_client: Client, monkeypatch: Any, report: SandboxReport | None, told: str
) -> None:
    monkeypatch.setattr(services, "health", healthy())
    monkeypatch.setattr(services, "code_execution", lambda: report)
    assert anonymous_client.get("/api/v2/health").json()["code_execution"] == told
