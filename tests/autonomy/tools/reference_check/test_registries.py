"""References checked through the real index, against a made-up world of registries."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy.core.types import ReferenceVerdict
from autonomy.tools.reference_check.check import check_reference
from autonomy.tools.scholarly.crossref import Crossref
from autonomy.tools.scholarly.openalex import OpenAlex
from tests.autonomy.tools.scholarly.conftest import (
    MakeIndex,
    made_up_world,
    make_index,
    world_of_registries,
)
from tests.registries.faults import Fault
from tests.registries.server import Registries
from tests.registries.world import by_key

__all__ = ["made_up_world", "make_index", "world_of_registries"]


def reference(key: str, **changes: Any) -> dict[str, Any]:
    entry = by_key(key)
    return {
        "type": "article-journal",
        "title": entry.title,
        "author": [{"given": given, "family": family} for given, family in entry.authors],
        "issued": {"date-parts": [[entry.year]]},
        "container-title": entry.venue,
        "DOI": entry.doi,
        **changes,
    }


async def test_a_reference_as_it_should_be_is_verified_with_and_without_its_doi(
    make_index: MakeIndex,
) -> None:
    index = make_index(OpenAlex, Crossref)
    for csl in (reference("spacing.1"), reference("spacing.1", DOI="")):
        check = await check_reference(csl, index)

        assert check.verdict is ReferenceVerdict.VERIFIED, check
        assert check.offered["DOI"] == by_key("spacing.1").doi


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issued": {"date-parts": [[1987]]}}, "issued"),
        ({"author": [{"family": "Zzyzx", "given": "Q."}]}, "author"),
        ({"DOI": by_key("heat.1").doi}, "DOI"),
    ],
)
async def test_what_is_wrong_is_named(
    make_index: MakeIndex, changes: dict[str, Any], field: str
) -> None:
    check = await check_reference(reference("spacing.1", **changes), make_index(OpenAlex, Crossref))

    assert check.verdict is ReferenceVerdict.MISMATCH, check
    assert [d.field for d in check.differences] == [field]


async def test_an_invented_work_is_not_found(make_index: MakeIndex) -> None:
    invented = {
        "type": "article-journal",
        "title": "Quantum gardening of municipal lampposts reconsidered",
        "author": [{"family": "Nobody", "given": "N."}],
        "issued": {"date-parts": [[2018]]},
    }

    check = await check_reference(invented, make_index(OpenAlex, Crossref))

    assert check.verdict is ReferenceVerdict.NOT_FOUND, check


async def test_registries_that_fail_are_unreachable_and_never_not_found(
    make_index: MakeIndex, made_up_world: Registries
) -> None:
    made_up_world.fail("openalex", Fault("html", status=200, lasting=True))
    made_up_world.fail("crossref", Fault("status", status=500, lasting=True))

    check = await check_reference(
        reference("spacing.1"), make_index(OpenAlex, Crossref, seconds=1.0)
    )

    assert check.verdict is ReferenceVerdict.UNREACHABLE, check
    assert {a.provider for a in check.answers} == {"openalex", "crossref"}


async def test_a_retracted_work_is_known_for_one(make_index: MakeIndex) -> None:
    check = await check_reference(reference("spacing.5"), make_index(OpenAlex, Crossref))

    assert check.retracted, check


async def test_an_expression_of_concern_is_told(make_index: MakeIndex) -> None:
    check = await check_reference(reference("shifts.2"), make_index(Crossref))

    assert not check.retracted
    assert any("concern" in remark for remark in check.remarks), check
