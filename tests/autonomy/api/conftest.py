"""Callers of the API: Alice with a key, and what she has."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from autonomy import services
from tests.autonomy.api.world import World, make_world


class KeyClient(Client):
    """A program: sends the key, has no cookies, and is checked for CSRF like the real thing."""

    def __init__(self, key: str) -> None:
        super().__init__(enforce_csrf_checks=True, headers={"authorization": f"Bearer {key}"})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.generic(
            method,
            path,
            "" if body is None else self._encode_json(body, "application/json"),
            content_type="application/json",
            headers=headers,
        )


@pytest.fixture
def alice_key(alice: User) -> str:
    return services.create_api_key(alice, "tests")[1]


@pytest.fixture
def api(alice_key: str) -> KeyClient:
    """Alice's program."""
    return KeyClient(alice_key)


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


@pytest.fixture(autouse=True)
def _fresh_rate_limits(redis_url: str) -> None:
    """Emptied for each test: they are kept in Redis under the person's name."""
