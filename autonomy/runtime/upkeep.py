"""What a deployment does to stay small: cut old history, drop what is over, find lost files.

Safe to stop at any point, to repeat, and to start on several machines: one works, the others see
that and leave.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import TypeVar

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from autonomy.memory import spaces
from autonomy.memory.readings import drop_unused_readings
from autonomy.memory.stored_files import FOLDERS, named, remove_unnamed
from autonomy.models import IdempotencyKey, Notification, Upkeep, UsageDay
from autonomy.runtime import removal, retention
from autonomy.runtime.effect_files import drop_unreferenced_results
from autonomy.runtime.embedders import wanted_embedder
from autonomy.runtime.leases import UPKEEP_CLASS
from handywriterz.env import env

T = TypeVar("T")

logger = logging.getLogger(__name__)

UPKEEP_LOCK = (UPKEEP_CLASS, 1)
"""Two-key advisory lock: one round at a time in the whole deployment."""
KEYS_KEPT = timedelta(hours=24)
"""How long the answer to an `Idempotency-Key` can be asked for again."""
USAGE_KEPT = timedelta(days=400)
LOST_AFTER = timedelta(days=1)
"""An upload that is still being taken has bytes and no row yet."""
ROUNDS_KEPT = 100


@dataclass(slots=True)
class Tidied:
    """What one round removed."""

    runs: int = 0
    """Whose history was cut."""
    left: int = 0
    """Whose history could not be cut; the log says why."""
    checkpoints: int = 0
    writes: int = 0
    history_bytes: int = 0
    idempotency_keys: int = 0
    sessions: int = 0
    usage_days: int = 0
    notifications: int = 0
    readings: int = 0
    """Of files that nobody has any more, or by readers of older versions."""
    spaces: int = 0
    """Of embedders that were given up long ago, with their vectors."""
    accounts: int = 0
    """Whose removal had been cut short."""
    files: int = 0
    file_bytes: int = 0
    more: bool = False
    """There was more than one round may do."""


class UpkeepRunning(Exception):
    """Another round is going on in the deployment."""


class _Undo(Exception):
    """Ends a transaction whose counts were all that was wanted."""


def _counted(work: Callable[[], T], dry_run: bool) -> T:
    """`work()` in a transaction, which a dry run takes back."""
    result: list[T] = []
    with contextlib.suppress(_Undo), transaction.atomic():
        result.append(work())
        if dry_run:
            raise _Undo
    return result[0]


def tidy(*, days: int | None = None, dry_run: bool = False) -> Tidied:
    """One round of upkeep; with `dry_run` only what it would remove.

    Args:
        days: instead of `RETENTION_HISTORY_DAYS`; 0 cuts every finished run.

    Raises:
        UpkeepRunning: another round is going on; nothing was done.
    """
    with _alone():
        done = Tidied()
        row = None if dry_run else Upkeep.objects.create()
        if not dry_run:  # first of all: this is what people are waiting for
            done.accounts = removal.complete_all()
        keep = env().retention_history_days if days is None else days
        if keep or days is not None:
            _prune_old(timezone.now() - timedelta(days=keep), done, dry_run)
        _drop_rows(done, dry_run)
        done.spaces = _drop_old_spaces(dry_run)
        _drop_lost_files(done, dry_run)
        if row is not None:
            Upkeep.objects.filter(pk=row.pk).update(finished_at=Now(), done=asdict(done))
            kept = Upkeep.objects.values_list("pk", flat=True)[:ROUNDS_KEPT]
            Upkeep.objects.exclude(pk__in=list(kept)).delete()
        return done


def tidy_run(run_id: uuid.UUID, *, dry_run: bool = False) -> Tidied | None:
    """Cut the history of one finished run now; None when it is live, busy or gone."""
    done = Tidied()
    return done if _prune(run_id, done, dry_run) else None


def tidy_when_due() -> Tidied | None:
    """A round if the last one is long enough ago; None when not, or when one is going on."""
    since = timezone.now() - timedelta(hours=env().upkeep_hours) * 0.9
    if Upkeep.objects.filter(finished_at__gt=since).exclude(done__more=True).exists():
        return None
    with contextlib.suppress(UpkeepRunning):
        return tidy()
    return None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", UPKEEP_LOCK)
        if not cursor.fetchone()[0]:
            raise UpkeepRunning
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", UPKEEP_LOCK)


def _prune_old(before: datetime, done: Tidied, dry_run: bool) -> None:
    limit = env().upkeep_batch_runs
    found = retention.due(before, limit)
    for run_id in found:
        try:
            _prune(run_id, done, dry_run)
        except OperationalError:
            raise
        except Exception:  # one history that cannot be read must not keep all others
            logger.exception("the history of run %s cannot be cut; it is left as it is", run_id)
            done.left += 1
            if not dry_run:
                retention.leave(run_id)
    done.more = len(found) == limit


def _prune(run_id: uuid.UUID, done: Tidied, dry_run: bool) -> bool:
    pruned = _counted(lambda: retention.prune_run(run_id), dry_run)
    if pruned is None:
        return False
    done.runs += 1
    done.checkpoints += pruned.checkpoints
    done.writes += pruned.writes
    done.history_bytes += pruned.size
    return True


def _drop_rows(done: Tidied, dry_run: bool) -> None:
    now = timezone.now()
    keys = IdempotencyKey.objects.filter(created_at__lt=now - KEYS_KEPT)
    days = UsageDay.objects.filter(day__lt=(now - USAGE_KEPT).date())
    done.idempotency_keys = _counted(lambda: keys.delete()[0], dry_run)
    done.usage_days = _counted(lambda: days.delete()[0], dry_run)
    done.readings = _counted(drop_unused_readings, dry_run)
    if told := env().retention_notifications_days:
        old = Notification.objects.filter(created_at__lt=now - timedelta(days=told))
        done.notifications = _counted(lambda: old.delete()[0], dry_run)
    done.sessions = Session.objects.filter(expire_date__lt=now).count()
    if not dry_run:
        import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def _drop_old_spaces(dry_run: bool) -> int:
    """Vectors of embedders that are neither searched nor wanted; how many spaces."""
    days = env().retention_vectors_days
    if not days:
        return 0
    before = timezone.now() - timedelta(days=days)
    wanted, _ = wanted_embedder()
    found = spaces.unused_since(before).exclude(model=wanted)
    for row in () if dry_run else found:
        spaces.drop(spaces.as_space(row))
    return len(found)


def _drop_lost_files(done: Tidied, dry_run: bool) -> None:
    """Stored bytes that no row names: what an upload leaves whose request died."""
    before = timezone.now() - LOST_AFTER
    for folder in FOLDERS:
        for names in _stored_in(folder):
            known = named(names)
            for name in names:
                if name in known or default_storage.get_modified_time(name) > before:
                    continue
                size = default_storage.size(name)
                # The same bytes may be brought again at this moment.
                if dry_run or remove_unnamed(name):
                    done.files += 1
                    done.file_bytes += size
    files, size = drop_unreferenced_results(LOST_AFTER.total_seconds(), dry_run=dry_run)
    done.files += files
    done.file_bytes += size


def _stored_in(folder: str) -> Iterator[list[str]]:
    """Names of the stored files below `folder`, one inner folder at a time."""
    if not default_storage.exists(folder):
        return
    for inner in default_storage.listdir(folder)[0]:
        path = f"{folder}/{inner}"
        yield [f"{path}/{name}" for name in default_storage.listdir(path)[1]]
