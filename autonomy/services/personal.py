"""A person's own data, as the files of an archive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from autonomy.models import (
    ApiKey,
    Artifact,
    ArtifactKind,
    BudgetEntry,
    Check,
    CheckEvent,
    Citation,
    CitationStyle,
    DocumentVersion,
    Episode,
    FlaggedPassage,
    ModelCall,
    ModelConnection,
    ModelPreference,
    Note,
    Notification,
    NotificationChoice,
    PassageChange,
    Quota,
    Resume,
    RewriteChange,
    Run,
    RunMessage,
    RunSource,
    Source,
    Tool,
    ToolRecording,
    ToolSecret,
    ToolVersion,
    TurnitinCycle,
    UsageDay,
)
from autonomy.services.documents import export_document
from autonomy.services.errors import ServiceError

DOCUMENT_FORMATS = ("docx", "md", "bib")
CALLS_AT_ONCE = 20
"""Of model calls, read together: one may hold hundreds of thousands of characters."""
INTERNAL = frozenset(
    {
        "owner_id",
        "idempotency_key",
        "fence",
        "owner_lock",
        "lease_until",
        "beat_at",
        "claims_without_progress",
        "faults",
        "parser",
        "embedding",
        "search",
        "id",
        "run_id",
    }
)
"""Columns that say something of our machines and nothing of the person."""
OTHERS_PART = frozenset(
    {"cycle_id", "holder_id", "assigned_to_id", "report_file", "report_read", "marked", "title"}
)
"""Columns of a check that are its document's owner's and not its checker's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive."""

    name: str
    content: Iterable[bytes]
    problem: str = ""
    """Why this is not what it should be."""


def personal_entries(user: User) -> Iterator[Entry]:
    """Everything that `user` has put in or had made: library, notes, runs with what was said to
    models, keys and model connections (not their secrets), use. Each entry's content is read when
    it is iterated, in pieces."""
    yield _json("api_keys.json", _rows(ApiKey.objects.filter(owner=user), leave={"sha256"}))
    yield _json("usage.json", _rows(UsageDay.objects.filter(user=user), leave={"user_id"}))
    quota = Quota.objects.filter(user=user)
    yield _json("quota.json", _rows(quota, leave={"user_id"}))
    yield _json("models.json", _models(user))
    yield from _tools(user)
    told = Notification.objects.filter(owner=user)
    yield _json("notifications.json", _rows(told, also={"run_id"}))
    wanted = NotificationChoice.objects.filter(user=user)
    yield _json("mail_choice.json", _rows(wanted, leave={"user_id"}))
    styles = CitationStyle.objects.filter(owner=user)
    yield _json("citation_styles.json", _rows(styles, also={"id"}))
    yield _json("notes.json", _rows(Note.objects.filter(owner=user), leave={"sha256"}))
    yield _json("checks_done.json", _rows(Check.objects.filter(holder=user), leave=OTHERS_PART))
    beside_runs = ModelCall.objects.filter(owner=user, run=None)
    if beside_runs.exists():
        yield Entry("model_calls.jsonl", _model_calls(beside_runs.order_by("created_at", "id")))
    yield from _library(user)
    for run_id in Run.objects.filter(owner=user).order_by("id").values_list("id", flat=True):
        yield from _run(Run.objects.get(pk=run_id))


def _models(user: User) -> dict[str, Any]:
    """Connections without their keys, and what does which work."""
    connections = ModelConnection.objects.filter(owner=user).order_by("created_at")
    preference = ModelPreference.objects.filter(owner=user).first()
    return {
        "connections": [
            _row(row, leave={"secret"}) | {"has_key": bool(row.secret)} for row in connections
        ],
        "choices": preference.roles if preference else {},
    }


def _tools(user: User) -> Iterator[Entry]:
    """Learnt tools with their versions and calls, and which keys there are, without the keys."""
    tools = Tool.objects.filter(owner=user).order_by("name")
    if tools.exists():
        versions = ToolVersion.objects.filter(tool__owner=user).order_by("tool__name", "number")
        calls = ToolRecording.objects.filter(version__tool__owner=user).order_by("created_at")
        content = {"tools": _rows(tools, also={"id"}), "versions": _rows(versions, also={"id"})}
        yield _json("tools.json", content)
        yield Entry("tool_calls.jsonl", (_dump(_row(c)) + b"\n" for c in calls.iterator()))
    keys = ToolSecret.objects.filter(owner=user)
    if keys.exists():
        yield _json("tool_keys.json", _rows(keys, leave={"secret"}))


def _library(user: User) -> Iterator[Entry]:
    rows = Source.objects.filter(owner=user).order_by("id")
    yield _json("library/sources.json", _rows(rows, leave={"file"}, also={"id"}))
    for source in rows.iterator():
        if source.file:
            yield _stored(f"library/files/{source.pk}/{source.file_name}", source.file)


def _run(run: Run) -> Iterator[Entry]:
    folder = f"runs/{run.pk}"
    of_run = {"run": run}
    cycles = TurnitinCycle.objects.filter(**of_run)
    about = _row(run, also={"id"}) | {
        "answers": _rows(Resume.objects.filter(**of_run)),
        "messages": _rows(RunMessage.objects.filter(**of_run), leave={"author_id"}),
        "sources": _rows(RunSource.objects.filter(**of_run)),
        "citations": _rows(Citation.objects.filter(**of_run)),
        "originality_cycles": _rows(cycles, leave={"report_file", "checked_by_id"}, also={"id"}),
        "flagged_passages": _rows(FlaggedPassage.objects.filter(cycle__run=run)),
        "passage_changes": _rows(PassageChange.objects.filter(cycle__run=run)),
        "document_versions": [_version(row) for row in DocumentVersion.objects.filter(**of_run)],
        "checks": _rows(
            Check.objects.filter(cycle__run=run),
            leave={"holder_id", "assigned_to_id", "report_file"},
            also={"id"},
        ),
        "check_events": _rows(
            CheckEvent.objects.filter(subject__cycle__run=run), leave={"who_id", "whom_id"}
        ),
        "rewrite_changes": _rows(RewriteChange.objects.filter(**of_run), leave={"decided_by_id"}),
        "costs": _rows(BudgetEntry.objects.filter(**of_run)),
    }
    yield _json(f"{folder}/run.json", about)
    yield Entry(f"{folder}/events.jsonl", _events(run))
    said = ModelCall.objects.filter(**of_run).order_by("id")
    yield Entry(f"{folder}/model_calls.jsonl", _model_calls(said))
    artifacts = Artifact.objects.filter(**of_run)
    for artifact in artifacts.exclude(kind=ArtifactKind.DOCUMENT).iterator():
        yield _json(f"{folder}/{artifact.kind}-{artifact.version}.json", artifact.body)
    newest = artifacts.filter(kind=ArtifactKind.DOCUMENT).order_by("-version").first()
    if newest is not None:
        yield _json(f"{folder}/document.json", newest.body)
        yield from _document(folder, newest)
        earlier = artifacts.filter(kind=ArtifactKind.DOCUMENT).exclude(pk=newest.pk)
        for artifact in earlier.order_by("version").iterator(chunk_size=1):
            yield _json(f"{folder}/versions/{artifact.version}.json", artifact.body)
    for cycle in cycles.exclude(report_file="").iterator():
        name = cycle.report_file_name or "report"
        yield _stored(f"{folder}/reports/{cycle.number}/{name}", cycle.report_file)


def _version(row: DocumentVersion) -> dict[str, Any]:
    """Why a version was made, under its number."""
    return {"version": row.artifact.version} | _row(row, leave={"as_of_seq", "person_id"})


def _document(folder: str, artifact: Artifact) -> Iterator[Entry]:
    for format in DOCUMENT_FORMATS:
        name = f"{folder}/document.{format}"
        try:
            yield Entry(name, [export_document(artifact, format).data])
        except ServiceError as error:
            problem = f"{error.detail} Its content is in document.json."
            yield Entry(f"{name}.missing.txt", [problem.encode()], problem)


def _events(run: Run) -> Iterator[bytes]:
    for episode in Episode.objects.filter(run=run).order_by("seq").iterator():
        row = {
            "seq": episode.seq,
            "ts": episode.ts,
            "type": episode.type,
            "source": episode.source,
            "content": episode.content,
            "meta": episode.meta,
        }
        yield _dump(row) + b"\n"


def _model_calls(calls: QuerySet[ModelCall]) -> Iterator[bytes]:
    for call in calls.iterator(chunk_size=CALLS_AT_ONCE):
        yield _dump(_row(call)) + b"\n"


def _stored(name: str, stored: str) -> Entry:
    if not default_storage.exists(stored):
        problem = "The bytes of this file are no longer in storage."
        return Entry(f"{name}.missing.txt", [problem.encode()], problem)
    return Entry(name, _chunks(stored))


def _chunks(stored: str) -> Iterator[bytes]:
    with default_storage.open(stored, "rb") as file:
        yield from file.chunks()


def _rows(
    rows: QuerySet[Any], leave: Iterable[str] = (), also: Iterable[str] = ()
) -> list[dict[str, Any]]:
    return [_row(row, leave, also) for row in rows.iterator()]


def _row(row: Any, leave: Iterable[str] = (), also: Iterable[str] = ()) -> dict[str, Any]:
    hidden = (INTERNAL | set(leave)) - set(also)
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: getattr(row, name) for name in names if name not in hidden}


def _json(name: str, content: Any) -> Entry:
    return Entry(name, [_dump(content, indent=2)])


def _dump(content: Any, indent: int | None = None) -> bytes:
    return json.dumps(content, cls=DjangoJSONEncoder, indent=indent, ensure_ascii=False).encode()
