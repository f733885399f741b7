"""What staff decide about the queue, and what users may use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from autonomy.models import Job, Quota
from tests.autonomy.admin.conftest import World


@pytest.fixture
def root(client: Client, make_user: Callable[..., User]) -> Client:
    """Staff with every permission."""
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


def page(world: World) -> str:
    return reverse("admin:autonomy_job_change", args=[world.run.pk])


def test_staff_with_the_permission_give_a_run_another_priority(world: World, root: Client) -> None:
    assert root.post(page(world), {"run_priority": 7}).status_code == 302
    world.run.refresh_from_db()
    assert (world.run.priority, Job.objects.get(run=world.run).priority) == (7, 7)


@pytest.mark.parametrize("wrong", ["11", "-11", "high", ""])
def test_a_priority_outside_the_limits_is_refused(world: World, root: Client, wrong: str) -> None:
    response = root.post(page(world), {"run_priority": wrong})
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    world.run.refresh_from_db()
    assert world.run.priority == 0


def test_staff_without_the_permission_only_look(world: World, staff_client: Client) -> None:
    assert staff_client.get(page(world)).status_code == 200
    assert staff_client.post(page(world), {"run_priority": 7}).status_code == 403


def test_staff_with_the_permission_set_a_quota(world: World, root: Client, bob: User) -> None:
    add = reverse("admin:autonomy_quota_add")
    response = root.post(add, {"user": bob.pk, "runs_per_day": 5, "runs_at_once": 2})
    assert response.status_code == 302
    quota = Quota.objects.get(user=bob)
    assert (quota.runs_per_day, quota.tokens_per_day, quota.runs_at_once) == (5, None, 2)
    assert root.post(add, {"user": bob.pk, "runs_at_once": 0}).status_code == 200


def test_staff_without_the_permission_set_no_quota(
    world: World, staff_client: Client, bob: User
) -> None:
    add = reverse("admin:autonomy_quota_add")
    assert staff_client.post(add, {"user": bob.pk, "runs_per_day": 5}).status_code == 403
    assert not Quota.objects.filter(user=bob).exists()
