from __future__ import annotations

import uuid
from typing import Any

import pytest

from autonomy.memory.embedding import shared_embedder
from autonomy.memory.postings import store_postings
from autonomy.models import Passage
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import PASSAGE, World

pytestmark = pytest.mark.django_db


def test_passages_are_found_by_meaning(api: KeyClient, world: World) -> None:
    rows = list(Passage.objects.filter(source=world.file).order_by("ordinal"))
    for row, vector in zip(rows, shared_embedder().encode([r.text for r in rows]), strict=True):
        row.embedding = vector
        row.save(update_fields=["embedding"])
    body = api.get("/api/v2/memory/search?q=how a transformer compares its tokens").json()
    best = body["items"][0]
    assert (best["kind"], best["text"], best["page"]) == ("passage", PASSAGE, 2)
    assert best["id"] == str(world.passage.pk)
    assert best["source_id"] == str(world.file.pk)


def test_filters_narrow_the_sources_and_words_are_marked(api: KeyClient, world: World) -> None:
    rows = Passage.objects.filter(source=world.file).order_by("ordinal")
    store_postings(world.file, list(rows.values_list("ordinal", "heading", "text")))

    def found(query: str) -> list[dict[str, Any]]:
        answer = api.get(f"/api/v2/memory/search?q=token&{query}")
        assert answer.status_code == 200, answer.content
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    (hit,) = found(f"source_id={world.file.pk}&year_from=2020&year_to=2020&type=article")
    assert [hit["text"][a:b].lower() for a, b in hit["highlights"]] == ["token", "token"]
    assert found("type=book&type=article&origin=upload&limit=1")
    for none in ("year_to=2019", "type=book", "origin=web", f"conversation_id={uuid.uuid4()}"):
        assert found(none) == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "variety=2", "source_id=x", "reading=half", "year_from=later"]
)
def test_filters_that_make_no_sense_are_refused(api: KeyClient, world: World, query: str) -> None:
    response = api.get(f"/api/v2/memory/search?q=token&{query}")
    assert response.status_code == 422
    assert query.split("=")[0] in response.json()["errors"][0]["field"]


@pytest.mark.parametrize("query", ["", "?q=", "?q=" + "x" * 501])
def test_a_search_for_nothing_or_too_much_is_refused(api: KeyClient, query: str) -> None:
    response = api.get(f"/api/v2/memory/search{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "q"
