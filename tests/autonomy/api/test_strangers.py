"""A stranger gets nothing, on any route. The table below has a row for every operation of the
router: a new route without a row fails the test."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client

from autonomy.models import Check
from handywriterz.api import api
from tests.autonomy.api.world import World, make_world

pytestmark = pytest.mark.django_db

OWN = "own"
"""Shows the caller's own things only: a stranger gets an answer without Alice's."""
HIDDEN = "hidden"
"""Names one of Alice's things: 404 for a stranger."""
REFUSED = "refused"
"""Names Alice's things in the body: a stranger gets 422 and nothing happens."""
PUBLIC = "public"

Ids = Callable[[World], dict[str, str]]


class Row(NamedTuple):
    rule: str
    ids: Ids = lambda world: {}
    body: Callable[[World], Any] = lambda world: None
    query: str = ""


def _run(world: World) -> dict[str, str]:
    return {"run_id": str(world.run.pk)}


def _artifact(world: World) -> dict[str, str]:
    return _run(world) | {"artifact_id": str(world.artifact.pk)}


def _file(world: World) -> dict[str, str]:
    return {"file_id": str(world.file.pk)}


def _source(world: World) -> dict[str, str]:
    return {"source_id": str(world.file.pk)}


def _conversation(world: World) -> dict[str, str]:
    return {"conversation_id": str(world.conversation.pk)}


def _passage(world: World) -> dict[str, str]:
    return {"passage_id": str(world.passage.pk)}


def _connection(world: World) -> dict[str, str]:
    return {"connection_id": str(world.connection.pk)}


def _tool(world: World) -> dict[str, str]:
    return {"name": world.tool.name}


def _repair(world: World) -> dict[str, str]:
    return {"name": world.tool.name, "number": "1"}


def _check(world: World) -> dict[str, str]:
    return {"check_id": str(Check.objects.get_or_create(cycle=world.cycle)[0].pk)}


TABLE: dict[str, Row] = {
    "POST chat": Row(
        HIDDEN, body=lambda w: {"message": "Mine now", "conversation_id": str(w.conversation.pk)}
    ),
    "GET stream/{uuid:conversation_id}": Row(HIDDEN, _conversation, query="?follow=false"),
    "GET conversations": Row(OWN),
    "GET conversations/{uuid:conversation_id}": Row(HIDDEN, _conversation),
    "PATCH conversations/{uuid:conversation_id}": Row(
        HIDDEN, _conversation, lambda w: {"title": "Mine now"}
    ),
    "DELETE conversations/{uuid:conversation_id}": Row(HIDDEN, _conversation),
    "POST files": Row(OWN, body=lambda w: b"multipart"),
    "GET files": Row(OWN),
    "GET files/{uuid:file_id}": Row(HIDDEN, _file),
    "PATCH files/{uuid:file_id}": Row(HIDDEN, _file, lambda w: {"title": "Mine now"}),
    "DELETE files/{uuid:file_id}": Row(HIDDEN, _file),
    "POST v2/runs": Row(
        REFUSED,
        body=lambda w: {
            "journey": "write",
            "task_spec": {"goal": "Use her file", "file_ids": [str(w.file.pk)]},
        },
    ),
    "GET v2/me/usage": Row(OWN),
    "GET v2/me/export": Row(OWN),
    "DELETE v2/me": Row(OWN, body=lambda w: {"email": "me@example.org", "password": "guess"}),
    "GET v2/runs": Row(OWN),
    "GET v2/runs/{uuid:run_id}": Row(HIDDEN, _run),
    "GET v2/runs/{uuid:run_id}/events": Row(HIDDEN, _run, query="?follow=false"),
    "POST v2/runs/{uuid:run_id}/pause": Row(HIDDEN, _run),
    "POST v2/runs/{uuid:run_id}/resume": Row(HIDDEN, _run),
    "POST v2/runs/{uuid:run_id}/cancel": Row(HIDDEN, _run),
    "POST v2/runs/{uuid:run_id}/tool": Row(
        HIDDEN, _run, lambda w: {"interrupt_id": "x", "allowed": True}
    ),
    "POST v2/runs/{uuid:run_id}/fork": Row(HIDDEN, _run, lambda w: {}),
    "PATCH v2/runs/{uuid:run_id}/budget": Row(HIDDEN, _run, lambda w: {"tokens": 5}),
    "POST v2/runs/{uuid:run_id}/messages": Row(HIDDEN, _run, lambda w: {"message": "Stop"}),
    "GET v2/runs/{uuid:run_id}/messages": Row(HIDDEN, _run),
    "PUT v2/runs/{uuid:run_id}/plan": Row(
        HIDDEN, _run, lambda w: {"version": 1, "steps": [{"title": "Mine now"}]}
    ),
    "GET v2/runs/{uuid:run_id}/checkpoints": Row(HIDDEN, _run),
    "GET v2/runs/{uuid:run_id}/artifacts": Row(HIDDEN, _run),
    "GET v2/runs/{uuid:run_id}/artifacts/{uuid:artifact_id}": Row(HIDDEN, _artifact),
    "GET v2/runs/{uuid:run_id}/artifacts/{uuid:artifact_id}/download": Row(HIDDEN, _artifact),
    "GET v2/runs/{uuid:run_id}/versions": Row(HIDDEN, _run),
    "GET v2/runs/{uuid:run_id}/versions/compare": Row(
        HIDDEN, _run, query=f"?from={uuid.UUID(int=1)}&to={uuid.UUID(int=2)}"
    ),
    "POST v2/runs/{uuid:run_id}/versions/{uuid:artifact_id}/restore": Row(HIDDEN, _artifact),
    "GET v2/runs/{uuid:run_id}/similarity": Row(HIDDEN, _run),
    "POST v2/runs/{uuid:run_id}/similarity": Row(HIDDEN, _run),
    "GET v2/runs/{uuid:run_id}/similarity/download": Row(HIDDEN, _run),
    "GET v2/runs/{uuid:run_id}/similarity/texts/{uuid:text_id}": Row(
        HIDDEN, lambda w: _run(w) | {"text_id": str(w.file.pk)}, query="?start=0&end=4"
    ),
    "GET v2/runs/{uuid:run_id}/sources": Row(HIDDEN, _run),
    "GET v2/runs/{uuid:run_id}/citations": Row(HIDDEN, _run),
    "GET v2/models": Row(OWN),
    "PUT v2/models/roles": Row(OWN, body=lambda w: {"scope": "user", "roles": {"writer": ""}}),
    "POST v2/models/connections": Row(OWN, body=lambda w: {"provider": "openai"}),
    "PATCH v2/models/connections/{uuid:connection_id}": Row(
        HIDDEN, _connection, lambda w: {"label": "Mine now"}
    ),
    "DELETE v2/models/connections/{uuid:connection_id}": Row(HIDDEN, _connection),
    "POST v2/models/connections/{uuid:connection_id}/test": Row(HIDDEN, _connection),
    "POST v2/models/test": Row(OWN, body=lambda w: {"provider": "openai"}),
    "GET v2/tools": Row(OWN),
    "POST v2/tools/ingest": Row(OWN, body=lambda w: {"document": "no document"}),
    "PUT v2/tools/secrets": Row(
        OWN, body=lambda w: {"host": "no host", "scheme": "key", "value": "my-own-key"}
    ),
    "DELETE v2/tools/secrets": Row(HIDDEN, query="?host=tool.example.org:443&scheme=key"),
    "GET v2/tools/{name}": Row(HIDDEN, _tool),
    "PATCH v2/tools/{name}": Row(HIDDEN, _tool, lambda w: {"policy": "auto"}),
    "DELETE v2/tools/{name}": Row(HIDDEN, _tool),
    "POST v2/tools/{name}/test": Row(HIDDEN, _tool, lambda w: {"arguments": {}}),
    "POST v2/tools/{name}/enable": Row(HIDDEN, _tool),
    "POST v2/tools/{name}/disable": Row(HIDDEN, _tool),
    "POST v2/tools/{name}/repairs/{number}/agree": Row(HIDDEN, _repair),
    "POST v2/tools/{name}/repairs/{number}/dismiss": Row(HIDDEN, _repair),
    "POST v2/tools/{name}/repairs/{number}/undo": Row(HIDDEN, _repair),
    "POST v2/tools/{name}/revert": Row(HIDDEN, _tool, lambda w: {"version": 1}),
    "POST v2/turnitin/{uuid:run_id}/report": Row(
        HIDDEN, _run, lambda w: {"cycle_id": str(w.cycle.pk), "observed_similarity": 1}
    ),
    "GET v2/turnitin/{uuid:run_id}/status": Row(HIDDEN, _run),
    "GET v2/turnitin/{uuid:run_id}/changes": Row(HIDDEN, _run),
    "GET v2/notifications": Row(OWN),
    "POST v2/notifications/read": Row(OWN, body=lambda world: {"all": True}),
    "GET v2/notifications/mail": Row(OWN),
    "PATCH v2/notifications/mail": Row(OWN, body=lambda world: {"mail_done": False}),
    "GET v2/turnitin/{uuid:run_id}/checker": Row(HIDDEN, _run),
    "POST v2/turnitin/{uuid:run_id}/checker": Row(HIDDEN, _run),
    "DELETE v2/turnitin/{uuid:run_id}/checker": Row(HIDDEN, _run),
    "GET v2/checks": Row(OWN, query="?which=all"),
    "GET v2/checks/checkers": Row(OWN),
    "GET v2/checks/{uuid:check_id}": Row(HIDDEN, _check),
    "PATCH v2/checks/{uuid:check_id}": Row(HIDDEN, _check, lambda w: {"note": "Mine now"}),
    "POST v2/checks/{uuid:check_id}/claim": Row(HIDDEN, _check),
    "POST v2/checks/{uuid:check_id}/renew": Row(HIDDEN, _check),
    "POST v2/checks/{uuid:check_id}/release": Row(HIDDEN, _check),
    "POST v2/checks/{uuid:check_id}/assign": Row(HIDDEN, _check, lambda w: {"checker_id": 1}),
    "GET v2/checks/{uuid:check_id}/document": Row(HIDDEN, _check),
    "GET v2/checks/{uuid:check_id}/download": Row(HIDDEN, _check),
    "POST v2/checks/{uuid:check_id}/report": Row(HIDDEN, _check),
    "DELETE v2/checks/{uuid:check_id}/report": Row(HIDDEN, _check),
    "POST v2/checks/{uuid:check_id}/marked": Row(HIDDEN, _check),
    "DELETE v2/checks/{uuid:check_id}/marked": Row(HIDDEN, _check),
    "POST v2/checks/{uuid:check_id}/accept": Row(HIDDEN, _check, lambda w: {"note": "Fine"}),
    "POST v2/checks/{uuid:check_id}/reject": Row(HIDDEN, _check, lambda w: {"note": "Bad"}),
    "GET v2/passages/{uuid:passage_id}": Row(HIDDEN, _passage),
    "GET v2/sources": Row(OWN),
    "GET v2/sources/export": Row(OWN),
    "POST v2/sources/{uuid:source_id}/metadata": Row(HIDDEN, _source, lambda w: {}),
    "POST v2/sources/delete": Row(OWN, body=lambda w: {"ids": [str(w.file.pk)]}),
    "POST v2/sources/reference": Row(OWN, body=lambda w: {"csl": {"title": "Mine"}}),
    "GET v2/sources/{uuid:source_id}": Row(HIDDEN, _source),
    "PATCH v2/sources/{uuid:source_id}": Row(
        HIDDEN, _source, lambda w: {"csl": {"title": "Mine now"}}
    ),
    "DELETE v2/sources/{uuid:source_id}": Row(HIDDEN, _source),
    "POST v2/sources/{uuid:source_id}/read": Row(HIDDEN, _source),
    "GET v2/sources/{uuid:source_id}/verification": Row(HIDDEN, _source),
    "POST v2/sources/{uuid:source_id}/verify": Row(HIDDEN, _source),
    "POST v2/sources/{uuid:source_id}/accept": Row(HIDDEN, _source, lambda w: {}),
    "GET v2/sources/{uuid:source_id}/content": Row(HIDDEN, _source),
    "GET v2/sources/{uuid:source_id}/pages/{int:number}": Row(
        HIDDEN, lambda w: _source(w) | {"number": "1"}
    ),
    "GET v2/styles": Row(OWN),
    "POST v2/styles": Row(OWN, body=lambda w: b"multipart"),
    "DELETE v2/styles/{uuid:style_id}": Row(HIDDEN, lambda w: {"style_id": str(w.style.pk)}),
    "POST v2/runs/{uuid:run_id}/artifacts/{uuid:artifact_id}/style": Row(
        HIDDEN, _artifact, lambda w: {"style": "apa"}
    ),
    "GET v2/runs/{uuid:run_id}/rewriting/{uuid:artifact_id}": Row(HIDDEN, _artifact),
    "GET v2/runs/{uuid:run_id}/rewriting/{uuid:artifact_id}/decisions": Row(HIDDEN, _artifact),
    "PATCH v2/runs/{uuid:run_id}/rewriting/{uuid:artifact_id}/decisions": Row(
        HIDDEN, _artifact, lambda w: {"decision": "accepted"}
    ),
    "POST v2/runs/{uuid:run_id}/rewriting/{uuid:artifact_id}/keep": Row(HIDDEN, _artifact),
    "POST v2/sources/import": Row(
        OWN, body=lambda w: {"text": "@book{lee2020, title={On attention}, author={Lee, Ann}}"}
    ),
    "GET v2/memory/search": Row(OWN, query="?q=attention"),
    "GET v2/schema/events": Row(PUBLIC),
    "GET v2/health": Row(PUBLIC),
    "GET v2/health/live": Row(PUBLIC),
    "GET v2/health/ready": Row(PUBLIC),
}


def operations() -> set[str]:
    """`METHOD path` of every operation of the API, as the router has it."""
    found = set()
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            full = "/".join(part.strip("/") for part in (bound.prefix, path) if part.strip("/"))
            full = full.replace("{uuidstr:", "{uuid:")
            found |= {f"{method} {full}" for op in view.operations for method in op.methods}
    return found


def call(client: Client, name: str, world: World) -> Any:
    row = TABLE[name]
    method, path = name.split(" ", 1)
    for key, value in row.ids(world).items():
        for form in (f"{{uuid:{key}}}", f"{{int:{key}}}", f"{{{key}}}"):
            path = path.replace(form, value)
    body = row.body(world)
    headers = {"content_type": "application/json"}
    data = json.dumps(body) if body is not None and not isinstance(body, bytes) else body or ""
    return client.generic(method, f"/api/{path}{row.query}", data, **headers)


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


def test_every_route_has_a_row() -> None:
    assert operations() == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_anonymous_gets_nothing_but_health_and_schema(
    name: str, world: World, anonymous_client: Client
) -> None:
    response = call(anonymous_client, name, world)
    if TABLE[name].rule == PUBLIC:
        assert response.status_code in (200, 503)
        return
    assert response.status_code == 401, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", sorted(n for n, row in TABLE.items() if row.rule == HIDDEN))
def test_what_is_alices_does_not_exist_for_bob(name: str, world: World, bob_client: Client) -> None:
    response = call(bob_client, name, world)
    assert response.status_code == 404, response.content
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("name", sorted(n for n, row in TABLE.items() if row.rule == OWN))
def test_lists_show_bob_only_what_is_his(name: str, world: World, bob_client: Client) -> None:
    response = call(bob_client, name, world)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    text = content.decode(errors="replace")
    assert response.status_code in (200, 201, 422)
    assert not [some for some in world.ids() if some in text]


@pytest.mark.parametrize("name", sorted(n for n, row in TABLE.items() if row.rule == REFUSED))
def test_alices_things_in_a_body_are_refused(name: str, world: World, bob_client: Client) -> None:
    response = call(bob_client, name, world)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"].endswith("file_ids")


def test_nothing_of_alices_changed_under_all_that(world: World, bob_client: Client) -> None:
    world.run.refresh_from_db()
    rows = (world.run, world.file, world.conversation, world.connection, world.tool)
    before = [_columns(row) for row in rows]
    for name in TABLE:
        call(bob_client, name, world)
    for row in rows:
        row.refresh_from_db()
    assert [_columns(row) for row in rows] == before


def _columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
