"""Checks of documents against what their owners have: claimed, computed once, and kept."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now
from pydantic import ValidationError

from autonomy.core.originality import Similarity, SimilarityStatus
from autonomy.export.document import Document
from autonomy.export.draft_text import draft_text
from autonomy.library.embed import Embedder
from autonomy.memory.compared_texts import Chosen, TextLimits, choose, read
from autonomy.memory.embedding import shared_embedder
from autonomy.models import Artifact, SimilarityCheck
from autonomy.tools.similarity import ComparedText, SimilaritySettings, compare
from autonomy.tools.similarity.drafts import listed
from autonomy.tools.similarity.settings import ENGINE
from handywriterz.env import env

logger = logging.getLogger(__name__)

STALE_SECONDS = 600
"""A check that was begun so long ago and has no end is begun anew."""
RING_AGAIN_SECONDS = 5
"""One that waits for so long has its doorbell rung again when somebody looks."""
_OPEN = (SimilarityStatus.QUEUED, SimilarityStatus.RUNNING)
_FAILED = "The comparison could not be finished. Your document is safe; try again."


def text_limits() -> TextLimits:
    """How much this deployment compares one draft with."""
    return TextLimits(texts=env().similarity_texts_max, characters=env().similarity_chars_max)


@dataclass(frozen=True, slots=True)
class Question:
    """A document with the texts that it is to be held against, named but not read."""

    artifact: Artifact
    chosen: Chosen
    texts: str
    """`SimilarityCheck.texts`."""


def question(artifact: Artifact) -> Question:
    """What is to be computed, or was. `artifact` has its run."""
    chosen = choose(artifact, text_limits())
    named = hashlib.sha256(f"{ENGINE}\n{chosen.digest}".encode()).hexdigest()
    return Question(artifact, chosen, named)


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
    """The row of a question, made if need be, and whether a worker should be told of it."""
    row, made = SimilarityCheck.objects.get_or_create(artifact=asked.artifact, texts=asked.texts)
    if made:
        _drop_old(asked)
    late = Now() - timedelta(seconds=RING_AGAIN_SECONDS)
    waiting = SimilarityCheck.objects.filter(_waits(), pk=row.pk)
    return row, made or waiting.filter(created_at__lt=late).exists()


def again(row: SimilarityCheck) -> bool:
    """Have a check that failed done once more; whether it had failed."""
    return bool(
        SimilarityCheck.objects.filter(pk=row.pk, status=SimilarityStatus.FAILED).update(
            status=SimilarityStatus.QUEUED, error="", result=None
        )
    )


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
    rows.exclude(status__in=_OPEN).delete()


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
    return Material(document, read(owner_id, asked.chosen), asked.chosen.left_out)


def found(given: Material, embedder: Embedder) -> Similarity:
    """Compare. It takes seconds of one processor and asks no database."""
    similarity = compare(
        draft_text(given.document),
        given.texts,
        SimilaritySettings(),
        embedder.encode,
        listed=listed(given.document),
    )
    return similarity.model_copy(update={"left_out": given.left_out})


def _waits() -> Q:
    stale = Now() - timedelta(seconds=STALE_SECONDS)
    begun = Q(status=SimilarityStatus.RUNNING, claimed_at__lt=stale)
    return Q(status=SimilarityStatus.QUEUED) | begun


def work(check_id: str) -> bool:
    """Do a check that waits, if nobody is at it; whether it was done. Whatever goes wrong is told
    in the row."""
    taken = SimilarityCheck.objects.filter(_waits(), pk=check_id).update(
        status=SimilarityStatus.RUNNING, claimed_at=Now(), attempts=F("attempts") + 1
    )
    if not taken:
        return False
    row = SimilarityCheck.objects.select_related("artifact__run").get(pk=check_id)
    mine = SimilarityCheck.objects.filter(
        pk=row.pk, attempts=row.attempts, status=SimilarityStatus.RUNNING
    )
    try:
        asked = question(row.artifact)
        similarity = found(material(asked), shared_embedder())
    except Exception:
        logger.exception("similarity check %s failed", row.pk)
        mine.update(status=SimilarityStatus.FAILED, error=_FAILED, finished_at=Now())
        return False
    if asked.texts != row.texts:
        # Sources came or went meanwhile: what was found answers another question.
        keep(asked, similarity)
        mine.delete()
        return True
    done = mine.update(
        status=SimilarityStatus.DONE,
        result=similarity.model_dump(mode="json"),
        finished_at=Now(),
    )
    return bool(done)
