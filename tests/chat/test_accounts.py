"""Who may sign up, and that the first visitor owns the place."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from autonomy import services
from chat.accounts import nobody_signed_up
from chat.invitations import email_of, link_for

pytestmark = pytest.mark.django_db

PASSWORD = "a long and quiet evening"


def sign_up(email: str, client: Client | None = None) -> Any:
    form = {"email": email, "password1": PASSWORD}
    return (client or Client()).post("/accounts/signup/", form)


@pytest.fixture(autouse=True)
def _fresh_rate_limits(redis_url: str) -> None:
    """Sign-ups and log-ins are counted in Redis."""


@pytest.fixture
def signup(settings: Any) -> Any:
    def choose(rule: str) -> None:
        settings.SIGNUP = rule

    return choose


@pytest.mark.parametrize("rule", ["open", "invite", "closed"])
def test_the_first_visitor_always_may_and_becomes_staff(signup: Any, rule: str) -> None:
    signup(rule)
    assert sign_up("ada@example.org").status_code == 302
    user = User.objects.get(email="ada@example.org")
    assert user.is_staff
    assert user.is_superuser


def test_the_second_visitor_is_nobody_special(signup: Any) -> None:
    signup("open")
    sign_up("ada@example.org")
    sign_up("bob@example.org")
    user = User.objects.get(email="bob@example.org")
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_closed_lets_nobody_else_in(signup: Any) -> None:
    signup("closed")
    sign_up("ada@example.org")
    assert b'name="password1"' not in Client().get("/accounts/signup/").content
    sign_up("bob@example.org")
    assert not User.objects.filter(email="bob@example.org").exists()


def test_a_key_made_by_command_is_nobodys_sign_up(signup: Any, capsys: Any) -> None:
    signup("closed")
    call_command("api_key", "create", "--user", "robot@example.org")
    assert nobody_signed_up()
    sign_up("ada@example.org")
    assert User.objects.get(email="ada@example.org").is_superuser


@pytest.mark.django_db(transaction=True)
def test_of_two_first_visitors_at_once_one_becomes_staff(signup: Any) -> None:
    signup("closed")
    barrier = threading.Barrier(4)

    def visit(n: int) -> None:
        try:
            client = Client()
            client.get("/accounts/signup/")
            barrier.wait(30)
            sign_up(f"v{n}@example.org", client)
        finally:
            connection.close()

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [u.is_superuser for u in User.objects.all()] == [True]


# --------------------------------------------------------------------------- invitations


def invite(email: str) -> str:
    """Path and query of an invitation."""
    parts = urlsplit(link_for(email, "https://write.example.org"))
    return f"{parts.path}?{parts.query}"


def test_an_invited_address_may_sign_up(signup: Any) -> None:
    signup("invite")
    sign_up("ada@example.org")
    client = Client()
    assert client.get(invite("Carol@Example.org")).status_code == 200
    assert sign_up("carol@example.org", client).status_code == 302
    assert not User.objects.get(email="carol@example.org").is_staff


def test_an_invitation_is_for_one_address_only(signup: Any) -> None:
    signup("invite")
    sign_up("ada@example.org")
    client = Client()
    client.get(invite("carol@example.org"))
    response = sign_up("mallory@example.org", client)
    assert "This invitation is for carol@example.org." in response.content.decode()
    assert not User.objects.filter(email="mallory@example.org").exists()


@pytest.mark.parametrize("query", ["", "?invite=", "?invite=carol@example.org:forged"])
def test_without_a_good_link_nobody_is_invited(signup: Any, query: str) -> None:
    signup("invite")
    sign_up("ada@example.org")
    client = Client()
    client.get(f"/accounts/signup/{query}")
    sign_up("carol@example.org", client)
    assert not User.objects.filter(email="carol@example.org").exists()


def test_an_invitation_ends(monkeypatch: Any) -> None:
    import time

    token = invite("carol@example.org").split("invite=")[1].replace("%40", "@").replace("%3A", ":")
    assert email_of(token) == "carol@example.org"
    later = time.time() + 8 * 24 * 3600
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert email_of(token) is None


def test_the_command_prints_the_link(signup: Any, capsys: Any) -> None:
    signup("invite")
    call_command("invite", "carol@example.org")
    printed = capsys.readouterr()
    assert printed.out.startswith(f"http://{settings.ENV.host}:{settings.ENV.port}/accounts/signup")
    assert "7 days" in printed.err
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("invite", "carol")


def test_the_command_says_when_a_link_would_be_refused(signup: Any, capsys: Any) -> None:
    signup("closed")
    call_command("invite", "carol@example.org")
    assert "SIGNUP" in capsys.readouterr().err


# --------------------------------------------------------------------------- log-in


def test_guessing_passwords_is_slowed_down(alice: User) -> None:
    client = Client()
    for _ in range(12):
        response = client.post(
            "/accounts/login/", {"login": "alice@example.org", "password": "wrong"}
        )
    assert response.status_code == 429 or "Too many" in response.content.decode()
    # Not even the right password, until the pause is over.
    client.post(
        "/accounts/login/",
        {"login": "alice@example.org", "password": "correct horse battery staple"},
    )
    assert "_auth_user_id" not in client.session


def test_an_address_and_password_sign_in(alice: User) -> None:
    client = Client()
    client.post(
        "/accounts/login/",
        {"login": "alice@example.org", "password": "correct horse battery staple"},
    )
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_a_key_cannot_be_used_after_its_owner_is_disabled(alice: User) -> None:
    _, key = services.create_api_key(alice, "")
    assert services.user_for_key(key) == alice
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert services.user_for_key(key) is None
