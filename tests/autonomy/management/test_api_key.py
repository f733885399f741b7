from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from autonomy.models import ApiKey
from autonomy.services import user_for_key

pytestmark = pytest.mark.django_db


def create(capsys: Any, *arguments: str) -> str:
    call_command("api_key", "create", *arguments)
    return str(capsys.readouterr().out).strip()


def test_a_key_is_printed_alone_and_stored_only_as_a_digest(capsys: Any, alice: User) -> None:
    key = create(capsys, "--user", "alice@example.org", "--name", "laptop")
    assert user_for_key(key) == alice
    row = ApiKey.objects.get()
    assert key not in (row.sha256, row.prefix)
    assert row.name == "laptop"


def test_the_user_is_made_where_there_is_none(capsys: Any) -> None:
    key = create(capsys, "--user", "new@example.org", "--staff")
    user = User.objects.get(email="new@example.org")
    assert user_for_key(key) == user
    assert user.is_staff
    assert not user.is_superuser
    assert not user.has_usable_password()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("api_key", "create", "--user", "nobody")
    assert not User.objects.exists()


def test_keys_are_listed_without_their_secret(capsys: Any, alice: User) -> None:
    key = create(capsys, "--user", "alice@example.org")
    call_command("api_key", "list")
    listed = capsys.readouterr().out
    assert "alice@example.org" in listed
    assert "active" in listed
    assert key not in listed
    call_command("api_key", "list", "--user", "bob@example.org")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("by", ["id", "prefix"])
def test_a_revoked_key_opens_nothing(capsys: Any, alice: User, by: str) -> None:
    key = create(capsys, "--user", "alice@example.org")
    row = ApiKey.objects.get()
    call_command("api_key", "revoke", str(getattr(row, by)))
    assert user_for_key(key) is None
    with pytest.raises(CommandError, match="no active key"):
        call_command("api_key", "revoke", str(row.id))
