"""One candidate per work, whoever describes it and in whatever version."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy.core.works import OpenCopy, Retraction, Work
from autonomy.tools.literature.candidates import pooled
from autonomy.tools.literature.questions import Question
from autonomy.tools.literature.sameness import key_of, names_of

ASKED = Question(text="a")
ALSO = Question(text="b")


def work(title: str = "Lichens as witnesses of clean air", year: int = 2020, **more: Any) -> Work:
    csl = {
        "type": more.pop("type", "article-journal"),
        "title": title,
        "author": [{"family": more.pop("family", "Ødegård")}],
        "issued": {"date-parts": [[year]]},
    }
    return Work(csl=csl, **more)


def test_a_work_that_two_questions_found_stands_once_and_higher() -> None:
    one, other = (
        work(identifiers={"doi": "10.5555/a"}),
        work("Mosses", identifiers={"doi": "10.5555/b"}),
    )
    pool = pooled([(ASKED, [other, one]), (ALSO, [one])])

    assert [c.key for c in pool] == ["doi:10.5555/a", "doi:10.5555/b"]
    assert pool[0].questions == [ASKED, ALSO]


def test_a_preprint_and_its_published_version_are_one_work_described_by_the_latter() -> None:
    preprint = work(
        type="article",
        year=2018,
        identifiers={"arxiv": "1801.00001"},
        copies=(OpenCopy(url="https://arxiv.example/1"),),
        abstract="We looked at lichens.",
    )
    published = work(
        identifiers={"doi": "10.5555/a"}, notices=(Retraction(kind="retraction"),), cited_by=7
    )
    [one] = pooled([(ASKED, [preprint, published])])

    assert one.work.csl["type"] == "article-journal"
    assert one.work.identifiers == {"arxiv": "1801.00001", "doi": "10.5555/a"}
    assert one.work.copies
    assert one.work.abstract == "We looked at lichens."
    assert one.work.notices, "a notice on any version counts"
    assert one.work.cited_by == 7


def test_two_descriptions_that_a_third_one_joins_become_one() -> None:
    by_doi = work("Other words", family="A", identifiers={"doi": "10.5555/a"})
    by_arxiv = work("Still other", family="B", identifiers={"arxiv": "1801.00001"})
    both = work("Third", family="C", identifiers={"doi": "10.5555/a", "arxiv": "1801.00001"})

    assert len(pooled([(ASKED, [by_doi, by_arxiv, both])])) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (work("Introduction"), work("Introduction", year=2001), False),
        (work(), work(family="Nakamura"), False),
        (
            work("LICHENS as <i>witnesses</i> of clean air"),
            work(family="Odegard", year=2021),
            True,
        ),
        (work("LICHENS as <i>witnesses</i> of clean air"), work(year=2021), True),
        (work("Über Flechten und die Luft"), work("uber flechten und die luft", year=2019), True),
    ],
)
def test_likeness_of_titles_needs_the_same_author(one: Work, other: Work, same: bool) -> None:
    assert bool(names_of(one) & names_of(other)) is same


def test_a_key_is_short_whatever_a_registry_writes() -> None:
    assert len(key_of(work("word " * 500))) == 200
    assert key_of(work(identifiers={"doi": "https://doi.org/10.1234/ABC."})) == "doi:10.1234/abc"
