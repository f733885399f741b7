"""Artifacts and cycles of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from autonomy.core.types import CitationCheck, CitationVerdict
from autonomy.models import Artifact, Citation, Passage, Run, Source, TurnitinCycle
from autonomy.runtime.artifacts import RunArtifacts
from autonomy.runtime.cycles import RunCycles
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.queue import Claim
from tests.autonomy.runtime.conftest import run_async


def test_versions_count_up_and_the_same_body_twice_in_a_row_is_one_version(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    artifacts = RunArtifacts(claim().fence, run.owner_id)
    first = run_async(artifacts.save("document", "Title", {"a": 1, "b": "x\x00"}))
    second = run_async(artifacts.save("document", "Title", {"a": 2}))
    assert run_async(artifacts.save("document", "Title", {"a": 2})) == second
    back = run_async(artifacts.save("document", "Title", {"b": "x", "a": 1}))
    assert back != first, (
        "what is handed over is the newest version, also when it says the old again"
    )
    versions = Artifact.objects.order_by("version").values_list("version", flat=True)
    assert list(versions) == [1, 2, 3]
    assert run_async(artifacts.load(second)) == {"a": 2}


def test_a_fork_leaves_its_parents_citations_alone(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    parent = start()
    fence = claim().fence
    draft = run_async(RunArtifacts(fence, parent.owner_id).save("document", "T", {"a": 1}))
    check = CitationCheck(
        marker=1, claim="c", passage_id="", source_id="", verdict=CitationVerdict.CLOSE
    )
    run_async(RunArtifacts(fence, parent.owner_id).bind_citations(draft, [check]))
    start()
    run_async(RunArtifacts(claim().fence, parent.owner_id).bind_citations(draft, []))
    assert Citation.objects.filter(artifact_id=draft).count() == 1


def test_a_person_loads_only_their_own(
    start: Callable[..., Run], claim: Callable[[], Claim], bob: User
) -> None:
    run = start()
    saved = run_async(RunArtifacts(claim().fence, run.owner_id).save("document", "T", {"a": 1}))
    stranger = RunArtifacts(Fence(str(run.pk), 1), bob.pk)
    with pytest.raises(KeyError):
        run_async(stranger.load(saved))


def test_citations_are_bound_with_the_passage_as_it_was(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    artifacts = RunArtifacts(claim().fence, run.owner_id)
    saved = run_async(artifacts.save("document", "T", {"a": 1}))
    source = Source.objects.create(owner_id=run.owner_id, file_name="p.pdf")
    passage = Passage.objects.create(source=source, ordinal=0, text="the very words", page=3)
    check = CitationCheck(
        marker=1,
        claim="It says the very words.",
        passage_id=str(passage.pk),
        source_id=str(source.pk),
        page=3,
        verdict=CitationVerdict.QUOTED,
    )
    for checks in ([check, check.model_copy(update={"marker": 2})], [check]):
        run_async(artifacts.bind_citations(saved, checks))
    row = Citation.objects.get()
    assert (row.text, row.page, row.passage, row.source) == ("the very words", 3, passage, source)


def test_a_stale_segment_saves_nothing(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    fence = claim().fence
    stale = Fence(fence.run_id, fence.number - 1)
    with pytest.raises(FencedOut):
        run_async(RunArtifacts(stale, run.owner_id).save("document", "T", {"a": 1}))
    with pytest.raises(FencedOut):
        run_async(RunCycles(stale).open("x", 10.0))
    assert not Artifact.objects.exists()


def test_a_cycle_is_opened_once_and_settled_once(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    fence = claim().fence
    draft = run_async(RunArtifacts(fence, run.owner_id).save("document", "T", {"a": 1}))
    cycles = RunCycles(fence)
    opened = run_async(cycles.open(draft, 15.0))
    assert run_async(cycles.open(draft, 15.0)) == opened
    run_async(cycles.close(opened[0], accepted=True))
    cycle = TurnitinCycle.objects.get()
    assert cycle.status == "awaiting_report", "no report, nothing to settle"
    TurnitinCycle.objects.update(status="report_ready", reported_at=cycle.created_at)
    for accepted in (False, True):
        run_async(cycles.close(opened[0], accepted=accepted))
    cycle.refresh_from_db()
    assert cycle.status == "rejected"
    assert run_async(cycles.open(draft, 15.0))[1] == 2


class Crash(BaseException):
    """The process dies here, as far as the database can tell."""


@pytest.mark.parametrize("point", ["before the row", "before the commit", "after the commit"])
@pytest.mark.parametrize("kind", ["document", "section"])
def test_a_save_that_dies_at_any_point_is_one_version_when_it_is_made_again(
    start: Callable[..., Run],
    claim: Callable[[], Claim],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    point: str,
) -> None:
    run, fence = start(), claim().fence
    body = {"text": "the draft", "sections": list(range(50))}
    insert, save = Artifact.objects.create, RunArtifacts._save

    def dying_insert(**columns: Any) -> Artifact:
        if point == "before the row":
            raise Crash
        insert(**columns)
        raise Crash

    def dying_save(self: RunArtifacts, *arguments: Any) -> str:
        save(self, *arguments)
        raise Crash

    with monkeypatch.context() as patch:
        if point == "after the commit":
            patch.setattr(RunArtifacts, "_save", dying_save)
        else:
            patch.setattr(Artifact.objects, "create", dying_insert)
        with pytest.raises(Crash):
            run_async(RunArtifacts(fence, run.owner_id).save(kind, "Title", body))
    assert Artifact.objects.count() == (1 if point == "after the commit" else 0)

    Run.objects.filter(pk=run.pk).update(fence=fence.number + 1)
    later = RunArtifacts(Fence(fence.run_id, fence.number + 1), run.owner_id)
    saved = run_async(later.save(kind, "Title", body))
    assert [str(row.pk) for row in Artifact.objects.all()] == [saved]
    assert run_async(later.load(saved)) == body
    with pytest.raises(FencedOut):
        run_async(RunArtifacts(fence, run.owner_id).save(kind, "Title", {"text": "a zombie's"}))


def test_branches_that_save_at_once_get_versions_of_their_own(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    artifacts = RunArtifacts(claim().fence, run.owner_id)

    async def all_at_once() -> list[str]:
        bodies = [{"text": str(n % 6)} for n in range(12)]
        return await asyncio.gather(*(artifacts.save("section", "S", body) for body in bodies))

    ids = run_async(all_at_once())
    assert ids[:6] == ids[6:], "the same bytes are the same artifact"
    versions = Artifact.objects.order_by("version").values_list("version", flat=True)
    assert list(versions) == [1, 2, 3, 4, 5, 6]
