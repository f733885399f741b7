"""Versions of a document: why, what is different, and back to one."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from autonomy.core.types import EventDraft
from autonomy.core.versions import Made, VersionCause
from autonomy.models import (
    Artifact,
    Citation,
    Episode,
    FlaggedPassage,
    ModelCall,
    PassageChange,
)
from autonomy.runtime.artifacts import digest, keep_made
from autonomy.runtime.events import append
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World, finish

pytestmark = pytest.mark.django_db


def verdict(world: World, kind: str, passed: bool) -> None:
    gate = {"gate": "length", "passed": passed, "message": "700 words.", "observed": "700 words"}
    meta = {"verdict": {"kind": kind, "reason": "Too short.", "gates": [gate]}}
    append(world.run.pk, [EventDraft(type="verdict", source="critic", meta=meta)])
    world.run.refresh_from_db()


def add(world: World, text: str, **made: Any) -> Artifact:
    """A version as the runtime stores it."""
    number = Artifact.objects.filter(run=world.run, kind="document").count() + 1
    body = {
        **world.artifact.body,
        "sections": [{"id": "s1", "heading": "Findings", "markdown": text}],
    }
    row = Artifact.objects.create(
        run=world.run, kind="document", version=number, title="A", sha256=digest(body), body=body
    )
    keep_made(row, Made(words=len(text.split()), **made), world.run.last_seq)
    return row


def versions(api: KeyClient, world: World) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get(f"/api/v2/runs/{world.run.pk}/versions").json()["items"]
    return rows


def restore(api: KeyClient, world: World, artifact: Artifact) -> Any:
    return api.send("POST", f"/api/v2/runs/{world.run.pk}/versions/{artifact.pk}/restore")


def test_a_version_is_linked_with_the_verdict_that_asked_for_it_and_the_one_on_it(
    api: KeyClient, world: World
) -> None:
    first = add(world, "Tokens are weighed.", cause=VersionCause.FIRST_DRAFT)
    verdict(world, "retry", passed=False)
    add(
        world,
        "All tokens are weighed.",
        cause=VersionCause.GATES,
        gates=("length",),
        made_from=str(first.pk),
    )
    verdict(world, "pass", passed=True)

    revised, draft, before = versions(api, world)

    assert before["headline"] == "Made before reasons were kept"
    assert (draft["headline"], draft["asked_by"], draft["words"]) == ("First draft", None, 3)
    assert draft["judged"]["kind"] == "retry"
    assert (revised["headline"], revised["newest"]) == ("Revised after checks: length", True)
    assert (revised["asked_by"], revised["judged"]["kind"]) == (draft["judged"], "pass")
    assert (revised["made_from"], revised["made_from_version"]) == (str(first.pk), 2)
    assert revised["author"] == "rule"


def test_a_version_after_a_report_names_the_cycle_and_what_was_flagged(
    api: KeyClient, world: World
) -> None:
    FlaggedPassage.objects.create(
        cycle=world.cycle, told_by="report", ordinal=0, section_id="s1", start=0, end=5,
        text=f"*Every* [[p:{uuid.uuid4()}]]", source_title="On attention", group="not_cited_or_quoted",
    )  # fmt: skip
    PassageChange.objects.create(
        cycle=world.cycle, ordinal=0, section_id="s1", before="Every.", after="“Every.”",
        remedy="quote", reason="It stands in the source.", told_by="report",
        group="not_cited_or_quoted", verdict="unchecked",
    )  # fmt: skip
    add(world, "Tokens.", cause=VersionCause.REPORT, cycle_id=str(world.cycle.pk))

    newest = versions(api, world)[0]

    assert newest["headline"] == "Revised after the similarity report of cycle 1"
    assert newest["cycle"]["number"] == 1
    assert [(one["text"], one["section_id"]) for one in newest["flagged"]] == [
        ("Every (a source, n.d.)", "s1")
    ], "as people read it, without marks of Markdown"
    (passage,) = newest["passages"]
    assert (passage["remedy"], passage["after"]) == ("quote", "“Every.”")


def test_a_version_by_a_model_names_those_that_wrote_since_the_one_before(
    api: KeyClient, world: World
) -> None:
    for role, name in (("critic", "lab:judge"), ("writer", "lab:pen"), ("writer", "lab:pen")):
        ModelCall.objects.create(
            run=world.run, owner=world.run.owner, key=uuid.uuid4().hex, role=role, provider="lab",
            model=name, outcome="answered",
        )  # fmt: skip
    add(world, "Tokens.", cause="first_draft", author="model")
    add(world, "Tokens are.", cause="asked", author="model")
    assert [row["models"] for row in versions(api, world)][:2] == [[], ["lab:pen"]]


def test_two_versions_are_compared_word_by_word(api: KeyClient, world: World) -> None:
    old, new = (
        add(world, "Tokens are weighed.", cause="first_draft"),
        add(world, "Tokens are compared.", cause="asked"),
    )
    address = f"/api/v2/runs/{world.run.pk}/versions/compare?from={old.pk}&to={new.pk}"
    answer = api.get(address).json()
    (section,) = answer["sections"]
    assert [(p["op"], p["text"]) for p in section["parts"]] == [
        ("equal", "Tokens are "),
        ("delete", "weighed"),
        ("insert", "compared"),
        ("equal", "."),
    ]
    assert (answer["before_version"], answer["after_version"]) == (2, 3)
    assert (answer["words_added"], answer["words_removed"]) == (1, 1)


def test_an_earlier_version_comes_back_once_with_its_verdicts(api: KeyClient, world: World) -> None:
    add(world, "Worse.", cause="asked")
    finish(world.run)

    answer = restore(api, world, world.artifact)
    again = restore(api, world, world.artifact)

    assert answer.status_code == 201, answer.content
    assert (answer.json()["version"], again.json()["id"]) == (3, answer.json()["id"])
    newest = versions(api, world)[0]
    assert (newest["cause"], newest["person"], newest["made_from_version"]) == (
        "restored",
        "you",
        1,
    )
    assert newest["why"] == "Version 1 was brought back."
    assert Citation.objects.filter(artifact_id=newest["id"]).count() == 1
    event = Episode.objects.filter(run=world.run, type="artifact.created").get()
    assert event.content == "Version 1 is back, as version 3."


def test_nothing_is_restored_while_the_run_is_at_work(api: KeyClient, world: World) -> None:
    add(world, "Worse.", cause="asked")

    answer = restore(api, world, world.artifact)

    assert answer.status_code == 409
    assert "still at work" in answer.json()["detail"]
    assert len(versions(api, world)) == 2


def test_strangers_get_nothing(bob_client: Client, world: World) -> None:
    finish(world.run)
    base = f"/api/v2/runs/{world.run.pk}/versions"
    same = world.artifact.pk
    assert bob_client.get(base).status_code == 404
    assert bob_client.get(f"{base}/compare?from={same}&to={same}").status_code == 404
    assert bob_client.post(f"{base}/{same}/restore").status_code == 404
