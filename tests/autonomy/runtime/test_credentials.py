"""Stored keys: sealed, bound to their row, and silent when they cannot be opened."""

from __future__ import annotations

import uuid

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from pydantic import SecretStr

from autonomy.runtime import credentials
from autonomy.runtime.credentials import resealed, seal, unseal
from handywriterz.env import Env

KEY = SecretStr("sk-marker")
ROW = uuid.UUID(int=1)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> object:
    """Sets CREDENTIALS_KEYS."""

    def set_to(value: str | None) -> None:
        made = Env().model_copy(update={"credentials_keys": value and SecretStr(value)})
        monkeypatch.setattr(credentials, "env", lambda: made)

    set_to(None)
    return set_to


def opened(sealed: bytes, row: uuid.UUID = ROW) -> str | None:
    key = unseal(sealed, row)
    return None if key is None else key.get_secret_value()


def test_a_key_comes_back_for_its_own_row_only(secrets: object) -> None:
    sealed = seal(KEY, ROW)
    assert b"sk-marker" not in sealed
    assert opened(sealed) == "sk-marker"
    assert opened(memoryview(sealed)) == "sk-marker"  # type: ignore[arg-type]
    assert opened(sealed, uuid.UUID(int=2)) is None


def test_the_same_key_is_sealed_differently_each_time(secrets: object) -> None:
    assert seal(KEY, ROW) != seal(KEY, ROW)


@pytest.mark.parametrize(
    "damaged",
    [b"", b"nonsense", Fernet(Fernet.generate_key()).encrypt(b"{}")],
    ids=["empty", "nonsense", "sealed with another key"],
)
def test_what_cannot_be_opened_is_none_and_no_error(secrets: object, damaged: bytes) -> None:
    assert opened(damaged) is None


def test_a_changed_signing_key_locks_what_it_sealed(
    secrets: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = seal(KEY, ROW)
    monkeypatch.setattr(settings, "SECRET_KEY", "another")
    assert opened(sealed) is None
    assert resealed(sealed, ROW) is None


def test_own_secrets_rotate(secrets: object, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to = secrets
    by_signing_key = seal(KEY, ROW)
    set_to("first")  # type: ignore[operator]
    by_first = resealed(by_signing_key, ROW)
    assert by_first is not None
    set_to(" second , first ")  # type: ignore[operator]
    assert opened(by_first) == "sk-marker"
    by_second = resealed(by_first, ROW)
    assert by_second is not None
    set_to("second")  # type: ignore[operator]
    assert opened(by_first) is None
    monkeypatch.setattr(settings, "SECRET_KEY", "another")
    assert opened(by_second) == "sk-marker"
