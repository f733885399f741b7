"""The process's own registries and web, from the environment, and what processes share of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from autonomy.core.works import Answer, FetchRefused, ProviderAnswer
from autonomy.runtime import outside
from autonomy.runtime.outside_memory import LastAnswers, SharedCache, SharedPaces, last_answer
from autonomy.tools.fetch.pace import Pace
from handywriterz.env import REGISTRIES, Env
from tests.registries.fixtures import made_up_world, world_of_registries
from tests.registries.server import Registries
from tests.registries.world import by_key

__all__ = ["made_up_world", "world_of_registries"]

SHARED = (outside.shared_scholar, outside.shared_web, outside._desk, outside._fetcher)


def _forget() -> None:
    for made in SHARED:
        made.cache_clear()


@pytest.fixture
def in_the_world(
    made_up_world: Registries, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Registries]:
    """The environment points at the made-up world."""
    for name, value in made_up_world.environment.items():
        monkeypatch.setenv(name, value)
    chosen = Env()
    monkeypatch.setattr(outside, "env", lambda: chosen)
    for name in REGISTRIES:
        # What these hosts would ask for is tested with clocks of its own.
        cache.set(f"outside:pace:{name}", (60_000.0, 1_000.0), 600)
    _forget()
    yield made_up_world
    _forget()


async def test_the_environment_makes_registries_that_answer(in_the_world: Registries) -> None:
    scholar = outside.shared_scholar()
    found = await scholar.search("night shifts and medication errors")
    assert found.works[0].identifiers["doi"] == by_key("shifts.2").doi
    assert {one.provider for one in found.answers} == {
        "openalex", "crossref", "arxiv", "europe_pmc", "semantic_scholar", "pubmed",
    }  # fmt: skip
    assert {one.answer for one in outside.last_answers() if one.provider == "crossref"} == {"found"}
    agents = {one.headers["user-agent"] for _, one in in_the_world.asked}
    assert agents == {"HandyWriterz/0.1.0 (mailto:someone@example.org)"}
    # The second time Redis answers.
    await scholar.search("night shifts and medication errors")
    assert len(in_the_world.questions("crossref")) == 1


async def test_a_full_text_and_a_page_of_the_web_are_fetched(in_the_world: Registries) -> None:
    scholar, web = outside.shared_scholar(), outside.shared_web()
    work = (await scholar.identify(["doi:10.5555/hw.heat.3"])).works[0]
    assert (await scholar.full_text(work)).media_type == "application/pdf"
    pages = await web.search("street trees")
    assert (await web.fetch(pages.pages[0].url)).body
    with pytest.raises(FetchRefused):
        await web.fetch("http://127.0.0.1/")


async def test_off_asks_nobody() -> None:
    # As all tests run that do not say otherwise.
    _forget()
    assert (await outside.shared_scholar().search("trees")).answers == ()
    with pytest.raises(FetchRefused):
        await outside.shared_web().fetch("https://example.org/")
    assert outside.last_answers() == []
    _forget()


async def test_what_one_process_learns_another_knows(redis_url: str) -> None:
    await SharedPaces().put("crossref", Pace(3_000.0, 5.0))
    assert await SharedPaces().get("crossref") == Pace(3_000.0, 5.0)
    assert await SharedPaces().get("arxiv") is None
    await SharedCache().set("outside:test", b"bytes", 60)
    assert await SharedCache().get("outside:test") == b"bytes"
    assert await SharedCache().get("outside:other") is None


async def test_the_same_answer_is_written_down_now_and_then(redis_url: str) -> None:
    now = [100.0]
    last = LastAnswers(clock=lambda: now[0])
    await last.tell(ProviderAnswer(provider="arxiv", answer=Answer.FOUND, count=3))
    assert last_answer("arxiv").answer == "found"
    cache.delete("outside:last:arxiv")
    await last.tell(ProviderAnswer(provider="arxiv", answer=Answer.FOUND, count=3))
    assert last_answer("arxiv").answer == ""
    limited = ProviderAnswer(provider="arxiv", answer=Answer.RATE_LIMITED, message="Later.")
    await last.tell(limited)
    assert (last_answer("arxiv").answer, last_answer("arxiv").message) == ("rate_limited", "Later.")


def test_who_asks_is_named_with_where_to_reach_them(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Env(contact_email="a@example.org", public_url="https://write.example.org")
    monkeypatch.setattr(outside, "env", lambda: chosen)
    assert outside.agent() == (
        "HandyWriterz/0.1.0 (https://write.example.org; mailto:a@example.org)"
    )
