from __future__ import annotations

import pytest

from autonomy.tools.csl.styles import ALIASES, UnknownStyle, resolve_style, style_ids


@pytest.mark.parametrize(
    ("name", "style_id"),
    [
        *ALIASES.items(),
        ("APA", "apa"),
        ("Chicago notes bibliography", "chicago-notes-bibliography"),
        ("ieee.csl", "ieee"),
    ],
)
def test_styles_are_found_by_alias_or_id_in_any_case(name: str, style_id: str) -> None:
    assert resolve_style(name).id == style_id


def test_a_dependent_style_borrows_the_rules_of_its_parent() -> None:
    style = resolve_style("vancouver-nlm")
    assert style.id == "vancouver-nlm"
    assert style.base == "nlm-citation-sequence"
    assert style.numeric


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("harvrd", "harvard"), ("Vancouvr", "vancouver"), ("chicago 17", "chicago")],
)
def test_an_unknown_style_names_near_ones(typed: str, meant: str) -> None:
    with pytest.raises(UnknownStyle) as caught:
        resolve_style(typed)
    assert caught.value.near[0] == meant
    assert meant in str(caught.value)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "apa\x00", "/etc/passwd", "a" * 5000])
def test_a_style_name_never_becomes_a_path(name: str) -> None:
    with pytest.raises(UnknownStyle):
        resolve_style(name)


def test_harvard_is_british_and_apa_american_until_the_document_says_otherwise() -> None:
    assert resolve_style("harvard").locale("en") == "en-GB"
    assert resolve_style("apa").locale("en") == "en-US"
    assert resolve_style("apa").locale("en-AU") == "en-AU"


def test_the_list_has_the_name_that_the_style_gives_it() -> None:
    assert resolve_style("mla").references_heading("en") == "Works Cited"
    assert resolve_style("apa").references_heading("en") == "References"
    assert resolve_style("chicago-notes-bibliography").references_heading("en") == "Bibliography"
    assert resolve_style("apa").references_heading("de-AT") == "Literaturverzeichnis"


def test_thousands_of_styles_are_bundled() -> None:
    assert len(style_ids()) > 10_000
