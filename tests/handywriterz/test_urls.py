"""Addresses outside the API's own router."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client, RequestFactory

from handywriterz import urls

pytestmark = pytest.mark.django_db


def test_an_unknown_page_is_for_people_and_an_unknown_api_address_for_programs(
    alice_client: Client,
) -> None:
    page = alice_client.get("/no-such-page")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    problem = alice_client.get("/api/no-such-address")
    assert (problem.status_code, problem["Content-Type"]) == (404, "application/problem+json")


def test_an_error_outside_the_api_handlers_shows_nothing_of_the_inside(
    rf: RequestFactory,
) -> None:
    request: HttpRequest = rf.get("/api/chat")
    response: Any = urls.server_error(request)
    assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")
    page: Any = urls.server_error(rf.get("/somewhere"))
    assert page.status_code == 500
    assert "Traceback" not in page.content.decode()


def test_a_database_that_is_away_is_a_503_for_people_and_for_programs(rf: RequestFactory) -> None:
    def answer(path: str) -> Any:
        try:
            raise OperationalError("connection refused at 10.0.0.1")
        except OperationalError:
            return urls.server_error(rf.get(path))

    problem = answer("/api/chat")
    assert (problem.status_code, problem["Content-Type"]) == (503, "application/problem+json")
    assert int(problem["Retry-After"]) > 0
    page = answer("/somewhere")
    assert (page.status_code, page["Content-Type"]) == (503, "text/html; charset=utf-8")
    for response in (problem, page):
        assert "10.0.0.1" not in response.content.decode()
