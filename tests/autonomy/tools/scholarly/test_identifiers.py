from __future__ import annotations

import pytest

from autonomy.core.csl import normal_doi
from autonomy.tools.scholarly.identifiers import of_reference


@pytest.mark.parametrize(
    "hostile",
    [
        "10.1234/../../../admin",
        "10.1234/a/../../works/10.5678/another",
        "10.1234/%2e%2e/%2e%2e/admin",
        "https://doi.org/10.1234/./x",
    ],
)
def test_what_climbs_out_of_a_registrys_path_is_no_doi(hostile: str) -> None:
    assert normal_doi(hostile) == ""
    assert of_reference({"DOI": hostile}) == {}


def test_dots_inside_of_a_part_are_part_of_it() -> None:
    assert normal_doi("https://doi.org/10.1000/journal..x.1") == "10.1000/journal..x.1"
    assert normal_doi("10.1000/182/...more") == "10.1000/182/...more"
