"""References checked on request, and registries' values taken over."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from autonomy.core.works import Answer, Found, ProviderAnswer, Work
from autonomy.models import Source
from autonomy.services import verification
from tests.autonomy.api.conftest import KeyClient

pytestmark = pytest.mark.django_db

CSL: dict[str, Any] = {
    "type": "article-journal",
    "title": "Ten years on the reefs of Marra",
    "author": [{"family": "Okoye", "given": "Ada"}],
    "issued": {"date-parts": [[2019]]},
    "DOI": "10.5555/reefs.1",
}


class Registry:
    async def lookup(self, csl: dict[str, Any]) -> Found:
        answer = ProviderAnswer(provider="crossref", answer=Answer.FOUND, count=1)
        return Found(works=(Work(csl=CSL, providers=("crossref",)),), answers=(answer,))


@pytest.fixture
def source(alice: User, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setattr(verification, "shared_scholar", Registry)
    csl = {**CSL, "issued": {"date-parts": [[2009]]}, "DOI": ""}
    return Source.objects.create(owner=alice, csl=csl, status="ready")


def path(source: Source, call: str) -> str:
    return f"/api/v2/sources/{source.pk}/{call}"


def test_a_mismatch_is_named_and_mended_in_one_call(api: KeyClient, source: Source) -> None:
    assert api.get(path(source, "verification")).json()["verdict"] is None

    found = api.send("POST", path(source, "verify")).json()

    assert found["verdict"] == "mismatch"
    assert found["differences"] == [{"field": "issued", "ours": "2009", "theirs": "2019"}]
    mended = api.send("POST", path(source, "accept"), {}).json()
    assert mended["verdict"] == "verified"
    source.refresh_from_db()
    assert source.csl["issued"] == CSL["issued"]
    assert source.csl_edited
    assert api.get(path(source, "verification")).json()["verdict"] == "verified"


def test_single_fields_are_taken_over(api: KeyClient, source: Source) -> None:
    api.send("POST", path(source, "verify"))

    answer = api.send("POST", path(source, "accept"), {"fields": ["DOI"]})

    assert answer.json()["verdict"] == "mismatch"
    source.refresh_from_db()
    assert (source.doi, source.csl["issued"]) == ("10.5555/reefs.1", {"date-parts": [[2009]]})


@pytest.mark.parametrize(
    ("checked", "body", "status", "code"),
    [
        (False, {}, 409, "nothing_offered"),
        (True, {"fields": ["note"]}, 422, "not_offered"),
        (True, {"field": []}, 422, "invalid_request"),
    ],
)
def test_what_is_not_on_offer_is_refused(
    api: KeyClient, source: Source, checked: bool, body: Any, status: int, code: str
) -> None:
    if checked:
        api.send("POST", path(source, "verify"))

    answer = api.send("POST", path(source, "accept"), body)

    assert answer.status_code == status
    assert code in (answer.json().get("code"), "invalid_request")


def test_too_many_checks_at_once_are_turned_away(
    api: KeyClient, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def acquire(self, *, blocking: bool) -> bool:
            return False

    monkeypatch.setattr(verification, "_places", Full())

    assert api.send("POST", path(source, "verify")).status_code == 503
