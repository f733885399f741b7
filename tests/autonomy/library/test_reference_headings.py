"""Lists of references are known by their heading, the same for parsers, drafts and similarity."""

from __future__ import annotations

import pytest

from autonomy.library.reference_headings import is_like_references_heading, is_references_heading


@pytest.mark.parametrize(
    "heading",
    [
        "References",
        "7 References and Notes",
        "VI. Works consulted",
        "**Further reading**",
        "Quellenverzeichnis:",
        "Références bibliographiques",
        "Referências",
        "参考文献",
        "Список литературы",
    ],
)
def test_a_list_of_references_is_known_in_many_languages(heading: str) -> None:
    assert is_references_heading(heading)
    assert is_like_references_heading(heading)


@pytest.mark.parametrize(
    "heading", ["References to nature in verse", "Literature review", "2 Sources", "", "x" * 10_000]
)
def test_a_chapter_is_no_list_of_references(heading: str) -> None:
    assert not is_references_heading(heading)
    assert not is_like_references_heading(heading)


@pytest.mark.parametrize("heading", ["Sources", "Literature:"])
def test_what_may_be_a_chapter_is_not_certain(heading: str) -> None:
    assert is_like_references_heading(heading)
    assert not is_references_heading(heading)
