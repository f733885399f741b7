"""Search engines, each in its own words."""

from __future__ import annotations

import pytest

from autonomy.core.llm.health import LocalHealth
from autonomy.core.works import Answer, FetchRefused
from autonomy.tools.fetch.desk import Desk
from autonomy.tools.web_search.brave import Brave
from autonomy.tools.web_search.duckduckgo import DuckDuckGo
from autonomy.tools.web_search.engine import Engine
from autonomy.tools.web_search.searxng import SearXNG
from autonomy.tools.web_search.tavily import Tavily
from autonomy.tools.web_search.web import OpenWeb
from tests.registries.answering import Reply
from tests.registries.faults import Fault
from tests.registries.fixtures import made_up_world, world_of_registries
from tests.registries.server import SPEAKERS, Registries
from tests.registries.world import by_key

__all__ = ["made_up_world", "world_of_registries"]

ENGINES = [SearXNG, Brave, Tavily, DuckDuckGo]


def web(kind: type[Engine], world: Registries, key: str = "k") -> OpenWeb:
    return OpenWeb(kind(world.url(kind.name), key), Desk(LocalHealth(), "test", seconds=3.0), None)


@pytest.mark.parametrize("kind", ENGINES)
async def test_each_engine_finds_pages_with_titles_and_snippets(
    made_up_world: Registries, kind: type[Engine]
) -> None:
    found = await web(kind, made_up_world).search("street trees canopy night", limit=5)
    entry = by_key("heat.1")
    first = found.pages[0]
    assert first.title == entry.title
    assert first.snippet == entry.finding
    assert first.engine == kind.name
    assert first.url.startswith(f"{made_up_world.base}/files/")
    assert len(found.pages) <= 5
    assert [one.answer for one in found.answers] == [Answer.FOUND]


@pytest.mark.parametrize("kind", ENGINES)
async def test_no_result_is_an_answer(made_up_world: Registries, kind: type[Engine]) -> None:
    found = await web(kind, made_up_world).search("zzzz qqqq")
    assert found.pages == ()
    assert [one.answer for one in found.answers] == [Answer.NOTHING]


@pytest.mark.parametrize(
    ("kind", "fault"),
    # Half of DuckDuckGo's page is still a page.
    [
        (kind, fault)
        for kind in ENGINES
        for fault in ("html", "cut", "empty", "wrong_shape")
        if (kind, fault) != (DuckDuckGo, "cut")
    ],
)
async def test_nonsense_is_no_answer(
    made_up_world: Registries, kind: type[Engine], fault: str
) -> None:
    made_up_world.fail(kind.name, Fault(fault, lasting=True))  # type: ignore[arg-type]
    found = await web(kind, made_up_world).search("street trees")
    (answer,) = found.answers
    assert answer.answer is Answer.UNREACHABLE
    assert "cannot be read" in answer.message


async def test_a_wrong_key_is_a_refusal(made_up_world: Registries) -> None:
    made_up_world.fail("brave", Fault("status", status=401))
    (answer,) = (await web(Brave, made_up_world).search("trees")).answers
    assert (answer.answer, answer.message) == (
        Answer.REFUSED,
        "brave refused the key that is set for it.",
    )


async def test_duckduckgo_s_riddle_is_a_limit_and_not_an_empty_web(
    made_up_world: Registries, monkeypatch: pytest.MonkeyPatch
) -> None:
    riddle = b"<html><body><div class='anomaly-modal__title'>Prove it</div></body></html>"
    monkeypatch.setitem(
        SPEAKERS, "duckduckgo", lambda _: Reply(202, {"Content-Type": "text/html"}, riddle)
    )
    (answer,) = (await web(DuckDuckGo, made_up_world).search("trees")).answers
    assert answer.answer is Answer.RATE_LIMITED


async def test_off_finds_nothing_and_fetches_nothing() -> None:
    off = OpenWeb(None, Desk(LocalHealth(), "test"), None)
    assert (await off.search("trees")).answers == ()
    with pytest.raises(FetchRefused, match="not fetched here"):
        await off.fetch("https://example.org/")
