"""What registries do when they do not answer, and what is said of it."""

from __future__ import annotations

import pytest

from autonomy.core.llm.health import LocalHealth
from autonomy.core.works import Answer
from autonomy.tools.fetch.cache import Memory
from autonomy.tools.fetch.desk import Desk, LocalPaces
from autonomy.tools.scholarly.crossref import Crossref
from autonomy.tools.scholarly.index import Index
from autonomy.tools.scholarly.openalex import OpenAlex
from autonomy.tools.scholarly.registry import Registry
from tests.autonomy.tools.scholarly.conftest import ALL, MakeIndex, answers
from tests.registries.faults import Fault
from tests.registries.server import Registries

SEARCHED = [kind for kind in ALL if kind.name != "unpaywall"]


@pytest.mark.parametrize("kind", SEARCHED)
@pytest.mark.parametrize("fault", ["html", "cut", "empty", "wrong_shape", "broken_off", "loop"])
async def test_an_answer_that_is_none_is_unreachable_and_never_nothing(
    make_index: MakeIndex, made_up_world: Registries, kind: type[Registry], fault: str
) -> None:
    made_up_world.fail(kind.name, Fault(fault, lasting=True))  # type: ignore[arg-type]
    query = "night shifts" if kind.name in ("pubmed", "europe_pmc") else "retrieval"
    found = await make_index(kind).search(query)
    (answer,) = found.answers
    assert answer.answer is Answer.UNREACHABLE
    assert answer.message.startswith(kind.name)
    assert answer.message.endswith(".")
    assert not found.reached


async def test_one_that_fails_leaves_the_others_their_say(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    made_up_world.fail("openalex", Fault("html", lasting=True))
    found = await make_index(OpenAlex, Crossref).search("street trees")
    assert found.works
    assert answers(found) == {"openalex": Answer.UNREACHABLE, "crossref": Answer.FOUND}


async def test_a_moment_s_failure_is_tried_again(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    made_up_world.fail("crossref", Fault("status", status=502))
    assert answers(await make_index(Crossref).search("trees")) == {"crossref": Answer.FOUND}
    assert len(made_up_world.questions("crossref")) == 2


async def test_a_short_limit_is_waited_for_and_a_long_one_told(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    made_up_world.fail("crossref", Fault("status", status=429, headers={"Retry-After": "0.2"}))
    assert answers(await make_index(Crossref).search("trees")) == {"crossref": Answer.FOUND}
    made_up_world.heal()
    made_up_world.fail("crossref", Fault("status", status=429, headers={"Retry-After": "600"}))
    index = make_index(Crossref)
    for says in ("limiting our requests", "may be asked again in"):
        (answer,) = (await index.search("trees")).answers
        assert answer.answer is Answer.RATE_LIMITED
        assert says in answer.message
    assert len(made_up_world.questions("crossref")) == 1


async def test_a_silent_registry_costs_the_time_allowed(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    made_up_world.fail("crossref", Fault("slow", latency=1.5))
    (answer,) = (await make_index(Crossref, seconds=0.3).search("trees")).answers
    assert answer.answer is Answer.UNREACHABLE
    assert "in time" in answer.message


async def test_a_registry_that_is_down_is_left_alone(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    made_up_world.fail("crossref", Fault("status", status=500, lasting=True))
    index = make_index(Crossref, health=LocalHealth())
    for _ in range(4):
        (answer,) = (await index.search("trees")).answers
    assert "left alone" in answer.message
    assert len(made_up_world.questions("crossref")) == 5


@pytest.mark.parametrize(("key", "says"), [("k", "refused the key"), ("", "none is set")])
async def test_a_key_that_is_wrong_or_missing(
    make_index: MakeIndex, made_up_world: Registries, key: str, says: str
) -> None:
    made_up_world.fail("semantic_scholar", Fault("status", status=403))
    from autonomy.tools.scholarly.semantic_scholar import SemanticScholar

    (answer,) = (await make_index(SemanticScholar, key=key).search("retrieval")).answers
    assert (answer.answer, says in answer.message) == (Answer.REFUSED, True)
    assert "Key" not in answer.message


async def test_too_large_an_answer_is_not_read(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    made_up_world.fail("crossref", Fault("huge", lasting=True))
    (answer,) = (await make_index(Crossref).search("trees")).answers
    assert answer.answer is Answer.UNREACHABLE
    assert "at most 8,388,608" in answer.message


async def test_a_pace_that_a_registry_tells_is_kept_for_all(made_up_world: Registries) -> None:
    paces = LocalPaces()
    desk = Desk(LocalHealth(), "test", paces=paces, seconds=5.0)
    await Index([Crossref(made_up_world.url("crossref"))], desk).search("trees")
    told = await paces.get("crossref")
    assert told is not None
    assert told.per_minute == 3_000


async def test_the_same_question_is_asked_once(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    memory = Memory()
    index = make_index(Crossref, cache=memory)
    first = await index.search("street trees")
    assert await index.search("street trees") == first
    assert len(made_up_world.questions("crossref")) == 1
    assert [seconds for _, seconds in memory.kept.values()] == [86_400.0]


async def test_nothing_found_is_kept_for_a_short_while_and_failures_never(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    memory = Memory()
    index = make_index(Crossref, cache=memory)
    await index.identify(["doi:10.5555/not.there"])
    assert [seconds for _, seconds in memory.kept.values()] == [900.0]
    memory.kept.clear()
    made_up_world.fail("crossref", Fault("html", lasting=True))
    await index.search("trees")
    assert memory.kept == {}


async def test_who_asks_says_so(make_index: MakeIndex, made_up_world: Registries) -> None:
    await make_index(OpenAlex, Crossref, key="secret").search("trees")
    (openalex,) = made_up_world.questions("openalex")
    assert openalex.get("mailto") == "someone@example.org"
    assert openalex.get("api_key") == "secret"
    (crossref,) = made_up_world.questions("crossref")
    assert crossref.get("mailto") == "someone@example.org"
    assert crossref.headers["user-agent"] == "HandyWriterz/test"
