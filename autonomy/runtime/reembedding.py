"""Filling an embedding space in the background, while search goes on in the one before it.

Done in slices of a few seconds by the workers that read files, so that files wait for no more than
one. Every batch is stored as it comes: a slice that is lost loses one batch. Failures are tried
again, later and later; when it is plain that they will not pass, the space is given up and search
stays where it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from autonomy.core.llm.embeddings import Embedded, EmbeddingError, EmbeddingsEndpoint
from autonomy.core.llm.failures import RETRIED, Failure, FailureKind
from autonomy.core.llm.portfolio import name_of
from autonomy.core.llm.price import price
from autonomy.memory import spaces
from autonomy.memory.spaces import as_space
from autonomy.models import EmbeddingSpace, SpaceState
from autonomy.runtime.embedders import BUILT_IN, deployment_access, endpoint_of, wanted_embedder
from autonomy.runtime.provider_health import shared_health
from handywriterz.env import env

logger = logging.getLogger(__name__)

SLICE_SECONDS = 15.0
BATCH = 128
FAILURES_MAX = 8
"""In a row; then a space that is being built is given up."""
_BACKOFF_SECONDS = (5.0, 300.0)
AGAIN_AFTER = timedelta(hours=1)
"""A space that was given up is tried again then, as long as it is still wanted."""
SHRINKS = 4
"""Times a text that the model refuses as too long is halved."""
_CHOICE_LOCK = 0x656D6264
_WORK_LOCK = 0x656D6265
_CIRCUIT = frozenset({FailureKind.CIRCUIT_OPEN})
_TOO_LONG = frozenset({FailureKind.CONTEXT_OVERFLOW, FailureKind.REJECTED})


def reconcile() -> EmbeddingSpace | None:
    """Bring the spaces in line with what is wanted; the one that is being built, if any."""
    wanted, _ = wanted_embedder()
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHOICE_LOCK])
        rows = EmbeddingSpace.objects.select_for_update()
        active = rows.filter(state=SpaceState.ACTIVE).first()
        building = rows.filter(state=SpaceState.BUILDING).first()
        if building is not None and building.model != wanted:
            _end(building, SpaceState.RETIRED)
            building = None
        if active is not None and active.model == wanted:
            return building
        if wanted == BUILT_IN:
            if active is not None:
                _end(active, SpaceState.RETIRED)
                spaces.forget_active()
            return None
        if building is not None:
            return building
        last = rows.filter(model=wanted).order_by("-created_at").first()
        if last is None:
            return EmbeddingSpace.objects.create(model=wanted)
        if last.state == SpaceState.FAILED and last.next_at and last.next_at > now:
            return None
        last.state, last.failures, last.next_at, last.ended_at = SpaceState.BUILDING, 0, None, None
        last.save(update_fields=["state", "failures", "next_at", "ended_at"])
        return last


def chosen_again(model: str) -> None:
    """Somebody asked for `model` just now: it need not wait for its hour."""
    EmbeddingSpace.objects.filter(model=model, state=SpaceState.FAILED).update(
        state=SpaceState.RETIRED, next_at=None
    )


def _end(row: EmbeddingSpace, state: SpaceState) -> None:
    EmbeddingSpace.objects.filter(pk=row.pk).update(state=state, ended_at=timezone.now())


def due() -> bool:
    """Whether there is a slice to work on. Asked every few seconds by every worker."""
    ready = Q(next_at=None) | Q(next_at__lte=timezone.now())
    building = reconcile()
    return building is not None and EmbeddingSpace.objects.filter(ready, pk=building.pk).exists()


def active_lags() -> bool:
    """Whether passages lack a vector in the space that is searched."""
    ready = Q(next_at=None) | Q(next_at__lte=timezone.now())
    row = EmbeddingSpace.objects.filter(ready, state=SpaceState.ACTIVE).first()
    return row is not None and bool(spaces.missing(as_space(row), 1))


def work(seconds: float = SLICE_SECONDS) -> bool:
    """One slice for the space that is being built, else for the one that is searched; whether
    there is more to do at once. Not for use within a transaction."""
    reconcile()
    row = (
        EmbeddingSpace.objects.filter(state__in=(SpaceState.BUILDING, SpaceState.ACTIVE))
        .order_by("-state")
        .first()
    )  # building before active
    if row is None:
        return False
    with _alone() as mine:
        return mine and _work(row, time.monotonic() + seconds)


def fill_source(source_id: uuid.UUID) -> None:
    """Give a file that was just read its vectors in the space that is searched. What fails here is
    caught up with later; until then its passages are found by their words."""
    row = EmbeddingSpace.objects.filter(state=SpaceState.ACTIVE).first()
    if row is not None:
        _fill(row, time.monotonic() + 4 * SLICE_SECONDS, source_id)


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_WORK_LOCK])
        mine = bool(cursor.fetchall()[0][0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_WORK_LOCK])


def _work(row: EmbeddingSpace, until: float) -> bool:
    filled = _fill(row, until)
    row.refresh_from_db()
    if not filled:
        return row.next_at is None and row.state in (SpaceState.BUILDING, SpaceState.ACTIVE)
    if row.state != SpaceState.BUILDING:
        return False
    if not row.dimensions:  # there is nothing to embed yet, so one text tells the dimensions
        return _learn_dimensions(row)
    space = as_space(row)
    spaces.make_index(space)
    if spaces.missing(space, 1):
        return True  # came while the index was made
    if spaces.activate(space):
        logger.info("search uses the vectors of %s from now on", row.model)
    return True  # for files that became ready at this very moment


def _fill(row: EmbeddingSpace, until: float, source_id: uuid.UUID | None = None) -> bool:
    """Embed what is missing; whether nothing is left. Failures are booked, not raised."""
    after = spaces.NOTHING_BEFORE
    while EmbeddingSpace.objects.filter(pk=row.pk, state=row.state).exists():
        batch = spaces.missing(as_space(row), BATCH, source_id, after)
        if not batch:
            return True
        if time.monotonic() > until:
            return False
        done = _embedded(row, [text for _, _, text in batch])
        if done is None:
            return False
        with transaction.atomic():
            spaces.store(as_space(row), [key for key, _, _ in batch], done.vectors)
        after = batch[-1][0]
        _count(row)
    return False


def _learn_dimensions(row: EmbeddingSpace) -> bool:
    return _embedded(row, ["A first sentence."]) is not None


def _embedded(row: EmbeddingSpace, texts: list[str]) -> Embedded | None:
    """The texts' vectors, with what they cost booked; None when they could not be had, with that
    booked."""
    try:
        done = asyncio.run(_ask(row.model, texts))
        if row.dimensions not in (0, done.vectors.shape[1]):
            raise EmbeddingError(Failure(FailureKind.MALFORMED, name_of(row.model)))
    except EmbeddingError as error:
        _failed(row, error.failure)
        return None
    row.dimensions = done.vectors.shape[1]
    access = deployment_access(row.model)
    cost = price(
        row.model,
        done.tokens,
        0,
        access=access,
        unknown_usd_per_mtok=env().model_unknown_usd_per_mtok,
    )
    fields: dict[str, Any] = {
        "dimensions": row.dimensions,
        "tokens": F("tokens") + done.tokens,
        "price_known": cost.known,
        "worked_at": timezone.now(),
        "failures": 0,
        "next_at": None,
        "error": "",
    }
    if cost.known:
        usd = Decimal(repr(cost.usd)).quantize(Decimal("0.000001"), rounding=ROUND_UP)
        fields["usd"] = F("usd") + usd
    EmbeddingSpace.objects.filter(pk=row.pk).update(**fields)
    return done


async def _ask(model: str, texts: list[str]) -> Embedded:
    health = shared_health()
    try:
        endpoint = await asyncio.to_thread(_endpoint, model, health)
        if endpoint is None:
            raise EmbeddingError(Failure(FailureKind.NOT_CONFIGURED, name_of(model)))
        try:
            return await endpoint.embed(texts)
        except EmbeddingError as error:
            if error.failure.kind not in _TOO_LONG:
                raise
        # One text among them may be what the model cannot take.
        return _joined([await _one(endpoint, text) for text in texts])
    finally:
        await health.aclose()


def _endpoint(model: str, health: Any) -> EmbeddingsEndpoint | None:
    try:
        return endpoint_of(model, health=health)
    finally:
        connection.close()


async def _one(endpoint: EmbeddingsEndpoint, text: str) -> Embedded:
    for _ in range(SHRINKS):
        try:
            return await endpoint.embed([text])
        except EmbeddingError as error:
            if error.failure.kind not in _TOO_LONG or len(text) < 2:
                raise
            text = text[: len(text) // 2]
    return await endpoint.embed([text])


def _joined(parts: list[Embedded]) -> Embedded:
    if len({part.vectors.shape[1] for part in parts}) != 1:
        raise EmbeddingError(Failure(FailureKind.MALFORMED, "the model"))
    vectors = np.concatenate([part.vectors for part in parts])
    return Embedded(vectors, sum(part.tokens for part in parts))


def _failed(row: EmbeddingSpace, failure: Failure) -> None:
    """Book a failure: later again, or never when it is plain that it will not pass."""
    first, most = _BACKOFF_SECONDS
    passing = failure.kind in RETRIED | _CIRCUIT
    failures = row.failures + 1
    wait = max(min(first * 2 ** min(failures, 10), most), failure.retry_after or 0.0)
    now = timezone.now()
    fields: dict[str, Any] = {
        "failures": failures,
        "error": failure.sentence,
        "next_at": now + timedelta(seconds=wait),
        "worked_at": now,
    }
    if row.state == SpaceState.BUILDING and (not passing or failures >= FAILURES_MAX):
        fields |= {"state": SpaceState.FAILED, "ended_at": now, "next_at": now + AGAIN_AFTER}
    logger.warning("embedding with %s: %s", row.model, failure.sentence)
    EmbeddingSpace.objects.filter(pk=row.pk, state=row.state).update(**fields)
    row.failures = failures


def _count(row: EmbeddingSpace) -> None:
    filled, wanted = spaces.count(as_space(row))
    EmbeddingSpace.objects.filter(pk=row.pk).update(filled=filled, wanted=wanted)
