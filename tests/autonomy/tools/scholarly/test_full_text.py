"""Open copies of works: which is taken, and what is no copy."""

from __future__ import annotations

import pytest

from autonomy.core.works import FetchRefused, OpenCopy, Work
from autonomy.tools.scholarly.crossref import Crossref
from autonomy.tools.scholarly.europe_pmc import EuropePmc
from autonomy.tools.scholarly.full_text import candidates
from autonomy.tools.scholarly.openalex import OpenAlex
from autonomy.tools.scholarly.unpaywall import Unpaywall
from tests.autonomy.tools.scholarly.conftest import MakeIndex
from tests.registries.server import Registries
from tests.registries.world import by_key


async def _work(index: object, key: str) -> Work:
    found = await index.identify([f"doi:{by_key(key).doi}"])  # type: ignore[attr-defined]
    return found.works[0]  # type: ignore[no-any-return]


async def test_a_pdf_is_fetched_with_its_licence(make_index: MakeIndex) -> None:
    index = make_index(OpenAlex, Crossref)
    fetched = await index.full_text(await _work(index, "spacing.3"))
    assert fetched.media_type == "application/pdf"
    assert fetched.body.startswith(b"%PDF-")
    assert fetched.file_name == "spacing.3.pdf"
    assert "by" in fetched.licence


async def test_an_article_s_page_is_taken_as_its_text(make_index: MakeIndex) -> None:
    index = make_index(OpenAlex)
    fetched = await index.full_text(await _work(index, "spacing.1"))
    assert fetched.media_type == "text/html"
    assert by_key("spacing.1").finding.split(" (")[0] in fetched.body.decode()


async def test_jats_becomes_a_page_with_headings_tables_and_references(
    make_index: MakeIndex,
) -> None:
    index = make_index(EuropePmc)
    fetched = await index.full_text(await _work(index, "shifts.3"))
    page = fetched.body.decode()
    assert fetched.media_type == "text/html"
    assert fetched.file_name.endswith(".html")
    assert "<h2>Methods</h2>" in page
    assert "<td>Forward</td><td>12</td>" in page
    assert "<h2>References</h2><ol><li>" in page
    assert fetched.licence == "cc by"


async def test_who_knows_no_copy_asks_those_who_may(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    index = make_index(Crossref, Unpaywall)
    work = (await make_index(Crossref).identify(["doi:10.5555/hw.remote.1"])).works[0]
    assert work.copies == ()
    fetched = await index.full_text(work)
    assert fetched.media_type == "text/html"
    assert [one.get("email") for one in made_up_world.questions("unpaywall")] == [
        "someone@example.org"
    ]


async def test_a_closed_work_says_that_there_is_no_copy(make_index: MakeIndex) -> None:
    index = make_index(OpenAlex, Unpaywall)
    with pytest.raises(FetchRefused, match="No registry knows of a copy"):
        await index.full_text(await _work(index, "spacing.2"))


async def test_a_dead_copy_is_passed_over(make_index: MakeIndex, made_up_world: Registries) -> None:
    index = make_index(OpenAlex)
    work = await _work(index, "spacing.3")
    dead = OpenCopy(url=f"{made_up_world.base}/files/gone.pdf", version="publishedVersion")
    fetched = await index.full_text(work.model_copy(update={"copies": (dead, *work.copies)}))
    assert fetched.file_name == "spacing.3.pdf"


async def test_a_landing_page_is_no_full_text(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    landing = OpenCopy(url=f"{made_up_world.base}/landing")
    work = Work(csl={"title": "A title"}, copies=(landing,), abstract="Short.")
    with pytest.raises(FetchRefused, match="a page about the work"):
        await make_index(Crossref).full_text(work)


async def test_a_landing_page_that_names_its_pdf_leads_there(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    landing = OpenCopy(url=f"{made_up_world.base}/landing-with-pdf", licence="cc-by")
    work = Work(csl={"title": "A title"}, copies=(landing,), abstract="Short.")
    fetched = await make_index(Crossref).full_text(work)
    assert (fetched.media_type, fetched.licence) == ("application/pdf", "cc-by")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/x.pdf",
        "http://[fd00:ec2::254]/",
        "file:///etc/passwd",
        "ftp://example.org/x.pdf",
    ],
)
async def test_a_copy_that_leads_inside_is_refused(make_index: MakeIndex, url: str) -> None:
    work = Work(csl={"title": "A title"}, copies=(OpenCopy(url=url),))
    with pytest.raises(FetchRefused) as refused:
        await make_index(Crossref).full_text(work)
    assert refused.value.code == "address"


def test_copies_are_tried_as_published_first_and_arxiv_last() -> None:
    work = Work(
        csl={"title": "A title"},
        identifiers={"arxiv": "2101.00001"},
        copies=(
            OpenCopy(url="https://a.example/am.pdf", version="acceptedVersion"),
            OpenCopy(url="https://b.example/vor", media_type="text/html", version="publishedVersion"),
            OpenCopy(url="https://c.example/vor.pdf", media_type="application/pdf", version="publishedVersion"),
        ),
    )  # fmt: skip
    assert [copy.url for copy in candidates(work)] == [
        "https://c.example/vor.pdf",
        "https://b.example/vor",
        "https://a.example/am.pdf",
        "https://arxiv.org/pdf/2101.00001",
    ]
