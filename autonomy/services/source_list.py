"""A person's library as a list: which sources match, in which order, how many of each status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import CharField, Count, F, Func, IntegerField, Q, QuerySet, TextField

from autonomy.core.types import FileStatus, Reading, SourceOrigin
from autonomy.models import Source
from autonomy.models.evidence import UNREAD_STATUSES

# The beginnings of titles and names, for they travel in cursors.
_TITLE = "lower(left(coalesce(nullif(csl->>'title', ''), file_name), 200))"
_AUTHOR = """lower(left(coalesce(csl #>> '{author,0,family}', csl #>> '{author,0,literal}', ''),
    200))"""
_YEAR = "coalesce(substring(csl #>> '{issued,date-parts,0,0}' from '^-?[0-9]{1,4}$')::int, 0)"
# Values of the names only, or a search for “family” would find everybody.
_WORDS = """concat_ws(' ', csl->>'title', csl->>'container-title', csl->>'DOI', file_name,
    jsonb_path_query_array(csl, '$.author[*].*')::text)"""

BY_AUTHOR = ("sort_author", "year", "id")

ORDERS: dict[str, tuple[str, ...]] = {
    "newest": ("-id",),
    "oldest": ("id",),
    "title": ("sort_title", "id"),
    "author": ("sort_author", "id"),
    "year": ("-year", "-id"),
}
"""Name of an order to its columns; the last one is unique."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sources of a library. What is left empty does not narrow it."""

    text: str = ""
    """Each word must stand in title, names of authors, journal, DOI or file name."""
    status: str = ""
    """A `FileStatus`, or `unfinished` for what is still being read."""
    origin: SourceOrigin | None = None
    reading: Reading | None = None
    verification: str = ""
    """A `ReferenceVerdict`, `unchecked`, or `retracted`."""
    kind: str = ""
    """CSL type, e.g. article-journal."""
    from_year: int | None = None
    to_year: int | None = None
    conversation_id: UUID | None = None
    """Dropped there, or found by a run of it."""


def sources_of(owner: User, wanted: Wanted) -> QuerySet[Source]:
    """The owner's sources that match, annotated with what `ORDERS` sorts by and with `runs_citing`."""
    return _matching(owner, wanted).annotate(
        sort_title=_sql(_TITLE, CharField()),
        sort_author=_sql(_AUTHOR, CharField()),
        runs_citing=Count("citations__run", distinct=True),
    )


def counts(owner: User, wanted: Wanted) -> dict[str, int]:
    """How many sources of each status match, whatever status is asked for."""
    rows = _matching(owner, replace(wanted, status="")).order_by()
    found = dict(rows.values("status").annotate(n=Count("id")).values_list("status", "n"))
    return {status.value: found.get(status.value, 0) for status in FileStatus}


def _matching(owner: User, wanted: Wanted) -> QuerySet[Source]:
    rows = (
        Source.objects.filter(owner=owner)
        .annotate(year=_sql(_YEAR, IntegerField()))
        .alias(words=_sql(_WORDS, TextField()))
    )
    for word in wanted.text.split():
        rows = rows.filter(words__icontains=word)
    if wanted.status == "unfinished":
        rows = rows.filter(status__in=UNREAD_STATUSES)
    elif wanted.status:
        rows = rows.filter(status=wanted.status)
    if wanted.origin:
        rows = rows.filter(origin=wanted.origin)
    if wanted.reading:
        rows = rows.filter(reading=wanted.reading)
    if wanted.kind:
        rows = rows.filter(csl__type=wanted.kind)
    if wanted.from_year is not None:
        rows = rows.filter(year__gte=wanted.from_year)
    if wanted.to_year is not None:
        rows = rows.filter(year__lte=wanted.to_year).exclude(year=0)
    if wanted.conversation_id:
        rows = rows.filter(_of_conversation(owner, wanted.conversation_id))
    if wanted.verification:
        rows = rows.filter(_verified_as(wanted.verification))
    return rows


def _sql(template: str, output: Any) -> Func:
    qualified = template.replace("csl", '"autonomy_sources"."csl"').replace(
        "file_name", '"autonomy_sources"."file_name"'
    )
    return Func(F("id"), template=qualified, output_field=output)


def _verified_as(verification: str) -> Q:
    if verification == "retracted":
        return Q(retracted=True)
    return Q(verification="" if verification == "unchecked" else verification)


def _of_conversation(owner: User, conversation_id: UUID) -> Q:
    mine = Source.objects.filter(owner=owner)
    dropped = mine.filter(uploads__conversation_id=conversation_id).values("id")
    found = mine.filter(run_sources__run__conversation_id=conversation_id).values("id")
    return Q(id__in=dropped) | Q(id__in=found)
