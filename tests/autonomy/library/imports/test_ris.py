from __future__ import annotations

import pytest

from autonomy.library.imports.read import read_bibliography

ARTICLE = """TY  - JOUR
AU  - van der Berg, Jan
AU  - World Health Organization
TI  - A title
  that goes on
T2  - Journal of Things
PY  - 2019
DA  - 2019/03/01/
VL  - 4
IS  - 2
SP  - 45
EP  - 67
DO  - 10.1000/X
SN  - 1234-5678
L1  - file:///home/ann/x.pdf
KW  - one
KW  - two
ER  -
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_an_article(end: str, bom: str) -> None:
    result = read_bibliography((bom + ARTICLE.replace("\n", end)).encode(), most=9)
    [reference] = result.references
    assert result.format == "ris"
    assert reference.csl == {
        "type": "article-journal",
        "title": "A title that goes on",
        "author": [
            {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
            {"literal": "World Health Organization"},
        ],
        "container-title": "Journal of Things",
        "issued": {"date-parts": [[2019, 3, 1]]},
        "volume": "4",
        "issue": "2",
        "page": "45-67",
        "DOI": "10.1000/x",
        "ISSN": "1234-5678",
        "keyword": "one, two",
    }


def test_a_record_without_an_end_is_read_up_to_the_next() -> None:
    result = read_bibliography("TY  - BOOK\nTI  - One\n" + ARTICLE, most=9)
    assert [reference.csl["title"] for reference in result.references] == [
        "One",
        "A title that goes on",
    ]
    assert "end" in result.references[0].remark


def test_a_record_that_names_no_work_is_a_problem_of_its_own() -> None:
    result = read_bibliography(ARTICLE + "TY  - GEN\nPY  - 2000\nER  - \n", most=9)
    assert len(result.references) == 1
    assert result.problems[0].line == ARTICLE.count("\n") + 1


def test_the_title_behind_a_book_is_its_series() -> None:
    result = read_bibliography("TY  - BOOK\nTI  - Ink\nT2  - Studies\nER  - ", most=9)
    assert result.references[0].csl["collection-title"] == "Studies"
    assert "container-title" not in result.references[0].csl
