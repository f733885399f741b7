"""Several registries asked as one."""

from __future__ import annotations

import pytest

from autonomy.core.csl import year_of
from autonomy.core.llm.health import LocalHealth
from autonomy.core.works import Answer
from autonomy.tools.fetch.desk import Desk
from autonomy.tools.scholarly.crossref import Crossref
from autonomy.tools.scholarly.index import Index
from autonomy.tools.scholarly.openalex import OpenAlex
from tests.autonomy.tools.scholarly.conftest import MakeIndex, answers
from tests.registries.server import Registries
from tests.registries.world import by_key


async def test_a_work_that_several_registries_know_is_found_once(make_index: MakeIndex) -> None:
    found = await make_index(OpenAlex, Crossref).search("spaced retrieval practice in biology")
    first = found.works[0]
    assert first.csl["title"].startswith("Spaced retrieval practice in first-year biology")
    assert set(first.providers) == {"crossref", "openalex"}
    assert first.identifiers["doi"] == "10.5555/hw.spacing.1"
    assert first.abstract == by_key("spacing.1").abstract
    dois = [work.identifiers["doi"] for work in found.works]
    assert len(dois) == len(set(dois))
    assert answers(found) == {"openalex": Answer.FOUND, "crossref": Answer.FOUND}
    scores = [work.score for work in found.works]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] > 0


async def test_years_bound_a_search(make_index: MakeIndex) -> None:
    found = await make_index(Crossref).search("practice", from_year=2018, to_year=2020, limit=50)
    assert found.works
    assert all(2018 <= (year_of(work.csl) or 0) <= 2020 for work in found.works)


async def test_the_publisher_s_year_stands_against_another_one(make_index: MakeIndex) -> None:
    found = await make_index(OpenAlex, Crossref).identify(["doi:10.5555/hw.heat.3"])
    assert [year_of(work.csl) for work in found.works] == [by_key("heat.3").year]


async def test_a_preprint_and_what_was_published_of_it_are_one_work(make_index: MakeIndex) -> None:
    found = await make_index().search(
        "opaque passage identifiers make citations verifiable", limit=5
    )
    work = found.works[0]
    published = by_key("citing.2")
    assert work.identifiers["doi"] == published.doi
    assert work.identifiers["arxiv"] == by_key("citing.2.preprint").arxiv
    assert f"arxiv:{work.identifiers['arxiv']}" in work.versions
    assert year_of(work.csl) == published.year
    assert work.csl["container-title"] == published.venue
    assert sum("opaque passage" in str(one.csl["title"]).lower() for one in found.works) == 1


async def test_works_are_had_by_identifiers_of_all_kinds(make_index: MakeIndex) -> None:
    wanted = by_key("shifts.1")
    found = await make_index().identify(
        [
            "https://doi.org/10.5555/HW.Spacing.1",
            f"arxiv:{by_key('citing.6').arxiv}v3",
            f"pmid:{wanted.pmid}",
            "doi:10.5555/not.there",
        ]
    )
    assert {work.identifiers["doi"] for work in found.works} == {
        "10.5555/hw.spacing.1",
        f"10.48550/arxiv.{by_key('citing.6').arxiv}",
        wanted.doi,
    }


async def test_an_unknown_identifier_is_nothing_and_not_a_failure(make_index: MakeIndex) -> None:
    found = await make_index(OpenAlex, Crossref).identify(["doi:10.5555/not.there"])
    assert found.works == ()
    assert found.reached
    assert set(answers(found).values()) == {Answer.NOTHING}


async def test_a_retraction_is_told_by_each_registry(make_index: MakeIndex) -> None:
    found = await make_index(OpenAlex, Crossref).identify(["doi:10.5555/hw.spacing.5"])
    (notice,) = found.works[0].notices
    assert (notice.kind, notice.doi) == ("retraction", "10.5555/hw.spacing.5.notice")
    alone = await make_index(OpenAlex).identify(["doi:10.5555/hw.spacing.5"])
    assert [one.kind for one in alone.works[0].notices] == ["retraction"]


async def test_a_reference_is_looked_up_by_its_description(make_index: MakeIndex) -> None:
    entry = by_key("remote.2")
    csl = {
        "title": entry.title.lower(),
        "author": [{"family": entry.authors[0][1], "given": entry.authors[0][0]}],
        "issued": {"date-parts": [[entry.year]]},
    }
    found = await make_index().lookup(csl)
    assert found.works[0].identifiers["doi"] == entry.doi
    assert set(found.works[0].providers) == {"crossref", "openalex", "semantic_scholar"}


async def test_a_wrong_identifier_gives_its_work_and_the_one_that_is_meant(
    make_index: MakeIndex,
) -> None:
    found = await make_index(OpenAlex, Crossref).lookup(
        {"title": by_key("remote.2").title, "DOI": "10.5555/hw.heat.1"}
    )
    dois = [work.identifiers["doi"] for work in found.works]
    assert {"10.5555/hw.heat.1", "10.5555/hw.remote.2"} <= set(dois)


async def test_an_invented_reference_is_nowhere(make_index: MakeIndex) -> None:
    found = await make_index().lookup(
        {"title": "Quantum beekeeping for orbital vineyards", "DOI": "10.5555/invented"}
    )
    assert found.works == ()
    assert found.reached


async def test_who_cites_a_work(make_index: MakeIndex) -> None:
    index = make_index(OpenAlex)
    work = (await index.identify(["doi:10.5555/hw.heat.1"])).works[0]
    found = await index.citing(work)
    assert {one.identifiers["doi"] for one in found.works} == {
        f"10.5555/hw.heat.{at}" for at in (2, 3, 4, 5)
    }
    assert f"openalex:{by_key('heat.1').openalex}" in found.works[0].references


async def test_without_registries_nothing_is_found_and_nothing_fails(
    made_up_world: Registries,
) -> None:
    index = Index([], Desk(LocalHealth(), "test"))
    found = await index.search("anything")
    assert (found.works, found.answers, found.reached) == ((), (), False)


@pytest.mark.parametrize("query", ["", "   ", "\x00", "<b></b>"])
async def test_a_query_without_words_asks_nobody(
    make_index: MakeIndex, made_up_world: Registries, query: str
) -> None:
    assert (await make_index().search(query)).works == ()
    assert made_up_world.asked == []
