"""Removal of an account and of everything that belongs to it.

First the person is shut out and a marker is stored; from then on the removal is completed, if need
be by the next round of upkeep. Large tables go first and in pieces, so that no statement is long.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from autonomy.memory.readings import drop_unused_readings
from autonomy.memory.stored_files import names_of, remove_unnamed
from autonomy.models import (
    ApiKey,
    Artifact,
    Citation,
    Deletion,
    DocumentVersion,
    Effect,
    Episode,
    Notification,
    Passage,
    Posting,
    Run,
    Source,
    TurnitinCycle,
)
from autonomy.runtime import controls
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from autonomy.runtime.contention import transacted
from autonomy.runtime.effect_files import drop_unreferenced_results

logger = logging.getLogger(__name__)

BATCH = 50
"""Runs or sources per statement."""
RESULT_SECONDS = 60.0
"""Recorded results that nobody refers to go with the account when they are older than this; what
another run is just recording is younger."""


class LastAdministrator(Exception):
    """There are other people, and nobody else could administer."""


@transaction.atomic
def begin(user: User) -> Deletion:
    """Shut the person out and store that the account is to go.

    Raises:
        LastAdministrator: nothing was done.
    """
    # All of them are locked, so that of two who leave at once the second sees the first gone.
    administrators = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")
    others = [one for one in administrators.select_for_update(no_key=True) if one.pk != user.pk]
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    people = User.objects.exclude(pk=user.pk).filter(is_active=True)
    if locked.is_superuser and not others and people.exists():
        raise LastAdministrator
    locked.is_active = False
    locked.save(update_fields=["is_active"])
    ApiKey.objects.filter(owner=locked, revoked_at=None).update(revoked_at=Now())
    _end_sessions(locked)
    return Deletion.objects.get_or_create(user=locked)[0]


def complete(deletion: Deletion) -> dict[str, int]:
    """Remove what is left and return counts of it; may be cut short and done again."""
    user = deletion.user
    if user is None:
        return {}
    runs = list(Run.objects.filter(owner=user).values_list("id", flat=True))
    for run_id in runs:
        controls.cancel(run_id)  # its worker is refused from here on
    sources = list(Source.objects.filter(owner=user).values_list("id", flat=True))
    stored = _stored_names(user)
    removed = {"runs": len(runs), "sources": len(sources), "files": len(stored)}
    for start in range(0, len(runs), BATCH):
        _remove_runs(runs[start : start + BATCH])
    drop_unreferenced_results(older_seconds=RESULT_SECONDS)
    for start in range(0, len(sources), BATCH):
        _remove_passages(sources[start : start + BATCH])
    for name in stored:  # before the rows: what is not reached now is found by them again
        _remove_stored(name, user)
    removed["rows"] = _remove_rows(deletion, user, removed)
    logger.info("an account was removed: %s", removed)
    return removed


def complete_all() -> int:
    """Complete every removal that was cut short; how many were completed."""
    completed = 0
    for deletion in Deletion.objects.filter(finished_at=None, user__isnull=False):
        try:
            complete(deletion)
        except OperationalError:
            raise
        except Exception:  # the next round tries again; the others do not wait for it
            logger.exception("removal %s could not be completed", deletion.pk)
        else:
            completed += 1
    return completed


def _end_sessions(user: User) -> None:
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _stored_names(user: User) -> list[str]:
    return sorted(names_of(user))


def _digests(user: User) -> list[str]:
    """Of the bytes that the person brought."""
    rows = Source.objects.filter(owner=user).exclude(sha256="")
    return list(rows.values_list("sha256", flat=True))


def _remove_stored(name: str, user: User) -> None:
    """Delete stored bytes unless somebody else's rows name them too."""
    remove_unnamed(name, but_of=user)


@transacted
def _remove_passages(source_ids: Sequence[UUID]) -> None:
    _held(Source.objects.filter(pk__in=source_ids))
    Posting.objects.filter(source_id__in=source_ids).delete()
    Passage.objects.filter(source_id__in=source_ids).delete()


@transacted
def _remove_rows(deletion: Deletion, user: User, removed: dict[str, int]) -> int:
    """Remove the account itself with all that is left; how many rows.

    Whoever still works for it waits, and then finds nothing, or is waited for: what comes between
    the look at what is there and the end of it would keep the account.
    """
    _held(User.objects.filter(pk=user.pk))
    _held(Run.objects.filter(owner=user))
    _held(Source.objects.filter(owner=user))
    digests = _digests(user)
    # What others' pages say about the account: its name.
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(user.pk)).delete()
    rows = User.objects.filter(pk=user.pk).delete()[0]
    for sha256 in digests:
        drop_unused_readings(sha256=sha256)
    Deletion.objects.filter(pk=deletion.pk).update(
        user=None, finished_at=Now(), removed=removed | {"rows": rows}
    )
    return rows


def _held(rows: QuerySet[Any]) -> None:
    """Lock the rows in the order in which all do."""
    list(rows.order_by("pk").select_for_update().values_list("pk"))


def _remove_runs(run_ids: Sequence[UUID]) -> None:
    saver = DjangoCheckpointSaver()
    for run_id in run_ids:
        saver.delete_thread(str(run_id))
    Episode.objects.filter(run_id__in=run_ids).delete()
    Effect.objects.filter(run_id__in=run_ids).delete()
    Citation.objects.filter(run_id__in=run_ids).delete()
    DocumentVersion.objects.filter(run_id__in=run_ids).delete()
    TurnitinCycle.objects.filter(run_id__in=run_ids).delete()
    Notification.objects.filter(run_id__in=run_ids).delete()
    Artifact.objects.filter(run_id__in=run_ids).delete()
