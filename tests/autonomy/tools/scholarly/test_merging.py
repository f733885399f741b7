"""Which records speak of one work, and whose word counts."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy.core.csl import normal_doi
from autonomy.core.works import OpenCopy, Retraction, Work
from autonomy.tools.scholarly.identifiers import arxiv, grouped
from autonomy.tools.scholarly.merging import fused, merged, same


def work(provider: str, title: str = "Trees and heat in the city", **fields: Any) -> Work:
    year = fields.pop("year", 2020)
    csl = {
        "title": title,
        "author": [{"family": fields.pop("family", "van der Berg"), "given": "A."}],
        "issued": {"date-parts": [[year]]},
        **fields.pop("csl", {}),
    }
    return Work(csl=csl, providers=(provider,), **fields)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (work("a"), work("b", "TREES and heat, in the city."), True),
        (work("a"), work("b", family="Berg"), True),
        (work("a"), work("b", year=2021), False),
        (work("a"), work("b", family="Okoye"), False),
        (work("a", "Editorial"), work("b", "Editorial"), False),
        (work("a", identifiers={"doi": "10.1/a"}), work("b", identifiers={"doi": "10.1/b"}), False),
        (work("a", identifiers={"doi": "10.1/a"}), work("b", identifiers={"pmid": "7"}), True),
        (work("a", "Xx", identifiers={"doi": "10.1/a"}), work("b", identifiers={"doi": "10.1/a"}), True),
        (work("a", year=2018, csl={"genre": "Preprint"}, identifiers={"doi": "10.1/p"}), work("b", identifiers={"doi": "10.1/b"}), True),
        (work("a", year=2012, csl={"genre": "Preprint"}, identifiers={"doi": "10.1/p"}), work("b", identifiers={"doi": "10.1/b"}), False),
        (work("a", "Another name", identifiers={"doi": "10.1/p"}, versions=("doi:10.1/b",)), work("b", identifiers={"doi": "10.1/b"}), True),
    ],
)  # fmt: skip
def test_records_of_one_work_are_known(one: Work, other: Work, expected: bool) -> None:
    assert same(one, other) is expected
    assert same(other, one) is expected


def test_the_publisher_s_words_stand_and_others_fill_the_gaps() -> None:
    one = merged(
        [
            work("openalex", year=2014, abstract="A", cited_by=9, csl={"language": "en"}),
            work("crossref", csl={"volume": "3"}, cited_by=4, references=("doi:10.1/x",)),
        ]
    )
    assert one.csl["issued"] == {"date-parts": [[2020]]}
    assert (one.csl["volume"], one.csl["language"]) == ("3", "en")
    assert one.providers == ("crossref", "openalex")
    assert (one.abstract, one.cited_by, one.references) == ("A", 9, ("doi:10.1/x",))


def test_copies_are_kept_once_with_their_licence_and_the_published_first() -> None:
    one = merged(
        [
            work("crossref", copies=(OpenCopy(url="u", version="submittedVersion"),)),
            work("openalex", copies=(OpenCopy(url="u", licence="cc-by"), OpenCopy(url="v", version="publishedVersion"))),
        ]
    )  # fmt: skip
    assert [(copy.url, copy.licence) for copy in one.copies] == [("v", ""), ("u", "cc-by")]


def test_a_notice_is_told_once_by_who_says_most() -> None:
    one = merged(
        [
            work("openalex", notices=(Retraction(kind="retraction", provider="openalex"),)),
            work("crossref", notices=(Retraction(kind="retraction", doi="10.1/n"),)),
            work("pubmed", notices=(Retraction(kind="correction", provider="pubmed"),)),
        ]
    )
    assert sorted((notice.kind, notice.doi) for notice in one.notices) == [
        ("correction", ""),
        ("retraction", "10.1/n"),
    ]


def test_a_record_can_join_two_that_did_not_know_each_other() -> None:
    a = work("openalex", "First name of it all", identifiers={"pmid": "5"})
    b = work("crossref", "Second name of it all", identifiers={"doi": "10.1/b"})
    c = work("pubmed", "Third name of it all", identifiers={"pmid": "5", "doi": "10.1/b"})
    (one,) = fused([[a], [b], [c]])
    assert one.identifiers == {"doi": "10.1/b", "pmid": "5"}


def test_what_two_registries_put_in_front_comes_first() -> None:
    a, b, c = (
        work("x", f"A title numbered {n} of many", identifiers={"doi": f"10.1/{n}"}) for n in "abc"
    )
    assert [w.identifiers["doi"] for w in fused([[a, b], [c, b]])] == ["10.1/b", "10.1/a", "10.1/c"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("https://doi.org/10.5555/AbC.", "10.5555/abc"),
        ("DOI: 10.1000/(sici)1(1997)2:3;2-#", "10.1000/(sici)1(1997)2:3;2-#"),
        ("10.1000%2Fx", "10.1000/x"),
        ("nothing", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_dois_have_one_spelling(said: object, meant: str) -> None:
    assert normal_doi(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("arXiv:2101.00001v2", "2101.00001"),
        ("http://arxiv.org/abs/hep-th/9901001v1", "hep-th/9901001"),
        ("https://arxiv.org/pdf/2101.00001.pdf", "2101.00001"),
        ("2101.1", ""),
    ],
)
def test_arxiv_numbers_have_one_spelling(said: str, meant: str) -> None:
    assert arxiv(said) == meant


def test_identifiers_are_sorted_by_kind_and_a_doi_of_arxiv_is_a_number_of_arxiv() -> None:
    assert grouped(["doi:10.48550/arXiv.2101.00001", "10.1/X", "pmid:7", "w", "openalex:W12"]) == {
        "arxiv": ["2101.00001"],
        "pmid": ["7"],
        "openalex": ["W12"],
    }
