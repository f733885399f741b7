"""Every error is problem+json, in words, and tells nothing of the inside."""

from __future__ import annotations

import logging
from typing import Any

import psycopg.errors
import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError
from django.test import Client
from ninja.errors import Throttled

from autonomy.api.problems import field_problems
from tests.autonomy.api.conftest import KeyClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api/v2/runs/not-an-id", 404, "not_found"),
        ("PUT", "/api/chat", 405, "method_not_allowed"),
        ("DELETE", "/api/v2/health", 405, "method_not_allowed"),
        ("GET", "/api/conversations", 401, "unauthorized"),
    ],
)
def test_what_django_would_answer_itself_is_a_problem_too(
    anonymous_client: Client, method: str, path: str, status: int, code: str
) -> None:
    response = anonymous_client.generic(method, path)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    problem = response.json()
    assert (problem["status"], problem["code"], problem["instance"]) == (status, code, path)
    assert problem["type"] == f"urn:handywriterz:problem:{code}"
    assert problem["title"]
    assert problem["detail"].endswith(".")


@pytest.mark.parametrize("body", ["{", "[1,", "nope", '{"message": "\ud800'])
def test_a_body_that_is_no_json_is_a_bad_request(api: KeyClient, body: str) -> None:
    response = api.generic(
        "POST", "/api/chat", body.encode("utf-8", "surrogatepass"), content_type="application/json"
    )
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_an_unexpected_error_is_logged_under_the_id_it_shows(
    api: KeyClient, monkeypatch: Any, caplog: Any
) -> None:
    def explode(*args: object, **named: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("autonomy.api.memory.services.search_memory", explode)
    with caplog.at_level(logging.ERROR):
        response = api.get("/api/v2/memory/search?q=x")
    assert response.status_code == 500
    assert "secret" not in response.content.decode()
    assert "Traceback" not in response.content.decode()
    assert response.json()["trace_id"] in caplog.text
    assert "the secret inside" in caplog.text


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_a_503_that_asks_to_try_again(
    api: KeyClient, monkeypatch: Any, kind: type[Exception]
) -> None:
    def away(*args: object, **named: object) -> None:
        raise kind("the connection is closed")

    monkeypatch.setattr("autonomy.api.memory.services.search_memory", away)
    response = api.get("/api/v2/memory/search?q=x")
    assert (response.status_code, response.json()["code"]) == (503, "database_away")
    assert int(response["Retry-After"]) > 0
    assert "connection is closed" not in response.content.decode()


@pytest.mark.parametrize(
    ("error", "field", "message"),
    [
        (
            {"type": "missing", "loc": ("body", "body", "message"), "msg": ""},
            "message",
            "This field is required.",
        ),
        (
            {
                "type": "string_too_long",
                "loc": ("body", "body", "title"),
                "msg": "",
                "ctx": {"max_length": 20000},
            },
            "title",
            "At most 20,000 characters are allowed.",
        ),
        ({"type": "int_parsing", "loc": ("query", "limit"), "msg": ""}, "limit", "whole number"),
        ({"type": "new_kind", "loc": ("body",), "msg": "As pydantic says."}, "body", "As pydantic"),
    ],
)
def test_pydantics_errors_become_sentences(error: Any, field: str, message: str) -> None:
    [found] = field_problems([error])
    assert found.field == field
    assert message in found.message


@pytest.mark.parametrize(
    ("wait", "said", "header"),
    [
        (3548.68, "in 60 minutes.", "3549"),
        (0.2, "in 1 second.", "1"),
        (41.3, "in 42 seconds.", "42"),
        (None, "in 60 seconds.", "60"),
    ],
)
def test_a_wait_is_told_in_whole_seconds_or_minutes(
    api: KeyClient, monkeypatch: Any, wait: Any, said: str, header: str
) -> None:
    def refuse(*args: object, **named: object) -> None:
        raise Throttled(wait=wait)

    monkeypatch.setattr("autonomy.api.memory.services.search_memory", refuse)
    response = api.get("/api/v2/memory/search?q=x")
    assert (response.status_code, response["Retry-After"]) == (429, header)
    assert response.json()["detail"].endswith(said)


def test_a_deadlock_is_not_told_as_a_database_that_is_away(
    api: KeyClient, monkeypatch: Any
) -> None:
    def collide(*args: object, **named: object) -> None:
        raise OperationalError("deadlock") from psycopg.errors.DeadlockDetected("deadlock")

    monkeypatch.setattr("autonomy.api.memory.services.search_memory", collide)
    response = api.get("/api/v2/memory/search?q=x")
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/api/v2/runs/01890f6e-0000-7000-8000-000000000000/budget"),
        ("PATCH", "/api/v2/runs/nothing/budget"),
        ("POST", "/api/chat"),
        ("POST", "/api/nothing"),
        ("DELETE", "/api/v2/me"),
        ("PUT", "/api/v2/runs"),
    ],
)
def test_without_the_csrf_token_the_answer_is_a_problem_too(
    alice: User, method: str, path: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    response = client.generic(method, path, "{}", content_type="application/json")
    assert response.status_code in (403, 404, 405)
    assert response["Content-Type"] == "application/problem+json"
