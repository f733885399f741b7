"""What registries know of one work, as a proposal that a person may take over."""

from __future__ import annotations

from dataclasses import dataclass

from asgiref.sync import async_to_sync

from autonomy.core.phrases import series
from autonomy.core.works import Answer, Found, ProviderAnswer, Retraction, Work
from autonomy.models import Source
from autonomy.runtime.outside import shared_scholar
from autonomy.runtime.registry_metadata import ask, identifier_in
from autonomy.services.connections import BadField
from autonomy.services.errors import Unavailable
from autonomy.services.source_words import name_of
from autonomy.tools.csl.differences import Difference, bibliographic, differences
from autonomy.tools.csl.reference import Reference
from handywriterz.env import env

CANDIDATES = 3
_NOTICES = {
    "retraction": "This work has been retracted",
    "withdrawal": "This work has been withdrawn",
    "expression_of_concern": "Its publisher has expressed concern about this work",
    "correction": "This work has been corrected",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A work that may be the one, as a registry describes it."""

    csl: Reference
    """Only bibliographic fields; nothing is kept before a person takes them over."""
    providers: list[str]
    """For people."""
    url: str
    identifiers: dict[str, str]
    differences: list[Difference]
    notices: list[str]


@dataclass(frozen=True, slots=True)
class Proposal:
    message: str
    """What came of asking, in a sentence."""
    candidates: list[Candidate]
    answers: tuple[ProviderAnswer, ...]


def propose_metadata(source: Source, typed: str = "") -> Proposal:
    """Ask registries for the work of an identifier, else for what the source's metadata describes.

    Raises:
        BadField: `typed` is no identifier.
        Unavailable: this deployment asks no registries.
    """
    identifier = identifier_in(typed)
    if typed.strip() and not identifier:
        raise BadField(
            "identifier", "This is neither a DOI (10.…) nor an arXiv number (e.g. 1706.03762)."
        )
    if not env().registries:
        raise Unavailable(
            "This server asks no registries (SCHOLARLY_PROVIDERS is off). Fill in the fields by hand.",
            "no_registries",
        )
    found = async_to_sync(ask)(shared_scholar(), source.csl, identifier)
    candidates = [_candidate(source, work) for work in found.works[:CANDIDATES]]
    return Proposal(_message(found), candidates, found.answers)


def _candidate(source: Source, work: Work) -> Candidate:
    return Candidate(
        csl=bibliographic(work.csl),
        providers=[name_of(provider) for provider in work.providers],
        url=work.url,
        identifiers=work.identifiers,
        differences=differences(source.csl, work.csl),
        notices=[_notice(notice) for notice in work.notices],
    )


def _notice(notice: Retraction) -> str:
    said = _NOTICES.get(notice.kind, f"There is a notice about this work ({notice.kind})")
    return f"{said}{f' ({notice.date})' if notice.date else ''}."


def _message(found: Found) -> str:
    answered = [name_of(a.provider) for a in found.answers if a.answer is Answer.FOUND]
    silent = [name_of(a.provider) for a in found.answers if a.answer is Answer.NOTHING]
    away = [
        name_of(a.provider) for a in found.answers if a.answer not in (Answer.FOUND, Answer.NOTHING)
    ]
    missing = f" {series(away)} could not be asked." if away else ""
    if found.works:
        return f"{series(answered) or 'The registries'} answered.{missing}"
    if silent:
        return f"{series(silent)} answered, and no such work is known there.{missing}"
    return f"No registry could be asked just now, so nothing is said about this work.{missing}"
