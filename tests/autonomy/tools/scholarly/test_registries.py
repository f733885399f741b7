"""Each registry's own shapes, read into the one vocabulary."""

from __future__ import annotations

import pytest

from autonomy.core.works import Work
from autonomy.tools.scholarly.arxiv import Arxiv
from autonomy.tools.scholarly.crossref import Crossref, _work
from autonomy.tools.scholarly.europe_pmc import EuropePmc
from autonomy.tools.scholarly.openalex import OpenAlex
from autonomy.tools.scholarly.pubmed import PubMed
from autonomy.tools.scholarly.registry import Registry
from autonomy.tools.scholarly.semantic_scholar import SemanticScholar
from autonomy.tools.scholarly.unpaywall import Unpaywall
from tests.autonomy.tools.scholarly.conftest import MakeIndex
from tests.registries.server import Registries
from tests.registries.world import by_key


async def one(make_index: MakeIndex, kind: type[Registry], key: str) -> Work:
    entry = by_key(key)
    named = f"arxiv:{entry.arxiv}" if entry.arxiv else f"doi:{entry.doi}"
    (work,) = (await make_index(kind).identify([named])).works
    return work


@pytest.mark.parametrize("kind", [OpenAlex, Crossref, EuropePmc, SemanticScholar, PubMed])
async def test_a_journal_article_is_described_alike(
    make_index: MakeIndex, kind: type[Registry]
) -> None:
    entry = by_key("shifts.1")
    work = await one(make_index, kind, "shifts.1")
    assert work.csl["type"] == "article-journal"
    assert work.csl["title"] == entry.title
    assert work.csl["container-title"] == entry.venue
    assert work.csl["volume"] == entry.volume
    assert work.csl["issued"]["date-parts"][0][:2] == [entry.year, entry.month]
    assert work.csl["page"].replace("–", "-") == entry.pages.replace("–", "-")
    assert work.csl["author"][0]["family"] == entry.authors[0][1]
    assert work.csl["author"][0]["given"] == entry.authors[0][0]
    assert entry.finding in work.abstract
    assert "<" not in work.abstract
    assert work.identifiers["doi"] == entry.doi
    assert work.providers == (kind.name,)


@pytest.mark.parametrize(
    "kind", [Crossref, EuropePmc, PubMed, OpenAlex, SemanticScholar, Unpaywall]
)
async def test_a_group_is_an_author_with_one_name(
    make_index: MakeIndex, kind: type[Registry]
) -> None:
    work = await one(make_index, kind, "shifts.4")
    assert work.csl["author"][-1] == {"literal": "ROSTER Study Group"}


@pytest.mark.parametrize("kind", [OpenAlex, SemanticScholar, Arxiv])
async def test_a_preprint_is_called_one(make_index: MakeIndex, kind: type[Registry]) -> None:
    entry = by_key("citing.4")
    work = await one(make_index, kind, "citing.4")
    assert work.csl["type"] == "article"
    assert work.csl["genre"] == "Preprint"
    assert work.identifiers["arxiv"] == entry.arxiv
    assert "container-title" not in work.csl
    assert work.copies[0].media_type == "application/pdf"


@pytest.mark.parametrize(
    ("key", "notice"), [("shifts.2", "expression_of_concern"), ("shifts.7", "correction")]
)
@pytest.mark.parametrize("kind", [Crossref, EuropePmc, PubMed])
async def test_notices_are_told(
    make_index: MakeIndex, kind: type[Registry], key: str, notice: str
) -> None:
    work = await one(make_index, kind, key)
    assert [found.kind for found in work.notices] == [notice]
    if kind is not EuropePmc:
        assert work.notices[0].doi == f"{by_key(key).doi}.notice"


@pytest.mark.parametrize(("kind", "count"), [(OpenAlex, 4), (Crossref, 4), (PubMed, 4)])
async def test_references_are_named(
    make_index: MakeIndex, kind: type[Registry], count: int
) -> None:
    work = await one(make_index, kind, "shifts.8")
    assert len(work.references) == count
    assert all(reference.partition(":")[2] for reference in work.references)


async def test_markup_in_titles_is_read_and_not_shown(make_index: MakeIndex) -> None:
    work = await one(make_index, Crossref, "heat.12")
    assert work.csl["title"] == "Costs and benefits of municipal planting programmes"


@pytest.mark.parametrize("kind", [SemanticScholar, EuropePmc, OpenAlex])
async def test_who_cites(make_index: MakeIndex, kind: type[Registry]) -> None:
    index = make_index(kind)
    work = await one(make_index, kind, "shifts.1")
    found = await index.citing(work)
    assert {each.identifiers["doi"] for each in found.works} == {
        f"10.5555/hw.shifts.{at}" for at in (2, 3, 4, 5)
    }


async def test_unpaywall_is_not_asked_without_an_address(
    made_up_world: Registries, make_index: MakeIndex
) -> None:
    from autonomy.core.llm.health import LocalHealth
    from autonomy.tools.fetch.desk import Desk
    from autonomy.tools.scholarly.index import Index

    index = Index([Unpaywall(made_up_world.url("unpaywall"))], Desk(LocalHealth(), "test"))
    assert (await index.identify(["doi:10.5555/hw.heat.1"])).answers == ()
    assert made_up_world.questions("unpaywall") == []


def test_a_crossref_record_with_everything_missing_or_odd_is_no_accident() -> None:
    assert _work({}) is None
    assert _work({"title": []}) is None
    odd = {
        "title": ["<mml:math>E</mml:math> &amp; mc<sup>2</sup> explained"],
        "author": [None, {"family": "van Dyk", "given": 7}, "x", {"name": "A Group"}, {}],
        "issued": {"date-parts": [[None]]},
        "published-print": {"date-parts": [["2019", 13, 40]]},
        "type": ["?"],
        "reference": "no",
        "updated-by": [{"type": "retraction", "updated": {"date-parts": [[2021, 2]]}, "DOI": 4}],
        "is-referenced-by-count": "many",
        "license": {"URL": "x"},
    }
    work = _work(odd)
    assert work is not None
    assert work.csl["title"] == "E & mc2 explained"
    assert work.csl["author"] == [{"family": "van Dyk", "given": "7"}, {"literal": "A Group"}]
    assert work.csl["issued"] == {"date-parts": [[2019]]}
    assert work.csl["type"] == "document"
    assert (work.notices[0].kind, work.notices[0].date) == ("retraction", "2021-02")
    assert (work.cited_by, work.references) == (None, ())


def test_a_title_that_says_retracted_is_believed() -> None:
    work = _work({"title": ["RETRACTED ARTICLE: Trees"], "DOI": "10.5555/x"})
    assert work is not None
    assert [notice.kind for notice in work.notices] == ["retraction"]
    other = _work({"title": ["Retracted papers and their readers"], "DOI": "10.5555/y"})
    assert other is not None
    assert other.notices == ()
