"""How titles, names, years and DOIs are compared."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy.core.csl import first_family, folded, in_short, normal_doi, year_of


@pytest.mark.parametrize(
    ("said", "doi"),
    [
        ("https://doi.org/10.1000/ABC.1", "10.1000/abc.1"),
        ("doi:10.1000/abc.1", "10.1000/abc.1"),
        ("10.1000/abc.1.", "10.1000/abc.1"),
        ("(10.1000/abc.1.)", "10.1000/abc.1"),
        ("10.1000/x(1)", "10.1000/x(1)"),
        ("https://doi.org/10.1000%2Fabc", "10.1000/abc"),
        ("10.1002/(SICI)1097-0258(1998)17:15<1661::AID-S>3.0.CO;2-2", "10.1002/(sici)1097-0258(1998)17:15<1661::aid-s>3.0.co;2-2"),
        ("11.1/x", ""),
        (None, ""),
        ("10.1000/" + "x" * 600, ""),
    ],
)  # fmt: skip
def test_a_doi_is_found_in_any_form(said: object, doi: str) -> None:
    assert normal_doi(said) == doi


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The <i>Drosophila</i> wing", "the drosophila wing"),
        ("H<sub>2</sub>O: a review", "H2O – a review"),
        ("Søren Łukasz’s Straße", "Soren Lukasz s strasse"),
        ("Ménage à trois", "Menage a\u0300 trois"),
    ],
)
def test_spellings_of_one_title_are_equal(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_titles_of_other_scripts_keep_all_their_words() -> None:
    assert folded("Νέα COVID-19 μελέτη") != folded("Παλιά COVID-19 μελέτη")
    assert folded("源氏物語") == "源氏物語"


@pytest.mark.parametrize(
    ("csl", "name"),
    [
        ({"author": [{"family": "van der Berg"}]}, "berg"),
        ({"author": [{"family": "García Márquez"}, {"family": "Lee"}]}, "garcia marquez"),
        ({"author": [{"literal": "World Bank"}]}, "world bank"),
        ({"author": [], "editor": [{"family": "Ødegård"}]}, "odegard"),
        ({"author": [{"family": "Le"}]}, "le"),
        ({"author": "Lee"}, ""),
        ({}, ""),
    ],
)
def test_the_first_family_is_compared_without_particles(csl: dict[str, Any], name: str) -> None:
    assert first_family(csl) == name


@pytest.mark.parametrize(
    ("issued", "year"),
    [
        ({"date-parts": [[2021, 5]]}, 2021),
        ({"date-parts": [["2021"]]}, 2021),
        ({"literal": "2021, in press"}, 2021),
        ({"raw": "2021-05-03"}, 2021),
        ({"literal": "in press"}, None),
        ({"date-parts": [[]]}, None),
        ("2021", None),
        (None, None),
    ],
)
def test_the_year_is_read_from_every_form_of_date(issued: object, year: int | None) -> None:
    assert year_of({"issued": issued}) == year


def test_authors_are_named_as_one_speaks_of_them() -> None:
    spoken = [in_short(names) for names in ([], ["Lee"], ["Lee", "Kim"], ["Lee", "Kim", "Wu"])]
    assert spoken == ["", "Lee", "Lee and Kim", "Lee et al."]
