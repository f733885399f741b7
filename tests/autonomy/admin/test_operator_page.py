"""What staff see of how well the product works."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from autonomy.models import Artifact, Episode, Evaluation, EvaluationResult, Run, TurnitinCycle
from autonomy.services import performance

PAGE = "admin:autonomy_operator"


def make_round(days_ago: int, passed: list[bool], **more: Any) -> Evaluation:
    """A round of one task, run by run."""
    at = timezone.now() - timedelta(days=days_ago)
    made = Evaluation.objects.create(
        started_at=at, finished_at=at, version=f"0.1.{9 - days_ago}", seeds=len(passed)
    )
    for seed, good in enumerate(passed):
        fields = {"delivered": good, "retries": 4, "seconds": 9, "tokens": 900, "usd": "0.5"}
        EvaluationResult.objects.create(
            evaluation=made, task="turnitin_cycle", seed=seed, passed=good, **(fields | more)
        )
    return made


def end_run(owner: User, status: str, usd: str) -> Run:
    return Run.objects.create(
        owner=owner,
        journey="write",
        task={"goal": "x"},
        status=status,
        finished_at=timezone.now(),
        tokens_limit=1,
        seconds_limit=1,
        usd_limit=5,
        usd_spent=usd,
    )


def test_rounds_are_told_oldest_first_with_cost_shared_by_finished_documents(db: None) -> None:
    make_round(1, [True, True, False, True], similarity=[20.0, 10.0])
    make_round(5, [True, False])
    late = make_round(0, [True])
    EvaluationResult.objects.create(
        evaluation=late, task="turnitin_cycle", seed=1, without="revision", passed=False,
        delivered=False, retries=0, seconds=1, tokens=1, usd="9",
    )  # fmt: skip

    EvaluationResult.objects.create(
        evaluation=late, task="turnitin_cycle", seed=2, without="revision", passed=False,
        judged=False, delivered=False, retries=0, seconds=1, tokens=1, usd="9",
    )  # fmt: skip

    first, second, third = performance.rounds()

    assert (first.passed, second.passed, third.passed) == (0.5, 0.75, 1.0)
    assert second.usd_per_document == 4 * 0.5 / 3
    assert second.similarity == (20.0, 10.0, None)
    assert third.usd_per_document == 0.5, "runs with a behaviour off are no figure of the product"
    assert third.failed_when_off == (1, 2), "one that was never over has not failed by its rules"
    (task,) = performance.tasks()
    assert task.scores == ((1, 2), (3, 4), (1, 1))


def test_a_week_of_people_s_runs_has_the_same_figures(alice: User) -> None:
    good, bad = end_run(alice, "succeeded", "0.4"), end_run(alice, "failed", "0.2")
    end_run(alice, "cancelled", "3")
    Episode.objects.create(run=bad, seq=1, type="retry", source="writer")
    artifact = Artifact.objects.create(
        run=good, kind="document", version=1, title="x", body={}, sha256="0" * 64
    )
    for number, likeness in enumerate((22.0, 11.0), 1):
        TurnitinCycle.objects.create(
            run=good, number=number, artifact=artifact, target_similarity=15,
            local_similarity=likeness, observed_similarity=likeness, closed_at=timezone.now(), reported_at=timezone.now(),
            status="rejected" if number == 1 else "accepted",
        )  # fmt: skip

    (week,) = performance.weeks()

    assert (week.runs, week.passed, week.retries) == (2, 0.5, 0.5)
    assert week.usd_per_document is not None
    assert abs(week.usd_per_document - 0.6) < 1e-9
    assert week.similarity == (22.0, 11.0, None)


def test_staff_see_curves_and_the_same_figures_in_a_table(staff_client: Client) -> None:
    make_round(2, [True, False], similarity=[30.0, 12.5])
    make_round(1, [True, True])

    page = staff_client.get(reverse(PAGE)).content.decode()

    assert "50%" in page
    assert "30.0 % → 12.5 % → –" in page
    assert page.count("<polyline") == 3, (
        "two rounds: pass rate, retries, cost; similarity once only"
    )
    assert "2/2" in page


def test_without_a_round_the_page_says_how_to_have_one(staff_client: Client) -> None:
    assert "make evaluate" in staff_client.get(reverse(PAGE)).content.decode()


def test_others_get_nothing(alice_client: Client, anonymous_client: Client, db: None) -> None:
    for client in (alice_client, anonymous_client):
        reply = client.get(reverse(PAGE))
        assert reply.status_code in (302, 403, 404)
        assert b"Operator" not in reply.content
