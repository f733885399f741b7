"""Quotas as programs see them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from autonomy.models import IdempotencyKey, Quota, Run, UsageDay
from chat.models import Conversation, Message
from tests.autonomy.api.conftest import KeyClient

pytestmark = pytest.mark.django_db

TASK = {"journey": "write", "task_spec": {"goal": "Compare two models of vision."}}
MESSAGE = {"message": "Write an essay about two models of vision.", "journey": "write"}


@pytest.fixture
def used_up(alice: User) -> None:
    """Alice has started the one run that she may start today."""
    Quota.objects.create(user=alice, runs_per_day=1)


@pytest.mark.usefixtures("used_up")
@pytest.mark.parametrize(("path", "body"), [("/api/v2/runs", TASK), ("/api/chat", MESSAGE)])
def test_a_used_up_day_is_a_problem_that_says_when_to_come_back(
    api: KeyClient, path: str, body: object
) -> None:
    assert api.send("POST", path, body).status_code in (201, 202)
    stored = (Run.objects.count(), Message.objects.count(), Conversation.objects.count())
    response = api.send("POST", path, body, **{"Idempotency-Key": "again"})
    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["code"], problem["used"], problem["limit"]) == ("quota_runs", 1, 1)
    assert problem["resets_at"].endswith("T00:00:00Z")
    assert 1 <= int(response["Retry-After"]) <= 86_400
    assert stored == (Run.objects.count(), Message.objects.count(), Conversation.objects.count())
    assert not IdempotencyKey.objects.exists(), "the same request may be sent again tomorrow"


def test_usage_tells_today_and_the_days_before(api: KeyClient, alice: User) -> None:
    Quota.objects.create(user=alice, tokens_per_day=1_000, runs_at_once=7)
    UsageDay.objects.create(user=alice, day="2020-02-29", runs=3, tokens_spent=40, usd_spent=1.5)
    api.send("POST", "/api/v2/runs", TASK)
    UsageDay.objects.filter(runs=1).update(tokens_spent=300, tokens_reserved=200)
    body = api.get("/api/v2/me/usage").json()
    assert body["runs"] == {"used": 1, "reserved": 0, "limit": None, "left": None}
    assert body["tokens"] == {"used": 300, "reserved": 200, "limit": 1000, "left": 500}
    assert body["runs_at_once"] == 7
    assert body["resets_at"][:10] > body["day"]
    assert [row["runs"] for row in body["history"]] == [1, 3]
    assert body["history"][1] == {"day": "2020-02-29", "runs": 3, "tokens": 40, "usd": 1.5}


def test_usage_is_ones_own(api: KeyClient, bob: User, anonymous_client: Client) -> None:
    UsageDay.objects.create(user=bob, day="2020-02-29", runs=3)
    assert api.get("/api/v2/me/usage").json()["history"] == []
    assert anonymous_client.get("/api/v2/me/usage").status_code == 401
