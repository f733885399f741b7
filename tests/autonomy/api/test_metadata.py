from __future__ import annotations

import pytest
from ninja.errors import ValidationError

from autonomy.api.metadata import corrected, name
from autonomy.api.schemas.files import FileMetadataIn

READ = {"title": "Old", "author": [{"family": "Old"}], "issued": {"date-parts": [[2001, 5]]}}


def test_what_is_not_sent_stays() -> None:
    changed = corrected(READ, FileMetadataIn(title=" New "))
    assert changed == READ | {"title": "New"}


def test_null_removes() -> None:
    patch = FileMetadataIn.model_validate({"year": None, "authors": None})
    assert corrected(READ, patch) == {"title": "Old"}


def test_a_new_year_drops_the_old_month() -> None:
    assert corrected(READ, FileMetadataIn(year=1999))["issued"] == {"date-parts": [[1999]]}


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("Lovelace, Ada", {"family": "Lovelace", "given": "Ada"}),
        ("Ada King Lovelace", {"family": "Lovelace", "given": "Ada King"}),
        ("UNESCO", {"literal": "UNESCO"}),
    ],
)
def test_names_are_taken_apart(written: str, parts: dict[str, str]) -> None:
    assert name(written) == parts


@pytest.mark.parametrize("doi", ["10.1000/182", "https://doi.org/10.1000/182", "doi: 10.1000/182"])
def test_a_doi_is_kept_bare(doi: str) -> None:
    assert corrected({}, FileMetadataIn(doi=doi)) == {"DOI": "10.1000/182"}


def test_what_is_no_doi_is_refused_by_name() -> None:
    with pytest.raises(ValidationError) as refusal:
        corrected({}, FileMetadataIn(doi="1234"))
    assert refusal.value.errors[0]["loc"][-1] == "doi"
