from __future__ import annotations

import uuid

import pytest

from autonomy.models import IdempotencyKey, Run
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World, finish, make_run

pytestmark = pytest.mark.django_db

TASK = {"journey": "write", "task_spec": {"goal": "Compare two models of vision."}}


def test_a_run_is_stored_before_the_answer(api: KeyClient) -> None:
    response = api.send("POST", "/api/v2/runs", TASK)
    assert response.status_code == 201
    body = response.json()
    run = Run.objects.get(pk=body["run_id"])
    assert (run.status, body["status"]) == ("queued", "queued")
    assert run.task["goal"] == "Compare two models of vision."
    assert api.get(body["url"]).json()["id"] == str(run.pk)


def test_settings_and_files_reach_the_task(api: KeyClient, world: World) -> None:
    settings = {"style": "apa", "length_words": 800, "budget": {"tokens": 5000}}
    task = {"goal": "Use my file", "file_ids": [str(world.file.pk)], "settings": settings}
    response = api.send("POST", "/api/v2/runs", {"journey": "write", "task_spec": task})
    run = Run.objects.get(pk=response.json()["run_id"])
    assert run.task["source_ids"] == [str(world.file.pk)]
    assert run.task["settings"]["style"] == "apa"
    assert run.tokens_limit == 5000


def test_a_choice_of_models_is_refused_in_the_words_of_the_page_of_models(api: KeyClient) -> None:
    task = {"goal": "x", "settings": {"models": {"writer": "bobai:m"}}}
    run = api.send("POST", "/api/v2/runs", {"task_spec": task}).json()
    page = api.send("PUT", "/api/v2/models/roles", {"roles": {"writer": "bobai:m"}}).json()
    assert run["errors"][0]["message"] == page["errors"][0]["message"]
    assert "no connection “bobai”" in run["errors"][0]["message"]


@pytest.mark.parametrize("choice", ["hers:m", "openai:m, hers:m", "none"])
def test_a_choice_of_models_within_reach_is_kept(api: KeyClient, world: World, choice: str) -> None:
    task = {"goal": "x", "settings": {"models": {"writer": choice}}}
    response = api.send("POST", "/api/v2/runs", {"task_spec": task})
    assert response.status_code == 201, response.content
    run = Run.objects.get(pk=response.json()["run_id"])
    assert run.task["settings"]["models"] == {"writer": choice}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"journey": "write", "task_spec": {"goal": "  "}}, "task_spec.goal"),
        ({"journey": "write"}, "task_spec"),
        ({"journey": "poem", "task_spec": {"goal": "x"}}, "journey"),
        ({"task_spec": {"goal": "x" * 1_000_000}}, "task_spec.goal"),
        ({"task_spec": {"goal": "x", "file_ids": [str(uuid.uuid4())]}}, "task_spec.file_ids"),
        ({"task_spec": {"goal": "x", "settings": {"style": "harvrd"}}}, "task_spec.settings.style"),
        (
            {"task_spec": {"goal": "x", "settings": {"length_words": 5}}},
            "task_spec.settings.length_words",
        ),
        (
            {"task_spec": {"goal": "x", "settings": {"models": {"writer": "bobai:m"}}}},
            "task_spec.settings.models.writer",
        ),
        (
            {"task_spec": {"goal": "x", "settings": {"models": {"default": "test:test"}}}},
            "task_spec.settings.models.default",
        ),
        (
            {"task_spec": {"goal": "x", "settings": {"models": {"poet": "openai:m"}}}},
            "task_spec.settings.models.poet",
        ),
        ({"task_spec": {"goal": "x"}, "colour": "red"}, "colour"),
        ({"task_spec": {"goal": "x\x00y"}}, "task_spec.goal"),
    ],
)
def test_a_wrong_field_is_named_in_words(api: KeyClient, body: object, field: str) -> None:
    response = api.send("POST", "/api/v2/runs", body)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["message"].endswith((".", "?"))
    assert not Run.objects.exists()


def test_the_snapshot_says_everything_a_view_needs(api: KeyClient, world: World) -> None:
    body = api.get(f"/api/v2/runs/{world.run.pk}").json()
    assert body["as_of_seq"] == 1
    assert body["task"]["goal"] == "An essay on attention"
    assert body["artifact_id"] == str(world.artifact.pk)
    assert body["budgets"]["tokens_limit"] == 200_000
    assert body["worker_up"] is False
    assert body["stream_url"] == f"/api/v2/runs/{world.run.pk}/events"


def test_runs_are_paged_newest_first_without_gaps(api: KeyClient, alice: object) -> None:
    made = [str(make_run(alice).pk) for _ in range(5)]  # type: ignore[arg-type]
    found: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/api/v2/runs?limit=2&cursor={cursor}").json()
        found += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == made[::-1]


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24", "WyJ4Il0", "W10"])
def test_a_cursor_that_is_none_of_ours_is_refused(api: KeyClient, cursor: str) -> None:
    response = api.get(f"/api/v2/runs?cursor={cursor}")
    assert (response.status_code, response.json()["code"]) == (422, "bad_cursor")


def test_runs_are_filtered_by_status(api: KeyClient, world: World) -> None:
    assert api.get("/api/v2/runs?status=failed").json()["items"] == []
    assert len(api.get("/api/v2/runs?status=queued").json()["items"]) == 1
    assert api.get("/api/v2/runs?status=lost").status_code == 422


def test_a_run_is_paused_resumed_and_cancelled(api: KeyClient) -> None:
    run_id = api.send("POST", "/api/v2/runs", TASK).json()["run_id"]
    for action, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        response = api.send("POST", f"/api/v2/runs/{run_id}/{action}")
        assert (response.status_code, response.json()["status"]) == (202, status)


def test_control_of_a_finished_run_is_a_conflict_that_says_why(
    api: KeyClient, world: World
) -> None:
    finish(world.run)
    response = api.send("POST", f"/api/v2/runs/{world.run.pk}/pause")
    assert response.status_code == 409
    assert "finished" in response.json()["detail"]


def test_the_budget_can_be_raised(api: KeyClient) -> None:
    run_id = api.send("POST", "/api/v2/runs", TASK).json()["run_id"]
    response = api.send("PATCH", f"/api/v2/runs/{run_id}/budget", {"tokens": 300_000})
    assert response.status_code == 200
    assert response.json()["budgets"]["tokens_limit"] == 300_000
    assert api.send("PATCH", f"/api/v2/runs/{run_id}/budget", {"usd": -1}).status_code == 422


def test_checkpoints_are_listed_for_time_travel(api: KeyClient, world: World) -> None:
    page = api.get(f"/api/v2/runs/{world.run.pk}/checkpoints").json()
    assert [(row["step"], row["source"]) for row in page["items"]] == [(1, "loop")]


def test_a_fork_of_an_unknown_checkpoint_is_not_found(api: KeyClient, world: World) -> None:
    body = {"checkpoint_id": "1ef00000-0000-6000-8000-00000000ffff"}
    response = api.send("POST", f"/api/v2/runs/{world.run.pk}/fork", body)
    assert response.status_code == 404


# --------------------------------------------------------------------------- idempotency


def test_the_same_key_creates_one_run_and_the_same_answer(api: KeyClient) -> None:
    first, second = (
        api.send("POST", "/api/v2/runs", TASK, **{"idempotency-key": "k1"}) for _ in range(2)
    )
    assert first.json() == second.json()
    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert Run.objects.count() == 1


def test_a_key_reused_for_something_else_is_refused(api: KeyClient) -> None:
    api.send("POST", "/api/v2/runs", TASK, **{"idempotency-key": "k1"})
    other = TASK | {"title": "Other"}
    response = api.send("POST", "/api/v2/runs", other, **{"idempotency-key": "k1"})
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refused_request_leaves_its_key_free(api: KeyClient) -> None:
    bad = {"journey": "poem", "task_spec": {"goal": "x"}}
    assert api.send("POST", "/api/v2/runs", bad, **{"idempotency-key": "k1"}).status_code == 422
    assert not IdempotencyKey.objects.exists()
    response = api.send("POST", "/api/v2/runs", TASK, **{"idempotency-key": "k1"})
    assert response.status_code == 201


def test_an_unusable_key_is_refused(api: KeyClient) -> None:
    response = api.send("POST", "/api/v2/runs", TASK, **{"idempotency-key": "k" * 201})
    assert (response.status_code, response.json()["code"]) == (400, "bad_idempotency_key")
