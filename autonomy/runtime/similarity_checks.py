"""Checks of documents against what their owners have: claimed, computed once, and kept."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from pydantic import ValidationError

from autonomy.core.originality import Similarity, SimilarityStatus
from autonomy.export.document import Document
from autonomy.export.draft_text import draft_text
from autonomy.library.embed import Embedder
from autonomy.memory.compared_texts import TextLimits, There, choose, read, there
from autonomy.memory.embedding import shared_embedder
from autonomy.models import Artifact, SimilarityCheck
from autonomy.runtime import similarity_turns
from autonomy.tools.similarity import ComparedText, SimilaritySettings, compare
from autonomy.tools.similarity.drafts import listed
from autonomy.tools.similarity.settings import ENGINE
from handywriterz.env import env

logger = logging.getLogger(__name__)

_FAILED = "The comparison could not be finished. Your document is safe; try again."
_UNREADABLE = (
    "This version of the document is kept in a form that cannot be read any more, so it cannot be "
    "compared. Compare a newer one."
)
_TELL_SECONDS = 1.0
"""Between two notes of how far a comparison is."""


class TooManyWaiting(Exception):
    """A person has as many comparisons waiting as they may.

    Args:
        limit: how many that is.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} comparisons wait already")
        self.limit = limit


class _Superseded(Exception):
    """Somebody else has the comparison now."""


def text_limits() -> TextLimits:
    """How much this deployment compares one draft with."""
    return TextLimits(texts=env().similarity_texts_max, characters=env().similarity_chars_max)


@dataclass(frozen=True, slots=True)
class Question:
    """A document with the texts that it is to be held against, named but not read."""

    artifact: Artifact
    there: There
    texts: str
    """`SimilarityCheck.texts`."""


def question(artifact: Artifact) -> Question:
    """What is to be computed, or was. `artifact` has its run."""
    known = there(artifact, text_limits())
    named = hashlib.sha256(f"{ENGINE}\n{known.digest}".encode()).hexdigest()
    return Question(artifact, known, named)


def under_way(artifact: Artifact) -> SimilarityCheck | None:
    """The document's comparison that waits or is being made; None when there is none. Which texts
    there are is not asked: in a large library that takes as long as many pages of it, and whoever
    waits looks often. The worker asks when it begins."""
    rows = SimilarityCheck.objects.filter(artifact=artifact, status__in=similarity_turns.OPEN)
    return rows.order_by("-created_at").first()


def kept(asked: Question) -> SimilarityCheck | None:
    """The check as it stands; None when nobody has asked."""
    return SimilarityCheck.objects.filter(artifact=asked.artifact, texts=asked.texts).first()


def result_of(row: SimilarityCheck | None) -> Similarity | None:
    """What was found; None while it was not, or when it is kept in a form that is not read any
    more."""
    if row is None or row.status != SimilarityStatus.DONE:
        return None
    try:
        return Similarity.model_validate(row.result)
    except ValidationError:
        logger.exception("similarity check %s could not be read", row.pk)
        return None


def wanted(asked: Question) -> tuple[SimilarityCheck, bool]:
    """The row of a question, made if need be, and whether a worker should be told of it.

    Raises:
        TooManyWaiting: it would have to be made, and the person may have no more.
    """
    row = kept(asked)
    if row is not None:
        return row, late(row)
    with transaction.atomic():
        _room(asked.artifact)
        row, made = SimilarityCheck.objects.get_or_create(
            artifact=asked.artifact, texts=asked.texts
        )
        if made:
            _drop_old(asked)
    return row, True


def late(row: SimilarityCheck) -> bool:
    """Whether a worker should be told once more, because the check waits and nobody took it."""
    return row.status in similarity_turns.OPEN and similarity_turns.waiting() is not None


def again(row: SimilarityCheck) -> bool:
    """Have a check that failed, or whose result cannot be read any more, done once more; whether it
    was over. `row` has its artifact with its run.

    Raises:
        TooManyWaiting: the person may have no more.
    """
    over = (SimilarityStatus.FAILED, SimilarityStatus.DONE)
    if row.status not in over:
        return False
    with transaction.atomic():
        _room(row.artifact)
        ended = SimilarityCheck.objects.filter(pk=row.pk, status=row.status)
        return bool(
            ended.update(
                status=SimilarityStatus.QUEUED,
                error="",
                result=None,
                broke_off=0,
                progress=0,
                created_at=Now(),
                finished_at=None,
            )
        )


def _room(artifact: Artifact) -> None:
    """Until the transaction ends, its owner may have one more waiting."""
    owner_id = artifact.run.owner_id
    similarity_turns.one_asks(owner_id)
    limit = env().similarity_waiting_per_user
    if similarity_turns.open_of(owner_id) >= limit:
        raise TooManyWaiting(limit)


def keep(asked: Question, similarity: Similarity) -> None:
    """Store what was found, whoever else may be at it: the answer is the same."""
    SimilarityCheck.objects.update_or_create(
        artifact=asked.artifact,
        texts=asked.texts,
        defaults={
            "status": SimilarityStatus.DONE,
            "result": similarity.model_dump(mode="json"),
            "error": "",
            "finished_at": Now(),
        },
    )
    _drop_old(asked)


def _drop_old(asked: Question) -> None:
    """Nobody asks again for what was found when there were other texts."""
    rows = SimilarityCheck.objects.filter(artifact=asked.artifact).exclude(texts=asked.texts)
    rows.exclude(status__in=similarity_turns.OPEN).delete()


@dataclass(frozen=True, slots=True)
class Material:
    """All that a check reads."""

    document: Document
    texts: list[ComparedText]
    left_out: int


def material(asked: Question) -> Material:
    """Read the document and its texts.

    Raises:
        ValidationError: the document is kept in a form that is not read any more.
    """
    document = Document.model_validate(asked.artifact.body)
    owner_id = asked.artifact.run.owner_id
    chosen = choose(asked.there)
    return Material(document, read(owner_id, chosen), chosen.left_out)


def found(
    given: Material, embedder: Embedder, on_progress: Callable[[float], None] = lambda share: None
) -> Similarity:
    """Compare. It takes seconds of one processor and asks no database."""
    similarity = compare(
        draft_text(given.document),
        given.texts,
        SimilaritySettings(),
        embedder.encode,
        listed=listed(given.document),
        on_progress=on_progress,
    )
    return similarity.model_copy(update={"left_out": given.left_out})


def work() -> bool:
    """Make the comparison whose turn it is; whether there was one. Whatever goes wrong is told in
    its row."""
    row = similarity_turns.take()
    if row is None:
        return False
    mine = _mine(row)
    with similarity_turns.held(row):
        try:
            asked = question(row.artifact)
            similarity = found(material(asked), shared_embedder(), _Teller(row))
        except _Superseded:
            logger.info("similarity check %s was given to somebody else", row.pk)
        except ValidationError:
            logger.exception("similarity check %s: the document cannot be read", row.pk)
            mine.update(status=SimilarityStatus.FAILED, error=_UNREADABLE, finished_at=Now())
        except Exception:
            logger.exception("similarity check %s failed", row.pk)
            mine.update(status=SimilarityStatus.FAILED, error=_FAILED, finished_at=Now())
        else:
            _finish(row, asked, similarity)
    return True


def _mine(row: SimilarityCheck) -> QuerySet[SimilarityCheck]:
    """The row, as long as this attempt has it."""
    return SimilarityCheck.objects.filter(
        pk=row.pk, attempts=row.attempts, status=SimilarityStatus.RUNNING
    )


def _finish(row: SimilarityCheck, asked: Question, similarity: Similarity) -> None:
    mine = _mine(row)
    if asked.texts != row.texts:
        # Sources came or went meanwhile: what was found answers another question.
        keep(asked, similarity)
        mine.delete()
        return
    mine.update(
        status=SimilarityStatus.DONE,
        result=similarity.model_dump(mode="json"),
        finished_at=Now(),
    )


class _Teller:
    """Notes in the row how far its comparison is."""

    def __init__(self, row: SimilarityCheck) -> None:
        self._row = row
        self._told_at = time.monotonic()

    def __call__(self, share: float) -> None:
        now = time.monotonic()
        if now - self._told_at < _TELL_SECONDS:
            return
        self._told_at = now
        if not _mine(self._row).update(progress=min(round(100 * share), 99)):
            raise _Superseded
