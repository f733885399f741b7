"""Whose is it? A stranger's object does not exist: 404, never 403."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from django.http import Http404

M = TypeVar("M", bound=Model)


def owned(rows: QuerySet[M], user: User, object_id: UUID | str, *, owner: str = "owner") -> M:
    """The row of this id if `user` owns it or is staff.

    Args:
        owner: path from the row to its user, e.g. `run__owner`.

    Raises:
        Http404: there is none, or it is someone else's; the two cannot be told apart.
    """
    mine = rows if user.is_staff else rows.filter(**{owner: user})
    try:
        return mine.get(pk=object_id)
    except ObjectDoesNotExist as error:
        name = rows.model._meta.verbose_name
        raise Http404(f"There is no {name} with this id, or it is not yours.") from error
