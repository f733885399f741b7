"""What registries know of a work in somebody's library: asked for by a person, or once after a
file with an identifier of its own was read."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any

from django.db import transaction
from rapidfuzz import fuzz

from autonomy.core.csl import normal_doi
from autonomy.core.ports import Scholar
from autonomy.core.types import FileStatus, SourceOrigin
from autonomy.core.works import Found, Work
from autonomy.models import Source, described
from autonomy.runtime.outside import shared_scholar
from autonomy.tools.csl.differences import bibliographic, differences
from autonomy.tools.scholarly.identifiers import arxiv
from handywriterz.env import env

logger = logging.getLogger(__name__)

SAME_TITLE = 85
"""Likeness (0 to 100) of two titles below which an identifier is not believed: it may be one of a
work that the file only cites."""


def identifier_in(text: str) -> str:
    """`doi:…` or `arxiv:…` for what a person typed or a file states; empty when it is neither."""
    if doi := normal_doi(text):
        return f"doi:{doi}"
    number = arxiv(text)
    return f"arxiv:{number}" if number else ""


def identifier_of(csl: dict[str, Any]) -> str:
    """The identifier that a work's own metadata states."""
    for name in ("DOI", "URL", "number"):
        if found := identifier_in(str(csl.get(name) or "")):
            return found
    return ""


async def ask(scholar: Scholar, csl: dict[str, Any], identifier: str = "") -> Found:
    """The work of `identifier`, else the candidates for what `csl` describes."""
    return await (scholar.identify([identifier]) if identifier else scholar.lookup(csl))


def complete(source_id: uuid.UUID | str, scholar: Scholar | None = None) -> bool:
    """Complete the metadata of a file that states a DOI or arXiv number from the registries; whether
    anything changed. What a person has corrected is never touched, and the record says what was
    done. Without registries, or when none can be reached, all stays as the file has it."""
    if not env().registries:
        return False
    row = Source.objects.filter(
        id=source_id,
        status=FileStatus.READY,
        origin=SourceOrigin.UPLOAD,
        csl_edited=False,
    ).first()
    if row is None or "metadata" in row.record or not (identifier := identifier_of(row.csl)):
        return False
    found = asyncio.run(ask(scholar or shared_scholar(), row.csl, identifier))
    work = next((one for one in found.works if _same(row.csl, one)), None)
    if work is None:
        logger.info("source %s: no registry describes %s", source_id, identifier)
        return False
    return _take(row, work)


def _same(csl: dict[str, Any], work: Work) -> bool:
    here, there = str(csl.get("title") or ""), str(work.csl.get("title") or "")
    return not here or fuzz.token_set_ratio(here.casefold(), there.casefold()) >= SAME_TITLE


def _take(source: Source, work: Work) -> bool:
    with transaction.atomic():
        row = Source.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
        if row is None or row.csl_edited:
            return False
        changed = differences(row.csl, work.csl)
        for column, value in described(row.csl | bibliographic(work.csl)).items():
            setattr(row, column, value)
        row.retracted = row.retracted or work.retracted
        row.record = row.record | {
            "providers": list(work.providers),
            "identifiers": work.identifiers,
            "metadata": {
                "provider": work.providers[0],
                "fields": [change.label for change in changed],
            },
        }
        row.save(update_fields=["csl", "doi", "retracted", "record"])
    return bool(changed)
