from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.chat.test_views import Inline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_rate_limits(redis_url: str) -> None:
    """Emptied for each test: signing in is counted in Redis."""


def test_the_page_of_tools_holds_to_the_content_security_policy(alice_client: Client) -> None:
    response = alice_client.get(reverse("tools"))
    assert response.status_code == 200
    parser = Inline()
    parser.feed(response.content.decode())
    assert parser.found == []
    assert reverse("tools") in alice_client.get(reverse("settings")).content.decode()


def test_a_stranger_is_sent_to_the_entrance(client: Client) -> None:
    response = client.get(reverse("tools"))
    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]
