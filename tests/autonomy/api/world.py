"""Things of one person, made directly in the tables: no worker, no loop."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from autonomy.core.types import EventDraft
from autonomy.models import (
    Artifact,
    Checkpoint,
    Citation,
    CitationStyle,
    ModelConnection,
    Passage,
    Run,
    RunSource,
    Source,
    Tool,
    ToolSecret,
    ToolVersion,
    TurnitinCycle,
)
from autonomy.runtime.events import append
from chat.models import Conversation, Message, MessageRole, Upload

PASSAGE = "Attention lets a model weigh every token against every other token."


@dataclass
class World:
    conversation: Conversation
    run: Run
    file: Source
    passage: Passage
    artifact: Artifact
    cycle: TurnitinCycle
    connection: ModelConnection
    tool: Tool
    style: CitationStyle

    def ids(self) -> set[str]:
        """Ids that must never show up in a stranger's answer."""
        rows = (
            self.conversation,
            self.run,
            self.file,
            self.passage,
            self.artifact,
            self.cycle,
            self.connection,
            self.tool,
            self.style,
        )
        return {str(row.pk) for row in rows}


def make_run(owner: User, conversation: Conversation | None = None, **fields: Any) -> Run:
    values: dict[str, Any] = {
        "owner": owner,
        "conversation_id": conversation.pk if conversation else None,
        "journey": "write",
        "title": "Attention",
        "task": {"goal": "An essay on attention", "journey": "write"},
        "tokens_limit": 200_000,
        "seconds_limit": 900,
        "usd_limit": 5,
    }
    return Run.objects.create(**{**values, **fields})


def finish(run: Run, status: str = "succeeded", summary: str = "The essay is ready.") -> Run:
    """End a run as the runtime does: the event and the status."""
    draft = EventDraft(
        type="run.finished",
        source="runtime",
        content=summary,
        meta={"status": status, "stop_reason": "completed", "summary": summary},
    )
    append(run.pk, [draft])
    Run.objects.filter(pk=run.pk).update(status=status, finished_at=timezone.now())
    run.refresh_from_db()
    return run


def say(run: Run, *contents: str) -> None:
    """Log a note for each content."""
    for content in contents:
        append(run.pk, [EventDraft(type="note", source="planner", content=content)])


def document(passage: Passage) -> dict[str, Any]:
    """The stored body of a document that cites the passage once."""
    source = passage.source
    return {
        "title": "Attention",
        "style": "harvard",
        "sections": [
            {
                "id": "s1",
                "heading": "Findings",
                "markdown": f"Every token is weighed against the others. [[p:{passage.pk}]]",
            }
        ],
        "sources": [{"id": str(source.pk), "csl": source.csl, "file_name": source.file_name}],
        "passages": [
            {
                "id": str(passage.pk),
                "source_id": str(source.pk),
                "text": passage.text,
                "page": passage.page,
            }
        ],
    }


def make_world(owner: User) -> World:
    conversation = Conversation.objects.create(owner=owner, title="Attention")
    run = make_run(owner, conversation)
    Message.objects.create(
        conversation=conversation, role=MessageRole.USER, text="An essay on attention", run=run
    )
    file = Source.objects.create(
        owner=owner,
        file_name="attention.pdf",
        media_type="application/pdf",
        size_bytes=1234,
        sha256=uuid.uuid4().hex,
        status="ready",
        passage_count=3,
        embedded_count=3,
        pages=2,
        csl={
            "type": "article",
            "title": "On attention",
            "author": [{"family": "Lee", "given": "Ann"}],
            "issued": {"date-parts": [[2020]]},
        },
    )
    Upload.objects.create(
        owner=owner, conversation=conversation, source=file, file_name=file.file_name
    )
    before, passage, _ = (
        Passage.objects.create(
            source=file, ordinal=n, text=text, page=1 + n, char_end=len(text), heading="Results"
        )
        for n, text in enumerate(("Before it.", PASSAGE, "After it."))
    )
    assert before.ordinal == 0
    artifact = Artifact.objects.create(
        run=run,
        kind="document",
        version=1,
        title="Attention",
        sha256=uuid.uuid4().hex,
        body=document(passage),
    )
    Citation.objects.create(
        run=run,
        artifact=artifact,
        marker=1,
        claim="Every token is weighed against the others.",
        passage=passage,
        source=file,
        page=2,
        text=passage.text,
        verdict="close",
    )
    RunSource.objects.create(run=run, source=file, query="attention")
    cycle = TurnitinCycle.objects.create(run=run, number=1, artifact=artifact, target_similarity=15)
    Checkpoint.objects.create(
        thread_id=str(run.pk),
        checkpoint_id="1ef00000-0000-6000-8000-000000000001",
        checkpoint={},
        metadata={"step": 1, "source": "loop"},
    )
    say(run, "Reading the sources")
    connection, _ = ModelConnection.objects.get_or_create(
        owner=owner,
        slug="hers",
        defaults={"provider": "compatible", "base_url": "http://hers.example/v1"},
    )
    style, _ = CitationStyle.objects.get_or_create(
        owner=owner, sha256="5" * 64, defaults={"title": "Her style", "text": "<style/>"}
    )
    tool, _ = Tool.objects.get_or_create(
        owner=owner,
        name="hers.search",
        defaults={"origin": "openapi", "bundle": "hers", "policy": "ask"},
    )
    ToolVersion.objects.get_or_create(
        tool=tool,
        number=1,
        defaults={
            "author": "ingest",
            "input_schema": {"type": "object"},
            "output_schema": {},
            "definition": {
                "description": "Searches.",
                "contract": {
                    "kind": "http",
                    "base_url": "https://tool.example.org",
                    "method": "GET",
                    "path": "/search",
                },
            },
        },
    )
    ToolSecret.objects.get_or_create(owner=owner, host="tool.example.org:443", scheme="key")
    return World(conversation, run, file, passage, artifact, cycle, connection, tool, style)
