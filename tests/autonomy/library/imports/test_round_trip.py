"""What is exported and imported again is the same library."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autonomy.export import bibliography
from autonomy.library.imports.read import read_bibliography

KEPT = {
    "bib": (
        "type title author editor issued container-title volume issue page publisher "
        "publisher-place edition DOI URL ISBN abstract"
    ).split(),
    "ris": (
        "type title author editor issued container-title volume issue page publisher "
        "publisher-place edition DOI URL abstract"
    ).split(),
    "csl-json": [],
}
TYPES = (
    "article-journal article-newspaper article-magazine book chapter paper-conference thesis "
    "report webpage dataset software patent"
).split()

words = st.text(
    st.sampled_from("abcdefgzABZ àéîöüčřøßΩж中 09&%$#_{}~^'-:.()"), min_size=1, max_size=40
).map(lambda s: " ".join(f"W{s}x".split()))
family = st.sampled_from(
    ["Smith", "O’Brien", "Müller", "García Márquez", "Çelik", "de Souza", "Ng", "Smith-Jones"]
)
person = st.one_of(
    st.fixed_dictionaries(
        {"family": family, "given": st.sampled_from(["Ann", "J. R.", "Zoë", "Jean-Luc"])},
        optional={
            "non-dropping-particle": st.sampled_from(["van der", "von", "de la"]),
            "suffix": st.just("Jr."),
        },
    ),
    st.sampled_from(["World Health Organization", "Smith and Sons", "UNESCO"]).map(
        lambda name: {"literal": name}
    ),
)
people = st.lists(person, min_size=1, max_size=4)
date = st.one_of(
    st.tuples(st.integers(1500, 2030)),
    st.tuples(st.integers(1900, 2030), st.integers(1, 12)),
    st.tuples(st.integers(1900, 2030), st.integers(1, 12), st.integers(1, 28)),
).map(lambda parts: {"date-parts": [list(parts)]})


@st.composite
def works(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(TYPES))
    item: dict[str, Any] = {"type": kind, "title": draw(words)}
    for name, values in (
        ("author", people),
        ("issued", date),
        ("publisher", words),
        ("publisher-place", st.just("São Paulo")),
        ("DOI", st.just("10.1000/a_b(1)")),
        ("URL", st.just("https://example.org/a_b%20c?d=1&e=~f")),
        ("abstract", words),
    ):
        if draw(st.booleans()):
            item[name] = draw(values)
    if kind.startswith(("article", "chapter", "paper")):
        item["container-title"] = draw(words)
        item["page"] = draw(st.sampled_from(["1-4", "45", "e100"]))
    if kind.startswith("article"):
        item["volume"], item["issue"] = "12", "3"
    if kind in ("book", "chapter"):
        item["ISBN"], item["edition"] = "9780000000002", "2"
        item["editor"] = draw(people)
    return item


@pytest.mark.parametrize("format", bibliography.FORMATS)
@example(items=[{"type": "thesis", "title": "W--x", "abstract": "W---''x ``y"}])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=st.lists(works(), min_size=1, max_size=4))
def test_nothing_important_is_lost(format: str, items: list[dict[str, Any]]) -> None:
    written = bibliography.write(format, items)
    result = read_bibliography(written, most=10)
    assert not result.problems
    assert len(result.references) == len(items)
    for item, reference in zip(items, result.references, strict=True):
        for name in KEPT[format] or item:
            assert _plain(reference.csl.get(name)) == _plain(item.get(name)), name


def _plain(value: Any) -> Any:
    """Particles that stand in the family name are the same name."""
    if isinstance(value, list):
        return [
            " ".join(
                part
                for key in ("non-dropping-particle", "family", "literal", "suffix", "given")
                if (part := person.get(key))
            )
            for person in value
        ]
    return value
