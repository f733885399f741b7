"""Every error is problem+json, in words, and tells nothing of the inside."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

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
    def explode(*args: object) -> None:
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
    def away(*args: object) -> None:
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
