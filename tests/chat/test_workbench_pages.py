"""The workbench's pages are there for checkers and staff, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from autonomy.services import checks
from tests.autonomy.check_desk import Desk, make_checker, make_desk
from tests.chat.test_views import Inline, boot
from tests.conftest import _client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_rate_limits(redis_url: str) -> None:
    """Emptied for each test: signing in is counted in Redis."""


@pytest.fixture
def carol(make_user: Callable[..., User]) -> User:
    return make_checker(make_user, "carol")


@pytest.fixture
def desk(alice: User, carol: User) -> Desk:
    return make_desk(alice)


def pages(desk: Desk) -> list[str]:
    return [reverse("workbench"), reverse("workbench_check", args=[desk.check().pk])]


def test_strangers_and_owners_get_no_page_and_no_link(
    desk: Desk, alice_client: Client, bob_client: Client, anonymous_client: Client
) -> None:
    for page in pages(desk):
        assert alice_client.get(page).status_code == 404
        assert bob_client.get(page).status_code == 404
        assert anonymous_client.get(page)["Location"].startswith("/accounts/login/")
    assert reverse("workbench") not in alice_client.get("/").content.decode()


def test_checkers_and_staff_get_them_within_the_content_security_policy(
    desk: Desk, carol: User, staff_client: Client
) -> None:
    for client in (_client(carol), staff_client):
        assert reverse("workbench") in client.get("/").content.decode()
        for page in pages(desk):
            response = client.get(page)
            parser = Inline()
            parser.feed(response.content.decode())
            assert (response.status_code, parser.found) == (200, [])


def test_a_page_carries_no_more_than_its_visitor_may_see(
    desk: Desk, carol: User, make_user: Callable[..., User], staff_client: Client
) -> None:
    _, page = pages(desk)
    shown = boot(_client(carol).get(page))
    assert (shown["check"]["readable"], shown["checker"], shown["staff"]) == (False, True, False)
    checks.claim_check(carol, desk.check().pk)
    assert boot(_client(carol).get(page))["check"]["mine"] is True
    assert _client(make_checker(make_user, "dave")).get(page).status_code == 404
    seen = boot(staff_client.get(page))
    assert (seen["check"]["holder"], seen["checker"]) == ("carol", False)
