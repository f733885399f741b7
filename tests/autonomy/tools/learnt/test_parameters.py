from __future__ import annotations

from typing import Any

import pytest

from autonomy.tools.learnt.parameters import asked_for, wanted
from tests.autonomy.tools.learnt.apis import TICKET, WORKS, exchange


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ({"error": "Missing required parameter 'lang'."}, {"lang"}),
        ({"message": "The parameter `page_size` is required"}, {"page_size"}),
        ({"error": {"message": 'Required field "locale" was not given'}}, {"locale"}),
        ({"detail": [{"type": "missing", "loc": ["query", "q"], "msg": "Field required"}]}, {"q"}),
        ({"errors": [{"code": "required", "source": {"parameter": "limit"}}]}, {"limit"}),
        ({"title": "Bad Request", "detail": "missing parameter: tenant"}, {"tenant"}),
        ({"error": "Something is wrong with 'title'"}, set()),
        ("Parameter year is required", {"year"}),
        ({"errors": [{"param": "../etc", "code": "required"}]}, set()),
        (None, set()),
    ],
)
def test_an_error_names_what_it_misses(answer: Any, names: set[str]) -> None:
    assert wanted(answer) == names


def refused(body: Any, arguments: dict[str, Any]) -> Any:
    return asked_for(WORKS.tool(), WORKS.recordings(), exchange(arguments, body, status=400))


def test_a_default_of_the_contract_is_given() -> None:
    operation, said = refused({"error": "Missing required parameter 'lang'"}, {"q": "x"})
    assert operation == ("default", {"at": "/lang", "value": "en"})
    assert "lang" in said


def test_what_all_recordings_gave_is_given() -> None:
    recordings = [
        exchange({"q": str(n), "region": "eu"}, {}, result={"items": []}) for n in range(3)
    ]
    failed = exchange({"q": "x"}, {"error": "Missing required parameter 'region'"}, status=400)
    operation, _ = asked_for(WORKS.tool(), recordings, failed)
    assert operation == ("default", {"at": "/region", "value": "eu"})


@pytest.mark.parametrize(
    "name", ["api_key", "Authorization", "access_token", "client_secret", "user"]
)
def test_what_only_a_person_can_give_is_never_made_up(name: str) -> None:
    found = refused({"error": f"Missing required parameter '{name}'"}, {"q": "x"})
    assert "only a person" in found


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "Bad request"}, "does not name"),
        (
            {"errors": [{"param": "a", "code": "required"}, {"param": "b", "code": "required"}]},
            "several",
        ),
        ({"error": "Missing required parameter 'tenant'"}, "neither"),
    ],
)
def test_what_is_not_known_is_said(body: Any, said: str) -> None:
    assert said in refused(body, {"q": "x"})


def test_an_argument_under_a_new_name_is_renamed() -> None:
    failed = exchange(
        {"number": 101}, {"error": "Missing required parameter 'ticket_number'"}, status=422
    )
    operation, _ = asked_for(TICKET.tool(), TICKET.recordings(), failed)
    assert operation == ("rename", {"from": "/number", "to": "/ticket_number"})
