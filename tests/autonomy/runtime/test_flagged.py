"""Passages that somebody flagged are kept per teller, in their order, and read back as told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from autonomy.core.originality import FlaggedPassage, MatchGroup, Teller
from autonomy.models import Artifact, Run, Source, TurnitinCycle
from autonomy.models import FlaggedPassage as Row
from autonomy.runtime.flagged import flagged_in, keep_flagged


@pytest.fixture
def cycle(start: Callable[..., Run]) -> TurnitinCycle:
    run = start()
    draft = Artifact.objects.create(run=run, kind="document", version=1, sha256="x", body={})
    return TurnitinCycle.objects.create(run=run, number=1, artifact=draft, target_similarity=15)


def passage(text: str, **changes: Any) -> FlaggedPassage:
    values = {
        "section_id": "intro",
        "start": 4,
        "end": 4 + len(text),
        "group": MatchGroup.MISSING_CITATION,
    }
    return FlaggedPassage(text=text, **{**values, **changes})


def test_what_is_flagged_reads_back_as_it_was_told(cycle: TurnitinCycle) -> None:
    source = Source.objects.create(owner=cycle.run.owner, csl={"title": "Ponds"})
    told = passage(
        "herons wade",
        source_id=str(source.pk),
        source_title="Ponds",
        told_by="checker",
        note="Name the page.",
        colour="yellow",
    )

    kept = keep_flagged(cycle.pk, Teller.CHECKER, [told])

    assert flagged_in(cycle.pk) == kept
    assert kept[0].model_copy(update={"id": ""}) == told
    assert kept[0].id


def test_a_teller_replaces_only_its_own(cycle: TurnitinCycle) -> None:
    keep_flagged(cycle.pk, Teller.REPORT, [passage("of the report")])
    keep_flagged(cycle.pk, Teller.CHECKER, [passage("old"), passage("older")])
    keep_flagged(cycle.pk, Teller.CHECKER, [passage("b"), passage("a")])

    told = [(one.told_by, one.text) for one in flagged_in(cycle.pk)]
    assert told == [("checker", "b"), ("checker", "a"), ("report", "of the report")]


def test_a_source_that_is_gone_is_named_by_its_title(cycle: TurnitinCycle) -> None:
    gone = "01890f6e-0000-7000-8000-000000000000"
    [kept, other] = keep_flagged(
        cycle.pk,
        Teller.ENGINE,
        [
            passage("x", source_id=gone, source_title="Gone"),
            passage("y", source_id="earlier document 3"),
        ],
    )
    assert (kept.source_id, kept.source_title, other.source_id) == ("", "Gone", "")


def test_a_passage_that_is_not_found_has_no_place(cycle: TurnitinCycle) -> None:
    lost = passage("not in the draft", section_id="", start=0, end=0)
    assert keep_flagged(cycle.pk, Teller.CHECKER, [lost])[0].section_id == ""
    with pytest.raises(IntegrityError):
        Row.objects.create(
            cycle=cycle,
            told_by="report",
            ordinal=0,
            section_id="a",
            text="t",
            group="missing_citation",
        )
