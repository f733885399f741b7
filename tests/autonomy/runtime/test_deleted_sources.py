"""Rows that name a source or a passage are stored just as it is deleted: they are stored without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import transaction

from autonomy import services
from autonomy.core.originality import (
    ChangeVerdict,
    FlaggedPassage,
    MatchGroup,
    PassageChange,
    Remedy,
    Teller,
)
from autonomy.core.types import CitationCheck, CitationVerdict
from autonomy.library.embed import DIMENSIONS
from autonomy.memory import ingestion, spaces
from autonomy.memory.still_there import passages_still_there, sources_still_there
from autonomy.models import (
    Artifact,
    Checkpoint,
    Citation,
    EmbeddingSpace,
    Passage,
    PassageVector,
    Run,
    RunSource,
    Source,
)
from autonomy.models import FlaggedPassage as Flagged
from autonomy.models import PassageChange as Changed
from autonomy.runtime.artifacts import RunArtifacts
from autonomy.runtime.cycles import RunCycles
from autonomy.runtime.events import record_source
from autonomy.runtime.flagged import keep_flagged
from autonomy.services.files import add_file, delete_file
from tests.autonomy.api.world import World, finish, make_world
from tests.autonomy.memory import known_reader
from tests.autonomy.memory.reader import TEXT
from tests.autonomy.runtime.conftest import run_async
from tests.locks import WAIT_SECONDS, Aside

pytestmark = pytest.mark.usefixtures("threads")


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


def while_it_is_deleted(world: World, work: Callable[[], Any]) -> Any:
    """What `work` comes to that finds the world's file and waits for its deletion."""
    with transaction.atomic():
        delete_file(world.file)
        aside = Aside(work)
        assert aside.waits()
    assert not Source.objects.exists()
    return aside.end()


def test_citations_are_bound_without_it(
    world: World, start: Callable[..., Run], claim: Callable[[], Any]
) -> None:
    run = start()
    artifacts = RunArtifacts(claim().fence, run.owner_id)
    draft = run_async(artifacts.save("document", "T", {"a": 1}))
    check = CitationCheck(
        marker=1,
        claim="It says so.",
        passage_id=str(world.passage.pk),
        source_id=str(world.file.pk),
        verdict=CitationVerdict.QUOTED,
    )
    while_it_is_deleted(world, lambda: run_async(artifacts.bind_citations(draft, [check])))
    row = Citation.objects.get(artifact_id=draft)
    assert (row.claim, row.passage, row.source) == ("It says so.", None, None)


def test_a_run_has_not_found_it(world: World) -> None:
    run = Run.objects.get()
    meta = {"source": {"id": str(world.file.pk)}, "query": "attention"}
    while_it_is_deleted(world, transaction.atomic(lambda: record_source(str(run.pk), meta)))
    assert not RunSource.objects.exists()


def test_what_a_report_flags_names_it_by_its_title(world: World) -> None:
    told = FlaggedPassage(
        section_id="s1",
        text="Every token",
        start=0,
        end=11,
        group=MatchGroup.MISSING_CITATION,
        source_id=str(world.file.pk),
        source_title="On attention",
    )
    while_it_is_deleted(world, lambda: keep_flagged(world.cycle.pk, Teller.REPORT, [told]))
    row = Flagged.objects.get()
    assert (row.source, row.source_title) == (None, "On attention")


def test_what_was_changed_names_it_by_its_title(
    world: World, start: Callable[..., Run], claim: Callable[[], Any]
) -> None:
    run = start()
    cycles = RunCycles(claim().fence)
    draft = run.artifacts.create(kind="document", version=1, sha256="x", body={})
    opened = run_async(cycles.open(str(draft.pk), 10.0))
    change = PassageChange(
        section_id="s1",
        before="Every token",
        after="",
        remedy=Remedy.CUT,
        reason="Nobody has it.",
        group=MatchGroup.NOT_CITED_OR_QUOTED,
        verdict=ChangeVerdict.GONE,
        source_id=str(world.file.pk),
        source_title="On attention",
    )
    while_it_is_deleted(world, lambda: run_async(cycles.record(opened.id, [change], str(draft.pk))))
    row = Changed.objects.get()
    assert (row.source, row.source_title) == (None, "On attention")


def test_vectors_of_its_passages_are_not_stored(world: World) -> None:
    row = EmbeddingSpace.objects.create(model="shelf:small", dimensions=DIMENSIONS)
    vectors = np.full((1, DIMENSIONS), 1.0, np.float32)
    space = spaces.as_space(row)
    stored = while_it_is_deleted(world, lambda: spaces.store(space, [world.passage.pk], vectors))
    assert stored == 0
    assert not PassageVector.objects.exists()


def test_a_version_is_brought_back_with_citations_without_it(world: World) -> None:
    finish(world.run)
    Artifact.objects.create(
        run=world.run, kind="document", version=2, title="Attention", sha256="2", body={"a": 1}
    )
    made = while_it_is_deleted(world, lambda: services.restore(world.artifact))
    row = Citation.objects.get(artifact=made)
    assert (row.text, row.passage, row.source) == (world.passage.text, None, None)


def test_a_fork_is_made_without_it(world: World) -> None:
    finish(world.run)
    Checkpoint.objects.update(checkpoint={"channel_values": {"draft": str(world.artifact.pk)}})
    made = while_it_is_deleted(world, lambda: services.fork(world.run))
    row = Citation.objects.get(run=made)
    assert (row.text, row.passage, row.source) == (world.passage.text, None, None)
    assert not RunSource.objects.filter(run=made).exists()


def test_a_file_is_cut_anew_when_those_who_cite_it_have_done_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = add_file(world.file.owner, "ink.txt", [TEXT.encode()])
    passage = Passage.objects.create(source=source, ordinal=0, text="Ink fades.", char_end=10)
    start_over = ingestion._start_over
    came, go = threading.Event(), threading.Event()

    def late(claimed: Source) -> None:
        came.set()
        assert go.wait(WAIT_SECONDS)
        start_over(claimed)

    monkeypatch.setattr(ingestion, "_start_over", late)
    words: Any = known_reader.Words()
    reading = Aside(lambda: ingestion.ingest_file(source.pk, words))
    assert came.wait(WAIT_SECONDS)
    with transaction.atomic():
        assert passages_still_there([passage.pk])
        Citation.objects.filter(source=world.file).update(source=source, passage=passage)
        go.set()
        assert reading.waits()
    assert reading.end() == "ready"
    row = Citation.objects.get()
    assert (row.source, row.passage) == (source, None)
    assert not Passage.objects.filter(pk=passage.pk).exists()


@pytest.mark.parametrize("held", ["source", "passage"])
def test_what_is_still_there_stays_until_the_transaction_ends(world: World, held: str) -> None:
    RunSource.objects.all().delete()
    with transaction.atomic():
        if held == "source":
            assert sources_still_there([world.file.pk]) == {world.file.pk}
        else:
            assert passages_still_there([world.passage.pk]) == {world.passage.pk}
        RunSource.objects.create(run=world.run, source=world.file, query="late")
        deletion = Aside(lambda: delete_file(world.file))
        assert deletion.waits()
    assert deletion.end() is True
    assert not RunSource.objects.exists()


def test_only_those_that_are_there_are_held(world: World) -> None:
    other = Source.objects.create(owner=world.file.owner, csl={})
    others = Passage.objects.create(source=other, ordinal=0, text="x", char_end=1)
    gone, gone_passage = other.pk, others.pk
    other.delete()
    with transaction.atomic():
        assert sources_still_there([gone, world.file.pk]) == {world.file.pk}
        assert passages_still_there([gone_passage, world.passage.pk]) == {world.passage.pk}
        assert sources_still_there([]) == passages_still_there([]) == set()
