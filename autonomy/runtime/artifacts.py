"""Versioned, content-addressed outputs of a run."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from autonomy.core.types import CitationCheck
from autonomy.core.versions import Made
from autonomy.memory.still_there import passages_still_there, sources_still_there
from autonomy.models import Artifact, ArtifactKind, Citation, DocumentVersion, Passage
from autonomy.runtime.db import run_db
from autonomy.runtime.effects import lock_run
from autonomy.runtime.events import storable
from autonomy.runtime.fence import Fence

TITLE_CHARS = 300


def digest(body: dict[str, Any]) -> str:
    """SHA-256 of a body's canonical JSON."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def keep_made(artifact: Artifact, made: Made, as_of_seq: int, *, by: int | None = None) -> None:
    """Store how this version came about, in the transaction that stores it.

    Args:
        as_of_seq: number of the run's last event so far.
        by: the person who asked for it.
    """
    DocumentVersion.objects.create(
        artifact=artifact,
        run_id=artifact.run_id,
        cause=made.cause,
        why=storable(made.why),
        gates=list(made.gates),
        author=made.author,
        person_id=by,
        made_from_id=_uuid(made.made_from),
        cycle_id=_uuid(made.cycle_id),
        words=made.words,
        as_of_seq=as_of_seq,
    )


def unbind_deleted(citations: Sequence[Citation]) -> None:
    """Take from citations that are about to be stored what was deleted since they were read; what
    they still name stays until the transaction ends. As a deletion does it with stored ones."""
    sources = sources_still_there(row.source_id for row in citations if row.source_id)
    passages = passages_still_there(row.passage_id for row in citations if row.passage_id)
    for row in citations:
        if row.source_id not in sources:
            row.source = None
        if row.passage_id not in passages:
            row.passage = None


class RunArtifacts:
    """`ports.Artifacts` of one segment."""

    def __init__(self, fence: Fence, owner_id: int) -> None:
        self._fence = fence
        self._owner_id = owner_id

    async def save(
        self, kind: str, title: str, body: dict[str, Any], made: Made | None = None
    ) -> str:
        """Store a new version of (run, kind) and return its id; the same body twice in a row is
        one version. What was `made` is stored beside a new version.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        return await run_db(self._save, kind, title, storable(body), made)

    @transaction.atomic
    def _save(self, kind: str, title: str, body: dict[str, Any], made: Made | None) -> str:
        run = lock_run(self._fence)
        mine = Artifact.objects.filter(run_id=self._fence.run_id, kind=kind)
        sha256 = digest(body)
        newest = mine.aggregate(newest=Max("version"))["newest"] or 0
        same = mine.filter(sha256=sha256)
        if kind == ArtifactKind.DOCUMENT:
            # A draft that returns to an earlier wording is a new version all the same: the newest
            # version is the one that is handed over.
            same = same.filter(version=newest)
        known = same.first()
        if known is None:
            known = Artifact.objects.create(
                run_id=self._fence.run_id,
                kind=kind,
                version=newest + 1,
                title=storable(title)[:TITLE_CHARS],
                sha256=sha256,
                body=body,
            )
            if made is not None:
                keep_made(known, made, run.last_seq)
        return str(known.pk)

    async def load(self, artifact_id: str) -> dict[str, Any]:
        """The body of an artifact of this run, or of another of the same person's runs (a fork
        starts from its parent's draft).

        Raises:
            KeyError: there is none.
        """
        return await run_db(self._load, artifact_id)

    def _load(self, artifact_id: str) -> dict[str, Any]:
        row = Artifact.objects.filter(pk=artifact_id, run__owner_id=self._owner_id).first()
        if row is None:
            raise KeyError(artifact_id)
        body: dict[str, Any] = row.body
        return body

    async def bind_citations(self, artifact_id: str, checks: Sequence[CitationCheck]) -> None:
        """Replace the citation rows of an artifact of this run. A fork that judges its parent's
        draft leaves the parent's rows alone.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        await run_db(self._bind, artifact_id, checks)

    @transaction.atomic
    def _bind(self, artifact_id: str, checks: Sequence[CitationCheck]) -> None:
        lock_run(self._fence)
        if not Artifact.objects.filter(pk=artifact_id, run_id=self._fence.run_id).exists():
            return
        sources = sources_still_there(_ids(check.source_id for check in checks))
        passages = Passage.objects.in_bulk(
            passages_still_there(_ids(check.passage_id for check in checks))
        )
        Citation.objects.filter(artifact_id=artifact_id).delete()
        rows = []
        for check in checks:
            passage = passages.get(_uuid(check.passage_id))
            source_id = _uuid(check.source_id)
            rows.append(
                Citation(
                    run_id=self._fence.run_id,
                    artifact_id=artifact_id,
                    marker=check.marker,
                    claim=storable(check.claim),
                    passage=passage,
                    source_id=source_id if source_id in sources else None,
                    page=check.page,
                    text=passage.text if passage else "",
                    verdict=check.verdict,
                    author=check.author,
                    reason=storable(check.reason),
                    findings=storable([f.model_dump(mode="json") for f in check.findings]),
                    judgements=check.judgements,
                )
            )
        Citation.objects.bulk_create(rows)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _ids(texts: Any) -> list[uuid.UUID]:
    return [found for found in map(_uuid, texts) if found is not None]
