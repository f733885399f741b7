"""Celery's part: doorbells. A message carries an id and no truth; losing or doubling it is harmless."""

from __future__ import annotations

import logging

from celery import shared_task

from autonomy.memory.file_claims import sources_to_ingest
from autonomy.memory.ingestion import ingest_next
from autonomy.runtime.couriers import ring_embedding, ring_file, ring_similarity
from autonomy.runtime.engine import current_engine
from autonomy.runtime.reembedding import fill_source, work
from autonomy.runtime.registry_metadata import complete
from autonomy.runtime.similarity_checks import work as check_similarity
from autonomy.runtime.similarity_turns import waiting as similarity_waiting
from autonomy.runtime.upkeep import tidy_when_due

logger = logging.getLogger(__name__)


@shared_task(name="autonomy.tasks.drive", ignore_result=True)  # type: ignore[untyped-decorator]
def drive(run_id: str) -> None:
    """Somebody wants `run_id` driven: have this process's engine look at the queue, which decides
    what is driven next."""
    engine = current_engine()
    if engine is None:
        # A pool of processes: the engine lives in their parent and polls.
        logger.debug("no engine here for %s", run_id)
        return
    engine.poke()


@shared_task(name="autonomy.tasks.ingest", ignore_result=True)  # type: ignore[untyped-decorator]
def ingest(source_id: str) -> None:
    """A file waits: read the one whose turn it is, which need not be `source_id`. What it states of
    itself is completed from registries, where the deployment asks any."""
    done = ingest_next(before_ready=fill_source)
    if done is not None:
        logger.debug("rung for %s, read %s", source_id, done)
        for waiting in sources_to_ingest(limit=1, waiting_seconds=0):
            ring_file(waiting)
        complete(done)


@shared_task(name="autonomy.tasks.reembed", ignore_result=True)  # type: ignore[untyped-decorator]
def reembed(_: str = "") -> None:
    """Passages want vectors of another embedder: a slice of them."""
    if work():
        ring_embedding()


@shared_task(name="autonomy.tasks.compare", ignore_result=True)  # type: ignore[untyped-decorator]
def compare(check_id: str) -> None:
    """Somebody wants to know how like a document is to its owner's texts: make the comparison whose
    turn it is, which need not be `check_id`, and have the next one made."""
    if check_similarity():
        logger.debug("rung for comparison %s", check_id)
        if next_id := similarity_waiting(0):
            ring_similarity(next_id)


@shared_task(name="autonomy.tasks.tidy", ignore_result=True)  # type: ignore[untyped-decorator]
def tidy() -> None:
    """A round of upkeep, if one is due: several machines may ask for it."""
    done = tidy_when_due()
    if done is not None:
        logger.info("upkeep: %s", done)
