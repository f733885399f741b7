from __future__ import annotations

import pytest

from autonomy.core.journey import load, names


@pytest.mark.parametrize("name", names())
def test_every_journey_on_disk_loads_under_its_own_name(name: str) -> None:
    journey = load(name)

    assert journey.name == name
    assert journey.description
    # A rewriting is of the person's own words: what it may not lose is checked change by change.
    assert journey.gates.citations_verified or journey.rewrites


def test_an_unknown_journey_names_those_there_are() -> None:
    with pytest.raises(KeyError, match="answer, research, rewrite, write"):
        load("sing")
