"""What a person does with the changes proposed of their draft: look, decide, keep, download."""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from autonomy.core.rewriting import Decision, DraftText, TextEdit
from autonomy.core.types import Author
from autonomy.core.versions import Made, VersionCause
from autonomy.library.parsed import ParseFailure
from autonomy.library.sniff import DOCX
from autonomy.models import Artifact, ArtifactKind, RewriteChange, Source
from autonomy.runtime.drafts import bytes_of, draft_limits
from autonomy.services.errors import Invalid, NotFound, ServiceError
from autonomy.services.versions import add_version

if TYPE_CHECKING:
    from autonomy.export.document import Document
    from autonomy.export.formats import Exported
    from autonomy.library.drafts.draft import Draft
    from autonomy.library.drafts.package import Wanted

logger = logging.getLogger(__name__)

Changes = Literal["tracked", "accepted", "all"]
"""Of a file: undecided changes for its reader to decide on; only those that were accepted; all but
those that were rejected."""
TRACKED_BY = "HandyWriterz"
"""Who a Word file names for its tracked changes."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A version of a draft with what it rests on."""

    artifact: Artifact
    document: Document
    draft: Draft
    ref: DraftText
    told: dict[str, Any]
    """`left`, `remarks`, `reading`, `wishes` and `outcome`, as they were noted with the version; empty
    for one that no run ended with."""


def rewritten(artifact: Artifact) -> Rewritten:
    """
    Raises:
        NotFound: it is no version of a draft.
    """
    from autonomy.export.document import Document
    from autonomy.library.drafts.draft import Draft

    document = Document.model_validate(artifact.body) if _is_document(artifact) else None
    if document is None or document.draft is None:
        raise NotFound("This is no version of a draft of yours.", code="not_a_draft")
    ref = document.draft
    kept = Artifact.objects.filter(
        pk=ref.draft_id, kind=ArtifactKind.DATA, run__owner_id=artifact.run.owner_id
    ).first()
    if kept is None:
        raise NotFound("The draft as it was read is no longer kept.", code="not_a_draft")
    told = _told(artifact)
    return Rewritten(
        artifact=artifact,
        document=document,
        draft=Draft.model_validate(kept.body["draft"]),
        ref=ref,
        told=told.body["rewriting"] if told is not None else {},
    )


def looked_through(artifact: Artifact) -> bool:
    """Whether a run ended with this version of a draft, be it with nothing to change."""
    return _told(artifact) is not None


def _told(artifact: Artifact) -> Artifact | None:
    rows = Artifact.objects.filter(
        run_id=artifact.run_id,
        kind=ArtifactKind.DATA,
        body__rewriting__document_id=str(_proposer(artifact)),
    )
    return rows.order_by("-version").first()


def _is_document(artifact: Artifact) -> bool:
    return artifact.kind == ArtifactKind.DOCUMENT


def _proposer(artifact: Artifact) -> object:
    """The version whose proposal this is: itself, or the one that it was brought back from."""
    seen = artifact
    about = getattr(seen, "version_of", None)
    while about is not None and about.cause == VersionCause.RESTORED and about.made_from_id:
        seen = about.made_from
        about = getattr(seen, "version_of", None)
    return seen.pk


def counts_of(artifact: Artifact) -> dict[Decision, int]:
    found = Counter(
        RewriteChange.objects.filter(artifact=artifact).values_list("decision", flat=True)
    )
    return {decision: found.get(decision, 0) for decision in Decision}


@transaction.atomic
def decide(
    artifact: Artifact, decision: Decision, numbers: Sequence[int] | None, *, by: User | None = None
) -> list[int]:
    """Accept or reject changes, or take a decision back; the numbers of those that are now
    otherwise. `numbers` None means every change. Saying the same twice changes nothing.

    Raises:
        NotFound: a number is no change of this version; nothing is changed.
    """
    rows = RewriteChange.objects.filter(artifact=artifact)
    if numbers is not None:
        rows = rows.filter(number__in=set(numbers))
        if rows.count() != len(set(numbers)):
            raise NotFound("This version proposes no such change.", code="no_such_change")
    rows = rows.exclude(decision=decision).select_for_update()
    changed = sorted(rows.values_list("number", flat=True))
    RewriteChange.objects.filter(artifact=artifact, number__in=changed).update(
        decision=decision,
        decided_by=by,
        decided_at=None if decision is Decision.UNDECIDED else Now(),
    )
    return changed


def keep_decided(artifact: Artifact, *, by: User | None = None) -> Artifact:
    """The draft with what was accepted, as the run's newest version. Keeping the same again gives
    the same version.

    Raises:
        NotFound: no version of a draft.
        Invalid: nothing was accepted.
        Conflict: the run is still at work.
    """
    from autonomy.export.draft_document import document_of

    found = rewritten(artifact)
    counts = counts_of(artifact)
    if not counts[Decision.ACCEPTED]:
        raise Invalid(
            "Nothing is accepted yet, so this would be the draft as you brought it. Accept the "
            "changes that you want, then keep them.",
            code="nothing_accepted",
        )
    edits = _edits(found, "accepted")
    document = document_of(
        found.draft,
        found.ref.model_copy(update={"edits": edits, "proposed": False}),
        author=Author.HUMAN,
        date=found.document.date,
        notice=found.document.notice,
        simulated=found.document.simulated,
    )
    said = f"{counts[Decision.ACCEPTED]} of {sum(counts.values())} changes accepted"
    return add_version(
        artifact,
        document.model_dump(mode="json"),
        Made(
            cause=VersionCause.EDITED,
            why=f"{said}.",
            author=Author.HUMAN,
            words=document.words(),
        ),
        said=lambda number: f"{said}: kept as version {number}.",
        busy="The run is still at work, and its next version would undo this one. Wait until it "
        "is done, or stop it; then keep your decisions.",
        meta={"kept_from": str(artifact.pk)},
        by=by,
    )


# ----------------------------------------------------------------------------------- files


def export_draft(artifact: Artifact, format: Literal["docx", "md"], changes: Changes) -> Exported:
    """A version of a draft as a file: its own Word file with the changes in it, or Markdown.

    Raises:
        NotFound: no version of a draft.
        ServiceError: the Word file is gone, or cannot be written.
    """
    from autonomy.export.draft_document import draft_markdown
    from autonomy.export.formats import Exported, file_name

    found = rewritten(artifact)
    if format == "md":
        mode: Changes = "all" if changes == "tracked" else changes
        text = draft_markdown(found.draft, _edits(found, mode))
        return Exported(
            text.encode(), "text/markdown; charset=utf-8", file_name(found.draft.title, "md")
        )
    changed = found.ref.proposed or found.ref.edits
    name = "tracked" if changes == "tracked" else "clean" if changed else ""
    return Exported(_word(found, changes), DOCX, _named(found, name))


def _named(found: Rewritten, what: str) -> str:
    from autonomy.export.formats import file_name

    stem = Path(found.ref.file_name).stem or found.draft.title
    return file_name(f"{stem} {what}".strip(), "docx")


def _rows(found: Rewritten) -> list[RewriteChange]:
    return list(RewriteChange.objects.filter(artifact=found.artifact).order_by("number"))


def _edits(found: Rewritten, mode: Changes) -> dict[str, tuple[TextEdit, ...]]:
    """Block to its edits, as decided; a version that proposes nothing has its own."""
    rows = _rows(found)
    if not rows:
        return dict(found.ref.edits)
    wanted = [row for row in rows if _applied(row, mode)]
    edits: dict[str, list[TextEdit]] = {}
    for row in wanted:
        edits.setdefault(row.block, []).extend(TextEdit(*edit) for edit in row.edits)
    return {block: tuple(sorted(found)) for block, found in edits.items()}


def _applied(row: RewriteChange, mode: Changes) -> bool:
    if mode == "accepted":
        return row.decision == Decision.ACCEPTED
    return row.decision != Decision.REJECTED


def _wanted(found: Rewritten, mode: Changes) -> Iterable[Wanted]:
    from autonomy.library.drafts.package import Wanted

    rows = _rows(found)
    if rows:
        for row in rows:
            if _applied(row, mode):
                tracked = mode == "tracked" and row.decision == Decision.UNDECIDED
                for start, end, after in row.edits:
                    yield Wanted(
                        block=row.block, start=start, end=end, after=after, tracked=tracked
                    )
        return
    for block, edits in found.ref.edits.items():
        for edit in edits:
            yield Wanted(
                block=block,
                start=edit.start,
                end=edit.end,
                after=edit.after,
                tracked=mode == "tracked",
            )


def _word(found: Rewritten, mode: Changes) -> bytes:
    """The person's own Word file with the changes, or, for a draft that was none, one made of its
    text. Written in the confined process: the file is from outside.

    Raises:
        ServiceError: see `export_draft`.
    """
    from autonomy.export.plain_docx import plain_docx

    changes = tuple(_wanted(found, mode))
    with tempfile.TemporaryDirectory(prefix="hw-draft-") as folder:
        path = Path(folder) / "draft.docx"
        if found.ref.media_type == DOCX:
            with _own_file(found) as own:
                path.write_bytes(own.read_bytes())
        else:
            path.write_bytes(plain_docx(found.draft))
        if not changes:
            return path.read_bytes()
        return _written(Path(folder), path, changes, found)


def _own_file(found: Rewritten) -> Any:
    """The file that the draft was read from: under its own id, or the same bytes brought again.

    Raises:
        ServiceError: it is gone.
    """
    owner = found.artifact.run.owner_id
    rows = Source.objects.filter(owner_id=owner).exclude(file="")
    row = rows.filter(pk=found.ref.source_id, sha256=found.ref.sha256).first()
    row = row or (rows.filter(sha256=found.ref.sha256).first() if found.ref.sha256 else None)
    if row is None:
        raise _gone()
    return _Stored(row.file)


class _Stored:
    """Stored bytes as a local file; words for a person when they are not there."""

    def __init__(self, name: str) -> None:
        self._context = bytes_of(name)

    def __enter__(self) -> Path:
        try:
            return self._context.__enter__()
        except FileNotFoundError as error:
            raise _gone() from error

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)


def _gone() -> ServiceError:
    return ServiceError(
        "draft_gone",
        "The draft's file is gone",
        "The Word file of this draft is no longer in your library. Upload the same file again and "
        "this download works; Markdown and PDF work without it.",
        409,
    )


def _written(folder: Path, path: Path, changes: Sequence[Wanted], found: Rewritten) -> bytes:
    from autonomy.library.drafts.package import Job, Written
    from autonomy.library.isolated import read_in_subprocess

    made = found.artifact.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    job = Job(path=str(path), changes=tuple(changes), author=TRACKED_BY, date=made)
    order = folder / "job.json"
    order.write_text(job.model_dump_json(), encoding="utf-8")
    try:
        return read_in_subprocess(
            "draft_changes", Written, order, found.ref.file_name, draft_limits()
        ).data
    except ParseFailure as failure:
        logger.warning("draft of artifact %s: %s", found.artifact.pk, failure.message)
        raise ServiceError(
            "export_failed", "The file could not be made", failure.message, 500
        ) from failure
