"""`/metrics`: who may read it, and that it says what is so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from autonomy import models, services
from autonomy.api.metrics import FORWARDED
from autonomy.core.types import TaskSpec
from autonomy.runtime import metrics
from autonomy.runtime.controls import cancel
from autonomy.runtime.metrics_store import STORE

TOKEN = "a-token-of-enough-length"


def read(client: Client, **headers: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Samples by name and label values."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(response.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = settings.ENV.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    monkeypatch.setattr(settings, "ENV", changed)


@pytest.fixture
def counted(redis_url: str, db: None) -> None:
    """Nothing was counted yet, and only what the test counts will be."""


def test_programs_on_this_machine_may_read_without_a_token(client: Client, counted: None) -> None:
    assert read(client)["hw_up"] == {("redis",): 1, ("database",): 1}


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        {"REMOTE_ADDR": "::1", "HTTP_FORWARDED": "for=203.0.113.9"},
    ],
)
def test_others_get_nothing_without_a_token(client: Client, headers: dict[str, str]) -> None:
    response = client.get("/metrics", **headers)  # type: ignore[arg-type]
    assert response.status_code == 403
    assert b"hw_" not in response.content


@pytest.mark.parametrize("shown", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"])
def test_with_a_token_set_only_the_token_opens(client: Client, token: None, shown: str) -> None:
    assert client.get("/metrics", headers={"Authorization": shown}).status_code == 403


def test_the_token_opens_from_anywhere(client: Client, token: None, counted: None) -> None:
    response = client.get(
        "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, REMOTE_ADDR="203.0.113.9"
    )
    assert response.status_code == 200
    assert TOKEN.encode() not in response.content


def test_nothing_can_be_posted(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


def test_runs_their_line_and_their_ends_are_counted(
    client: Client, counted: None, alice: Any, django_capture_on_commit_callbacks: Any
) -> None:
    first, second = (services.start_run(alice, TaskSpec(goal="A report")) for _ in range(2))
    models.Job.objects.filter(run=first).update(enqueued_at=Now() - timedelta(hours=1))
    found = read(client)
    assert found["hw_runs"]["queued",] == 2
    assert found["hw_queue_runs"][()] == 2
    assert 3_600 <= found["hw_queue_oldest_seconds"][()] < 7_200

    with django_capture_on_commit_callbacks(execute=True):
        cancel(first.pk)
        cancel(first.pk)  # a second time ends nothing
    found = read(client)
    assert found["hw_run_ends_total"] == {("cancelled", "cancelled"): 1}
    assert found["hw_runs"]["queued",] == 1
    assert models.Run.objects.filter(pk=second.pk, status="queued").exists()


def test_histograms_are_cumulative_and_complete(client: Client, counted: None) -> None:
    for seconds in (0.004, 0.03, 700.0):
        metrics.count_superstep(seconds)
    found = read(client)
    buckets = found["hw_superstep_seconds_bucket"]
    assert (buckets["0.005",], buckets["0.05",], buckets["300",]) == (1, 2, 2)
    assert buckets["+Inf",] == found["hw_superstep_seconds_count"][()] == 3
    assert found["hw_superstep_seconds_sum"][()] == pytest.approx(700.034)


def test_what_is_shown_counts_on_from_scrape_to_scrape(client: Client, counted: None) -> None:
    metrics.count_node("act", 0.1)
    assert read(client)["hw_node_seconds_count"]["act",] == 1
    metrics.count_node("act", 0.1)
    assert read(client)["hw_node_seconds_count"]["act",] == 2


def test_without_redis_the_rest_is_shown(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis import ConnectionError as RedisAway

    class Away:
        def eval(self, *arguments: Any) -> Any:
            raise RedisAway("no")

    monkeypatch.setattr(STORE, "_redis", Away)
    found = read(client)
    assert found["hw_up"] == {("redis",): 0, ("database",): 1}
    assert "hw_runs" in found


def test_operators_are_told_by_which_headers_a_proxy_is_known() -> None:
    root = Path(__file__).parents[3]
    said = (root / "docs/operations.md").read_text()
    for header in FORWARDED:
        name = header.removeprefix("HTTP_").replace("_", "-").title().replace("Ip", "IP")
        assert f"`{name}`" in said
    assert "METRICS_TOKEN" in (root / "deploy/README.md").read_text()
