"""The published description of the API is valid and complete."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator


@pytest.fixture
def schema(anonymous_client: Client) -> Any:
    return anonymous_client.get("/api/openapi.json").json()


def operations(schema: Any) -> list[tuple[str, Any]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_valid(schema: Any) -> None:
    assert list(OpenAPIV31SpecValidator(schema).iter_errors()) == []


def test_every_operation_says_what_it_does_and_how_it_fails(schema: Any) -> None:
    for name, operation in operations(schema):
        assert operation.get("description"), name
        assert "500" in operation["responses"], name
        for status, response in operation["responses"].items():
            if int(status) >= 400 and status != "503":
                reference = response["content"]["application/problem+json"]["schema"]["$ref"]
                assert reference.endswith("/Problem"), name


def test_every_operation_behind_a_sign_in_says_so(schema: Any) -> None:
    public = {name for name, operation in operations(schema) if not operation.get("security")}
    assert public == {
        "get /api/v2/health",
        "get /api/v2/health/live",
        "get /api/v2/health/ready",
        "get /api/v2/schema/events",
    }


def test_operation_ids_are_unique(schema: Any) -> None:
    ids = [operation["operationId"] for _, operation in operations(schema)]
    assert len(ids) == len(set(ids))


def test_creating_operations_name_the_idempotency_header(schema: Any) -> None:
    for path in (
        "/api/chat",
        "/api/files",
        "/api/v2/runs",
        "/api/v2/runs/{run_id}/fork",
        "/api/v2/runs/{run_id}/messages",
    ):
        names = {p["name"] for p in schema["paths"][path]["post"]["parameters"]}
        assert "Idempotency-Key" in names


def test_the_docs_page_loads_only_from_here(anonymous_client: Client) -> None:
    response = anonymous_client.get("/api/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert "https://" not in page
    assert "swagger-ui-bundle" in page
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]


def test_the_root_leads_to_the_docs(anonymous_client: Client) -> None:
    assert anonymous_client.get("/api/")["Location"] == "/api/docs"
