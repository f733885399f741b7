"""A small library for the runs that go through the product's own graph."""

from __future__ import annotations

from collections.abc import Mapping

from tests.chaos.arena import Arena

PRODUCT_JOURNEY = "answer"
"""Runs of this journey are driven through the product's own graph."""
QUESTION = "How do closed seasons change grazing fish on coral reefs?"


def prepare_library(arena: Arena) -> str:
    """Give every person a few readable sources; a question that they answer."""
    from django.db import connection

    from autonomy.memory import ingestion
    from autonomy.services import add_file
    from tests.autonomy.agents.world import FISHERY, REEFS
    from tests.chaos.worker import HashedWords

    for person in arena.people:
        for name, sections in (("reefs.md", REEFS), ("fishery.md", FISHERY)):
            source = add_file(person, name, [_markdown(sections)])
            status = ingestion.ingest_file(source.pk, HashedWords())  # type: ignore[arg-type]
            assert status == "ready", f"{name} is {status}"
    connection.close()
    return QUESTION


def _markdown(sections: Mapping[str, str]) -> bytes:
    return "\n\n".join(f"# {title}\n\n{text}" for title, text in sections.items()).encode()
