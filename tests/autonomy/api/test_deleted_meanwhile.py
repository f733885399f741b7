"""Requests about a source that is deleted, or written to, while they are on their way."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from autonomy.core.works import Answer, Found, ProviderAnswer, Work
from autonomy.memory import reference_repo
from autonomy.models import Source
from autonomy.services import files, verification
from tests.autonomy.api.conftest import KeyClient
from tests.locks import Aside

pytestmark = pytest.mark.django_db(transaction=True)

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
    return Source.objects.create(
        owner=alice, csl=csl, status="failed", error="It is damaged.", file="files/aa/none"
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "files/{}", {"title": "On reefs"}),
        ("PATCH", "v2/sources/{}", {"csl": {"title": "On reefs"}}),
        ("POST", "v2/sources/{}/read", None),
        ("POST", "v2/sources/{}/verify", None),
        ("POST", "v2/sources/{}/accept", {}),
    ],
)
def test_a_source_that_is_deleted_meanwhile_is_not_found(
    api: KeyClient, source: Source, method: str, path: str, body: Any
) -> None:
    verification.verify_reference(source)
    path = path.format(source.pk)
    with transaction.atomic():
        files.delete_file(source)
        request = Aside(lambda: api.send(method, f"/api/{path}", body))
        assert request.waits()
    answer = request.end()
    assert answer.status_code == 404, answer.content
    assert answer.json()["detail"] == "The source has been deleted."


def test_what_another_tab_has_taken_over_is_not_offered_again(
    api: KeyClient, source: Source
) -> None:
    verification.verify_reference(source)
    with transaction.atomic():
        reference_repo.accept(source, ["issued"])
        second = Aside(lambda: api.send("POST", f"/api/v2/sources/{source.pk}/accept", {}))
        assert second.waits()
    answer = second.end()
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_offered")


def test_what_is_corrected_in_one_field_keeps_what_was_written_meanwhile(
    api: KeyClient, source: Source
) -> None:
    with transaction.atomic():
        row = Source.objects.select_for_update().get(pk=source.pk)
        row.csl = {**row.csl, "volume": "12"}
        row.save(update_fields=["csl"])
        request = Aside(lambda: api.send("PATCH", f"/api/files/{source.pk}", {"title": "On reefs"}))
        assert request.waits()
    assert request.end().status_code == 200
    source.refresh_from_db()
    assert (source.csl["title"], source.csl["volume"]) == ("On reefs", "12")
    assert source.csl_edited
