from __future__ import annotations

import pytest

from autonomy.memory.embedding import shared_embedder
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


@pytest.mark.parametrize("query", ["", "?q=", "?q=" + "x" * 501])
def test_a_search_for_nothing_or_too_much_is_refused(api: KeyClient, query: str) -> None:
    response = api.get(f"/api/v2/memory/search{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "q"
