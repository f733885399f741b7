"""What a file states of itself is completed from registries, and never against a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User

from autonomy.core.works import Found, Retraction, Work
from autonomy.models import Source
from autonomy.runtime import registry_metadata
from autonomy.runtime.registry_metadata import complete, identifier_in
from autonomy.services.source_words import record_in_words
from handywriterz.env import env

FILE = {"type": "article", "title": "Street trees and heat", "DOI": "10.1000/trees"}
REGISTRY = {
    "type": "article-journal",
    "title": "Street Trees and Heat",
    "author": [{"family": "Okonkwo", "given": "Nadia"}],
    "issued": {"date-parts": [[2018, 5]]},
    "container-title": "Urban Climate",
    "DOI": "10.1000/trees",
}


class Registries:
    def __init__(self, *works: Work) -> None:
        self.works = works
        self.asked: list[str] = []

    async def identify(self, identifiers: Sequence[str]) -> Found:
        self.asked += identifiers
        return Found(works=self.works)

    async def lookup(self, csl: dict[str, Any]) -> Found:
        raise AssertionError("only identifiers are believed without a person")


def work(**fields: Any) -> Work:
    return Work(**({"csl": REGISTRY, "providers": ("crossref",)} | fields))


@pytest.fixture(autouse=True)
def _asks_crossref(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = env().model_copy(update={"scholarly_providers": "crossref"})
    monkeypatch.setattr(registry_metadata, "env", lambda: chosen)


def make(owner: User, **fields: Any) -> Source:
    return Source.objects.create(owner=owner, **({"csl": FILE, "status": "ready"} | fields))


@pytest.mark.django_db
def test_a_file_with_a_doi_is_completed_and_says_so(alice: User) -> None:
    source = make(alice, csl=FILE | {"abstract": "Kept."})
    registries = Registries(work(notices=(Retraction(kind="retraction"),)))
    assert complete(source.pk, registries)  # type: ignore[arg-type]
    source.refresh_from_db()
    assert source.csl == FILE | REGISTRY | {"abstract": "Kept."}
    assert (source.doi, source.retracted, source.csl_edited) == ("10.1000/trees", True, False)
    assert source.record["metadata"] == {
        "provider": "crossref",
        "fields": ["Kind of work", "Authors", "Date", "Journal or book"],
    }
    assert (
        "Kind of work, Authors, Date and Journal or book were completed from Crossref."
        in record_in_words(source)
    )
    assert not complete(source.pk, registries)  # type: ignore[arg-type]
    assert registries.asked == ["doi:10.1000/trees"], "asked once"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"csl_edited": True},
        {"status": "embedding"},
        {"origin": "scholarly"},
        {"csl": {"type": "article", "title": "No identifier"}},
    ],
)
def test_what_is_not_ours_to_complete_is_left_alone(alice: User, fields: dict[str, Any]) -> None:
    source = make(alice, **fields)
    registries = Registries(work())
    assert not complete(source.pk, registries)  # type: ignore[arg-type]
    assert registries.asked == []


@pytest.mark.django_db
def test_the_identifier_of_another_work_is_not_believed(alice: User) -> None:
    source = make(alice, csl=FILE | {"title": "A history of tramways"})
    assert not complete(source.pk, Registries(work()))  # type: ignore[arg-type]
    source.refresh_from_db()
    assert source.csl["title"] == "A history of tramways"
    assert source.record == {}


@pytest.mark.django_db
def test_a_file_that_is_deleted_while_registries_are_asked_stays_gone(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(alice)

    def late(csl: dict[str, Any], found: Work) -> bool:
        Source.objects.all().delete()
        return True

    monkeypatch.setattr(registry_metadata, "_same", late)
    assert not complete(source.pk, Registries(work()))  # type: ignore[arg-type]
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("10.1000/ABC.", "doi:10.1000/abc"),
        ("https://doi.org/10.1000/abc", "doi:10.1000/abc"),
        ("1706.03762v7", "arxiv:1706.03762"),
        ("arXiv:1706.03762", "arxiv:1706.03762"),
        ("https://arxiv.org/abs/1706.03762", "arxiv:1706.03762"),
        ("https://arxiv.org/pdf/1706.03762v2.pdf", "arxiv:1706.03762"),
        ("math.GT/0309136", "arxiv:math.gt/0309136"),
        ("https://example.org/paper", ""),
        ("1999", ""),
        ("", ""),
    ],
)
def test_identifiers_are_read_in_every_dress(text: str, identifier: str) -> None:
    assert identifier_in(text) == identifier
