"""An index over the made-up world."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autonomy.core.llm.health import LocalHealth
from autonomy.core.works import Answer, Found
from autonomy.tools.fetch.addresses import trusted_hosts
from autonomy.tools.fetch.desk import Desk
from autonomy.tools.fetch.fetcher import Fetcher
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.arxiv import Arxiv
from autonomy.tools.scholarly.crossref import Crossref
from autonomy.tools.scholarly.europe_pmc import EuropePmc
from autonomy.tools.scholarly.index import Index
from autonomy.tools.scholarly.openalex import OpenAlex
from autonomy.tools.scholarly.pubmed import PubMed
from autonomy.tools.scholarly.registry import Account, Registry
from autonomy.tools.scholarly.semantic_scholar import SemanticScholar
from autonomy.tools.scholarly.unpaywall import Unpaywall
from tests.registries.fixtures import made_up_world, world_of_registries
from tests.registries.server import Registries

__all__ = ["made_up_world", "world_of_registries"]

ALL: tuple[type[Registry], ...] = (
    OpenAlex,
    Crossref,
    Arxiv,
    EuropePmc,
    SemanticScholar,
    PubMed,
    Unpaywall,
)
MakeIndex = Callable[..., Index]


class Unhurried:
    """Paces without waiting: what a registry asks for is tested with clocks of its own."""

    async def get(self, provider: str) -> Pace | None:
        return Pace(per_minute=60_000, burst=1_000)

    async def put(self, provider: str, pace: Pace) -> None:
        return None


@pytest.fixture
def make_index(made_up_world: Registries) -> MakeIndex:
    """`make_index(OpenAlex, Crossref, seconds=2.0)`; without classes, all registries."""

    def make(*kinds: type[Registry], seconds: float = 5.0, key: str = "", **desk: object) -> Index:
        account = Account("someone@example.org", key)
        made = [kind(made_up_world.url(kind.name), account) for kind in kinds or ALL]
        shared = {
            "health": LocalHealth(),
            "agent": "HandyWriterz/test",
            "paces": Unhurried(),
            "seconds": seconds,
            "trusted": trusted_hosts(""),
        } | desk
        fetcher = Fetcher(
            LocalHealth(), "HandyWriterz/test", trusted=trusted_hosts(made_up_world.host)
        )
        return Index(made, Desk(**shared), fetcher=fetcher)  # type: ignore[arg-type]

    return make


def answers(found: Found) -> dict[str, Answer]:
    return {one.provider: one.answer for one in found.answers}
