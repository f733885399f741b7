"""One row of every table, so that every staff page has something to show."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from autonomy import models
from chat.models import Conversation, Message, Upload

SECRET = "Whales of the northern sea"
"""Stands in titles and texts; whoever may not look must never get it."""
SEALED = b"gAAAA-the-sealed-key-of-a-connection"


@dataclass
class World:
    """One row of each table, by model."""

    run: models.Run
    artifact: models.Artifact
    rows: dict[type[Model], Model] = field(default_factory=dict)


def make_run(owner: Any, **changes: Any) -> models.Run:
    values: dict[str, Any] = {
        "owner": owner,
        "journey": "write",
        "title": SECRET,
        "task": {"goal": f"An essay about {SECRET}", "journey": "write"},
        "tokens_limit": 200_000,
        "tokens_spent": 50_000,
        "tokens_reserved": 1_000,
        "seconds_limit": 900,
        "usd_limit": 5,
        "plan": {
            "version": 2,
            "author": "rule",
            "title": SECRET,
            "rationale": "",
            "steps": [
                {
                    "id": "s1",
                    "kind": "tool",
                    "title": "Search the library",
                    "tool": "search_library",
                    "status": "done",
                    "attempts": 1,
                    "depends_on": [],
                    "summary": "Found 8 passages.",
                },
                {
                    "id": "s2",
                    "kind": "write",
                    "title": "Write the introduction",
                    "status": "pending",
                    "attempts": 0,
                    "depends_on": ["s1"],
                    "summary": "",
                },
            ],
        },
    }
    return models.Run.objects.create(**{**values, **changes})


def _check(run: models.Run, artifact: models.Artifact, owner: Any) -> list[Model]:
    cycle = models.TurnitinCycle.objects.get(run=run)
    check = models.Check.objects.create(cycle=cycle, title=SECRET, words=900, note=SECRET)
    models.CheckEvent.objects.create(subject=check, deed="asked", who=owner)
    return [check]


def make_world(owner: Any) -> World:
    now = timezone.now()
    unique = uuid.uuid4().hex
    run = make_run(owner, last_seq=1)
    source = models.Source.objects.create(
        owner=owner, csl={"title": SECRET}, file_name="whales.pdf", sha256=unique, status="ready"
    )
    passage = models.Passage.objects.create(
        source=source, ordinal=0, text=f"{SECRET} are large.", page=3, char_end=20
    )
    artifact = models.Artifact.objects.create(
        run=run, kind="document", version=1, title=SECRET, sha256=unique, body={"title": SECRET}
    )
    tool = models.Tool.objects.create(name=f"tool_{unique}", description="Finds things.")
    version = models.ToolVersion.objects.create(
        tool=tool, number=1, input_schema={"type": "object"}, output_schema={}
    )
    conversation = Conversation.objects.create(owner=owner, title=SECRET)
    made: list[Model] = [
        run,
        source,
        passage,
        artifact,
        tool,
        conversation,
        version,
        models.ToolRecording.objects.create(
            version=version, exchange={"answer": SECRET}, ok=True, size=20
        ),
        models.ToolSecret.objects.create(
            owner=owner, host="api.example.org:443", scheme=unique, secret=SEALED
        ),
        models.ToolOffer.objects.create(
            name=f"offer {unique}", url="https://example.org/openapi.json", good_for=SECRET
        ),
        models.ToolServer.objects.create(name=unique[:40], command="/usr/bin/true"),
        models.Citation.objects.create(
            run=run,
            artifact=artifact,
            marker=1,
            claim=f"{SECRET} are large.",
            passage=passage,
            source=source,
            page=3,
            text=passage.text,
            verdict="close",
        ),
        models.RunSource.objects.create(run=run, source=source, query="whales"),
        models.Episode.objects.create(
            run=run, seq=1, type="run.started", source="runtime", content=f"Started: {SECRET}"
        ),
        models.Note.objects.create(owner=owner, run=run, kind="fact", text=SECRET, sha256=unique),
        models.TurnitinCycle.objects.create(
            run=run, number=1, artifact=artifact, target_similarity=15, note=SECRET
        ),
        *_check(run, artifact, owner),
        models.Effect.objects.create(run=run, key=f"model:{unique}", kind="model", fence=1),
        models.BudgetEntry.objects.create(run=run, key=f"model:{unique}", role="writer"),
        models.ModelCall.objects.create(
            run=run,
            owner=owner,
            key=unique,
            role="writer",
            provider="openai",
            model="openai:gpt-5-mini",
            outcome="answered",
            system="Role: writer",
            prompt=f"Write about {SECRET}",
            reply=f"{SECRET} are large.",
        ),
        models.SimilarityCheck.objects.create(artifact=artifact, texts=unique),
        models.FileReading.objects.create(sha256=unique, ending=".pdf", parser="1", pages=3),
        models.EmbeddingSpace.objects.create(
            model=f"lab:{unique}", dimensions=8, state=models.SpaceState.RETIRED
        ),
        models.CitationStyle.objects.create(
            owner=owner, title="House style", text="<style/>", sha256="5" * 64
        ),
        models.ModelConnection.objects.create(
            owner=owner, slug="lab", provider="compatible", label=SECRET, secret=SEALED
        ),
        models.ModelPreference.objects.get_or_create(owner=owner, roles={"default": "lab:m"})[0],
        models.Resume.objects.create(run=run, interrupt_id=unique, value={"answer": SECRET}),
        models.RunMessage.objects.create(run=run, number=1, author=owner, text=SECRET),
        models.Job.objects.create(run=run, user=owner, reason="started"),
        models.QueueUser.objects.get_or_create(user=owner)[0],
        models.Quota.objects.get_or_create(user=owner)[0],
        models.UsageDay.objects.get_or_create(user=owner, day=now.date())[0],
        models.Upkeep.objects.create(done={"runs": 1}),
        *_evaluation(),
        models.Deletion.objects.create(removed={"runs": 1}),
        models.WorkerProcess.objects.create(host="writer-1", pid=4242, seen_at=now),
        models.ApiKey.objects.create(
            owner=owner, name="laptop", prefix="hw_abcd", sha256=(unique * 2)
        ),
        models.Checkpoint.objects.create(
            thread_id=str(run.pk),
            checkpoint_id=str(uuid.uuid4()),
            checkpoint={"channel_values": {}, "channel_versions": {}, "versions_seen": {}},
            metadata={"step": 0, "source": "loop"},
        ),
        Message.objects.create(conversation=conversation, role="user", text=SECRET, run=run),
        Upload.objects.create(
            owner=owner, conversation=conversation, source=source, file_name="whales.pdf"
        ),
    ]
    return World(run=run, artifact=artifact, rows={type(row): row for row in made})


def _evaluation() -> tuple[models.Evaluation, models.EvaluationResult]:
    now = timezone.now()
    evaluation = models.Evaluation.objects.create(
        started_at=now, finished_at=now, version="0.1.0", seeds=1
    )
    result = models.EvaluationResult.objects.create(
        evaluation=evaluation,
        task="crash_mid_run",
        seed=1,
        passed=True,
        delivered=True,
        retries=2,
        seconds=12.5,
        tokens=20_000,
        usd="0.3",
    )
    return evaluation, result


@pytest.fixture
def world(db: None, alice: Any) -> World:
    return make_world(alice)


@pytest.fixture
def another_world(db: None, django_user_model: Any) -> Callable[[], World]:
    """Makes one more row of every table, each time for a new owner."""

    def make() -> World:
        name = f"owner-{uuid.uuid4().hex[:12]}"
        owner = django_user_model.objects.create_user(name, f"{name}@example.org")
        return make_world(owner)

    return make


@pytest.fixture
def staff(make_user: Callable[..., Any]) -> Any:
    """Plain staff without a single permission of Django's: looking needs no more than that."""
    return make_user("staff", is_staff=True)
