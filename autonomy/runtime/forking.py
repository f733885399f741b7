"""What a fork is given of its parent: history, documents, sources; nothing that is still shared."""

from __future__ import annotations

import json

from django.db import connection

from autonomy.memory.still_there import sources_still_there
from autonomy.models import (
    Artifact,
    ArtifactKind,
    Checkpoint,
    Citation,
    DocumentVersion,
    RewriteChange,
    Run,
    RunSource,
)
from autonomy.models.fields import new_id
from autonomy.runtime.artifacts import digest, unbind_deleted
from autonomy.runtime.checkpoint_copy import copy_history

FRESH = {"cycle_id": "", "heard": 0}
"""Values that name rows of the parent: the fork opens a cycle and hears messages of its own."""

BLOBS = """
SELECT b.channel, b.version, b.blob
FROM jsonb_each_text(%(versions)s::jsonb) AS used(channel, version)
JOIN autonomy_checkpoint_blobs b
  ON b.thread_id = %(thread)s AND b.checkpoint_ns = '' AND b.channel = used.channel
 AND b.version = used.version
"""
REPLACE_BLOB = """
UPDATE autonomy_checkpoint_blobs SET blob = %(blob)s
WHERE thread_id = %(thread)s AND checkpoint_ns = '' AND channel = %(channel)s
  AND version = %(version)s
"""


def copy_run(parent: Run, made: Run, start: Checkpoint) -> None:
    """Give `made` the history of `parent` up to `start`, with copies of the artifacts that its
    state refers to. Inside the caller's transaction."""
    copy_history(str(parent.pk), str(made.pk), start.checkpoint_id)
    thread = str(made.pk)
    head = Checkpoint.objects.get(
        thread_id=thread, checkpoint_ns="", checkpoint_id=start.checkpoint_id
    )
    with connection.cursor() as cursor:
        versions = json.dumps(head.checkpoint.get("channel_versions", {}))
        cursor.execute(BLOBS, {"versions": versions, "thread": thread})
        blobs = [
            (channel, version, bytes(blob or b"")) for channel, version, blob in cursor.fetchall()
        ]
    text = json.dumps(head.checkpoint)
    names = _adopted(parent, made, text, [blob for _, _, blob in blobs])
    for old, new in names.items():
        text = text.replace(old, new)
    stored = json.loads(text)
    values = stored.get("channel_values", {})
    values.update({key: value for key, value in FRESH.items() if key in values})
    Checkpoint.objects.filter(pk=head.pk).update(checkpoint=stored)
    with connection.cursor() as cursor:
        for channel, version, blob in blobs:
            # Ids are ASCII of one length, so the serialised form stays valid.
            changed = blob
            for old, new in names.items():
                changed = changed.replace(old.encode(), new.encode())
            if changed != blob:
                where = {"thread": thread, "channel": channel, "version": version}
                cursor.execute(REPLACE_BLOB, {**where, "blob": changed})
    found = list(RunSource.objects.filter(run=parent))
    there = sources_still_there(row.source_id for row in found if row.source_id)
    RunSource.objects.bulk_create(
        RunSource(
            run=made,
            source_id=row.source_id,
            work=row.work,
            csl=row.csl,
            url=row.url,
            provider=row.provider,
            query=row.query,
            kept=row.kept,
            reason=row.reason,
        )
        for row in found
        if row.source_id is None or row.source_id in there
    )


def _adopted(parent: Run, made: Run, text: str, blobs: list[bytes]) -> dict[str, str]:
    """Copies of the artifacts that the state names, with their citations: old id to new."""
    names: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for row in Artifact.objects.filter(run=parent).order_by("kind", "version").iterator():
        old = str(row.pk)
        if old not in text and not any(old.encode() in blob for blob in blobs):
            continue
        numbers[row.kind] = numbers.get(row.kind, 0) + 1
        names[old] = str(new_id())
        row.pk, row.run, row.version = names[old], made, numbers[row.kind]
        if isinstance(row.body, dict) and (draft := row.body.get("draft")) and "draft_id" in draft:
            draft["draft_id"] = names.get(draft["draft_id"], draft["draft_id"])
        row.save(force_insert=True)
        changes = list(RewriteChange.objects.filter(artifact_id=old))
        for change in changes:
            change.pk, change.run, change.artifact_id = new_id(), made, row.pk
        RewriteChange.objects.bulk_create(changes)
        checks = list(Citation.objects.filter(artifact_id=old))
        for check in checks:
            check.pk, check.run, check.artifact_id = new_id(), made, row.pk
        unbind_deleted(checks)
        Citation.objects.bulk_create(checks)
        _adopt_reason(old, made, names)
    _adopt_remarks(parent, made, names, numbers.get(ArtifactKind.DATA, 0))
    return names


def _adopt_remarks(parent: Run, made: Run, names: dict[str, str], last: int) -> None:
    """What was said of a rewriting besides its changes: it names the version that it is about, and no
    state names it."""
    remarks = Artifact.objects.filter(
        run=parent, kind=ArtifactKind.DATA, body__rewriting__document_id__in=list(names)
    )
    for number, row in enumerate(remarks.order_by("version"), start=last + 1):
        told = row.body["rewriting"]
        told["document_id"] = names[told["document_id"]]
        row.pk, row.run, row.version = new_id(), made, number
        row.sha256 = digest(row.body)
        row.save(force_insert=True)


def _adopt_reason(old: str, made: Run, names: dict[str, str]) -> None:
    """How the copied version came about; the events that led to it are the parent's."""
    about = DocumentVersion.objects.filter(artifact_id=old).first()
    if about is None:
        return
    about.artifact_id, about.run, about.as_of_seq = names[old], made, 0
    about.made_from_id = names.get(str(about.made_from_id))
    about.save(force_insert=True)
