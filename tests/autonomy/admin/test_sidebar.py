"""What stands in the sidebar of staff pages."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from handywriterz.staff_pages import UNFOLD

pytestmark = pytest.mark.django_db

LINKS = [str(item["link"]) for group in UNFOLD["SIDEBAR"]["navigation"] for item in group["items"]]


@pytest.mark.parametrize("superuser", [True, False])
def test_the_sidebar_has_the_pages_that_a_person_may_open(client: Client, superuser: bool) -> None:
    person = User.objects.create_user("staff@example.org", is_staff=True, is_superuser=superuser)
    client.force_login(person)
    home = client.get("/admin/").content.decode()
    opens = [link for link in LINKS if client.get(link).status_code == 200]
    assert [link for link in LINKS if f'href="{link}"' in home] == opens
    assert (opens == LINKS) is superuser
    assert "/admin/autonomy/run/" in opens


def test_the_product_s_mark_stands_on_it(staff_client: Client) -> None:
    home = staff_client.get("/admin/").content.decode()
    assert 'rel="icon"' in home
    assert home.count("logo.svg") >= 2
