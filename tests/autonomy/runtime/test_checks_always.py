"""A server that has every document checked: from the pause to the checker's word, over the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from autonomy.models import Check, Notification, Run
from autonomy.runtime import checks as rows
from autonomy.services import checks
from handywriterz.env import env
from tests.autonomy.check_desk import make_checker
from tests.autonomy.runtime.graphs import asking
from tests.autonomy.runtime.test_runner import drive

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Start, Claim = Callable[..., Run], Callable[[], Any]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    answer = client.generic(
        method, f"/api/v2/{path}", json.dumps(body or {}), content_type="application/json"
    )
    return answer.status_code, answer.json() if answer.content else {}


def test_each_document_goes_to_a_checker_whose_word_wakes_its_run(
    start: Start,
    claim: Claim,
    make_user: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = env()
    always = SimpleNamespace(
        checkers="always",
        checker_lease_minutes=known.checker_lease_minutes,
    )
    for module in (checks, rows):
        monkeypatch.setattr(module, "env", lambda: always)
    carol = make_checker(make_user, "carol")
    run = start()
    drive(claim(), asking)

    check = Check.objects.get(cycle__run=run)
    assert Notification.objects.filter(owner=carol, kind="check").count() == 1
    owners, carols = client_of(run.owner), client_of(carol)
    code, choice = send(owners, "GET", f"turnitin/{run.pk}/checker")
    assert (code, choice["always"], choice["check"]["status"]) == (200, True, "open")
    code, refused = send(owners, "DELETE", f"turnitin/{run.pk}/checker")
    assert (code, refused["code"]) == (409, "always_checked")
    run.refresh_from_db()
    assert run.status == "waiting_human"

    assert send(carols, "POST", f"checks/{check.pk}/claim")[0] == 200
    body = {"observed_similarity": 9.0, "note": "All quoted and cited."}
    code, done = send(carols, "POST", f"checks/{check.pk}/accept", body)
    assert (code, done["outcome"]) == (200, "accepted")
    drive(claim(), asking)
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert run.turnitin_cycles.get().checked_by == carol
