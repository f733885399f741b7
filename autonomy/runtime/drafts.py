"""Drafts of a run: a person's file read in a process of its own, and the changes proposed of it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction

from autonomy.core.rewriting import DraftTaken, DraftText, ProposedChange
from autonomy.library.drafts.draft import Draft
from autonomy.library.isolated import read_in_subprocess
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.models import Artifact, RewriteChange, Source
from autonomy.runtime.artifacts import RunArtifacts
from autonomy.runtime.db import run_db
from autonomy.runtime.effects import lock_run
from autonomy.runtime.events import storable
from autonomy.runtime.fence import Fence
from autonomy.tools.registry import ToolFailure
from handywriterz.env import env

GONE = "The file of this draft is no longer stored. Upload it again, and start the rewriting anew."


def draft_limits() -> ParseLimits:
    """What reading one draft may cost on this deployment."""
    return ParseLimits(
        max_pages=env().parse_max_pages,
        max_chars=env().parse_max_chars,
        max_table_rows=env().parse_max_rows,
        ocr_languages=env().parse_ocr_languages,
        ocr_seconds=env().parse_ocr_seconds,
        timeout_seconds=env().parse_timeout_seconds,
    )


@contextlib.contextmanager
def bytes_of(name: str) -> Iterator[Path]:
    """Stored bytes as a file on this machine.

    Raises:
        FileNotFoundError: they are not there any more.
    """
    with (
        default_storage.open(name, "rb") as stored,
        tempfile.NamedTemporaryFile(prefix="draft-") as copy,
    ):
        shutil.copyfileobj(stored, copy, 1 << 20)
        copy.flush()
        yield Path(copy.name)


class RunDrafts:
    """`ports.Drafts` of one segment."""

    def __init__(self, fence: Fence, owner_id: int, artifacts: RunArtifacts) -> None:
        self._fence = fence
        self._owner_id = owner_id
        self._artifacts = artifacts

    async def take(self, source_id: str) -> DraftTaken:
        """See `ports.Drafts`."""
        draft, ref = await run_db(self._read, source_id)
        words = draft.words()
        if words > env().rewrite_max_words:
            raise ToolFailure(
                "no_draft",
                f"The draft has {words:,} words; at most {env().rewrite_max_words:,} are improved "
                "in one go. Split it, and send the parts one after another.",
            )
        body = {"draft": draft.model_dump(mode="json"), "ref": ref.model_dump(mode="json")}
        draft_id = await self._artifacts.save("data", f"Draft as read: {draft.title}", body)
        return DraftTaken(
            draft_id=draft_id,
            title=draft.title,
            words=words,
            blocks=len(draft.blocks),
            remarks=draft.remarks,
        )

    def _read(self, source_id: str) -> tuple[Draft, DraftText]:
        source = Source.objects.filter(pk=source_id, owner_id=self._owner_id).first()
        if source is None or not source.file:
            raise ToolFailure("no_draft", GONE)
        try:
            with bytes_of(source.file) as path:
                name = source.file_name or path.name
                draft = read_in_subprocess("draft", Draft, path, name, draft_limits())
        except FileNotFoundError as error:
            raise ToolFailure("no_draft", GONE) from error
        except ParseFailure as failure:
            raise ToolFailure("no_draft", failure.message) from failure
        ref = DraftText(
            draft_id="",
            source_id=str(source.pk),
            sha256=source.sha256,
            file_name=source.file_name,
            media_type=draft.media_type,
        )
        return draft, ref

    async def propose(self, artifact_id: str, changes: Sequence[ProposedChange]) -> None:
        """See `ports.Drafts`."""
        await run_db(self._propose, artifact_id, changes)

    @transaction.atomic
    def _propose(self, artifact_id: str, changes: Sequence[ProposedChange]) -> None:
        lock_run(self._fence)
        known = Artifact.objects.filter(pk=artifact_id, run_id=self._fence.run_id)
        if not known.exists() or RewriteChange.objects.filter(artifact_id=artifact_id).exists():
            return  # a superstep that is done again: the version is the same, and so are its rows
        RewriteChange.objects.bulk_create(
            RewriteChange(
                run_id=uuid.UUID(str(self._fence.run_id)),
                artifact_id=uuid.UUID(artifact_id),
                number=number,
                block=one.block,
                start=one.start,
                end=one.end,
                before=storable(one.before),
                after=storable(one.after),
                edits=storable([list(edit) for edit in one.edits]),
                kind=one.kind[:40],
                reason=storable(one.reason),
                author=one.author,
                simulated=one.simulated,
                checks=one.checks.model_dump(mode="json"),
            )
            for number, one in enumerate(changes, start=1)
        )
