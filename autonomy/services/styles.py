"""Citation styles: the bundled ones, and those that people bring."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from autonomy.models import Artifact, CitationStyle, Run
from autonomy.services.errors import Conflict, Invalid, TooLarge
from handywriterz.env import env

if TYPE_CHECKING:
    from autonomy.export.document import Document

PREFIX = "own-"


def style_id(row: CitationStyle) -> str:
    """What to put where a style is asked for."""
    return f"{PREFIX}{row.pk}"


@transaction.atomic
def add_style(owner: User, data: bytes) -> CitationStyle:
    """Check a CSL style and keep it. The same text twice is one style.

    Raises:
        TooLarge, Invalid: more bytes than accepted; no style that can be used.
        Conflict: the owner has as many as are kept for one person.
    """
    # Imported on first use: pandoc and CSL would slow the start of every process.
    from autonomy.tools.csl.own import BadStyle, read_own
    from autonomy.tools.csl.probe import probe

    if len(data) > env().style_max_bytes:
        raise TooLarge(
            f"The style has {len(data) / 1e6:,.1f} MB; at most "
            f"{env().style_max_bytes / 1e6:,.1f} MB are accepted."
        )
    try:
        text = data.decode("utf-8-sig")
        style = read_own(text.encode(), "own")
        probe(style, env().style_probe_seconds)
    except UnicodeDecodeError as error:
        raise Invalid("The style must be in UTF-8.", code="bad_style") from error
    except BadStyle as error:
        raise Invalid(str(error), code="bad_style") from error
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    mine = CitationStyle.objects.filter(owner=owner)
    known = mine.filter(sha256=sha256).first()
    if known is not None:
        if known.removed_at is not None:
            known.removed_at = None
            known.save(update_fields=["removed_at"])
        return known
    if mine.filter(removed_at=None).count() >= env().style_max_count:
        raise Conflict(
            f"You keep {env().style_max_count} styles, the most for one person. Remove one first.",
            code="too_many_styles",
        )
    title = " ".join(style.title.split())[:300] or "Untitled style"
    return CitationStyle.objects.create(owner=owner, title=title, text=text, sha256=sha256)


@transaction.atomic
def remove_style(row: CitationStyle) -> None:
    """Take a style out of its owner's choices. Documents that were made in it still open in it;
    a style that none was made in is gone."""
    name = style_id(row)
    used = (
        Artifact.objects.filter(run__owner_id=row.owner_id, body__style=name).exists()
        or Run.objects.filter(owner_id=row.owner_id, task__settings__style=name).exists()
    )
    if used:
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
    else:
        row.delete()


def check_style(owner: User, name: str) -> str:
    """`name` if the owner may ask for it.

    Raises:
        Invalid: it names neither a bundled style nor one of the owner's own.
    """
    from autonomy.tools.csl.styles import UnknownStyle, resolve_style

    if name.startswith(PREFIX):
        if _own(owner.pk, name, removed=False) is None:
            raise Invalid("There is no such style of yours any more.", code="unknown_style")
        return name
    try:
        resolve_style(name)
    except UnknownStyle as error:
        raise Invalid(str(error), code="unknown_style") from error
    return name


def styled(document: Document, owner_id: int) -> Document:
    """The document with the text of its style when that is its owner's own. Where the style is
    gone for good, in Harvard, and its notice says so."""
    if not document.style.startswith(PREFIX):
        return document
    row = _own(owner_id, document.style, removed=True)
    if row is not None:
        return document.model_copy(update={"csl": row.text})
    gone = "The citation style of this document is gone; its references are in Harvard."
    return document.model_copy(
        update={"style": "harvard", "notice": f"{document.notice} {gone}".strip()}
    )


def _own(owner_id: int, name: str, *, removed: bool) -> CitationStyle | None:
    try:
        key = UUID(name.removeprefix(PREFIX))
    except ValueError:
        return None
    rows = CitationStyle.objects.filter(pk=key, owner_id=owner_id)
    return (rows if removed else rows.filter(removed_at=None)).first()
