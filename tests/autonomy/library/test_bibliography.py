"""Names, dates and titles as files spell them."""

from __future__ import annotations

import pytest

from autonomy.library.bibliography import find_doi, issued_from, people, person, sane_title


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada Bellweather", {"family": "Bellweather", "given": "Ada"}),
        ("Bellweather, Ada", {"family": "Bellweather", "given": "Ada"}),
        ("Jonas van der Meer", {"family": "van der Meer", "given": "Jonas"}),
        ("Aidan N. Gomez", {"family": "Gomez", "given": "Aidan N."}),
        ("Martin King Jr.", {"family": "King", "given": "Martin", "suffix": "Jr."}),
        ("Dr. Noor Haddad, PhD", {"family": "Haddad", "given": "Noor"}),
        ("Plato", {"family": "Plato"}),
        ("123", None),
        ("", None),
    ],
)
def test_a_name_is_taken_apart(text: str, name: dict[str, str] | None) -> None:
    assert person(text) == name


@pytest.mark.parametrize(
    ("field", "families"),
    [
        ("Ada Lee; Bo Kim", ["Lee", "Kim"]),
        ("Ada Lee, Bo Kim and Cy Wu", ["Lee", "Kim", "Wu"]),
        ("Ada Lee & Bo Kim", ["Lee", "Kim"]),
        ("Lee, Ada", ["Lee"]),
        ("Lee, A. and Kim, B.", ["Lee", "Kim"]),
    ],
)
def test_a_field_of_people_is_split(field: str, families: list[str]) -> None:
    assert [name["family"] for name in people(field)] == families


@pytest.mark.parametrize(
    "title", ["Microsoft Word - thesis.doc", "untitled", "paper.pdf", "Document1", "", "1234"]
)
def test_titles_that_software_wrote_are_refused(title: str) -> None:
    assert sane_title(title) is None


def test_dates_keep_what_they_state() -> None:
    assert issued_from("2021-05") == {"date-parts": [[2021, 5]]}
    assert issued_from("March 2019") == {"date-parts": [[2019]]}
    assert issued_from("soon") is None


def test_a_doi_ends_where_the_sentence_does() -> None:
    assert find_doi("See https://doi.org/10.1000/abc(2).7.") == "10.1000/abc(2).7"
    assert find_doi("(doi:10.1000/abc)") == "10.1000/abc"
