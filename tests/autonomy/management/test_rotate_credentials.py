"""Stored keys move to a new secret by one command."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from pydantic import SecretStr

from autonomy import services
from autonomy.models import ModelConnection
from autonomy.runtime import credentials
from autonomy.runtime.credentials import unseal
from autonomy.services import Wanted
from handywriterz.env import Env

pytestmark = pytest.mark.django_db


def secrets(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    made = Env().model_copy(update={"credentials_keys": SecretStr(value)})
    monkeypatch.setattr(credentials, "env", lambda: made)


def test_keys_are_sealed_anew_and_those_that_cannot_be_are_named(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets(monkeypatch, "first")
    good = services.create_tested(alice, Wanted("openai", api_key=SecretStr("sk-marker")))
    lost = services.create_tested(alice, Wanted("openai", slug="lost", api_key=SecretStr("sk-2")))
    ModelConnection.objects.filter(pk=lost.pk).update(secret=b"nonsense")

    secrets(monkeypatch, "second, first")
    out, err = StringIO(), StringIO()
    call_command("rotate_credentials", stdout=out, stderr=err)
    assert out.getvalue() == "1 key(s) encrypted anew.\n"
    assert f"{alice.pk}: lost" in err.getvalue()
    assert "sk-" not in out.getvalue() + err.getvalue()

    secrets(monkeypatch, "second")
    good.refresh_from_db()
    key = unseal(good.secret, good.pk)
    assert key is not None
    assert key.get_secret_value() == "sk-marker"
