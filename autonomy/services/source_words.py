"""What is known of a source beside its text, in sentences: how it came here, what was checked."""

from __future__ import annotations

from typing import Any

from autonomy.core.phrases import sentence_case, series
from autonomy.core.types import Reading, ReferenceVerdict, SourceOrigin
from autonomy.models import Source

NAMES = {
    "openalex": "OpenAlex",
    "crossref": "Crossref",
    "arxiv": "arXiv",
    "semantic_scholar": "Semantic Scholar",
    "europe_pmc": "Europe PMC",
    "pubmed": "PubMed",
    "unpaywall": "Unpaywall",
    "searxng": "SearXNG",
    "brave": "Brave",
    "tavily": "Tavily",
    "duckduckgo": "DuckDuckGo",
}
"""Registries and search engines as people know them."""

_ORIGINS = {
    SourceOrigin.UPLOAD: "You uploaded it as “{file}”.",
    SourceOrigin.IMPORT: "Imported from a file of references.",
    SourceOrigin.SCHOLARLY: "Found in scholarly registries.",
    SourceOrigin.WEB: "Found on the web.",
}
_READINGS = {
    Reading.FULL_TEXT: "",
    Reading.ABSTRACT: "Only its abstract could be read; claims can rest on that alone.",
    Reading.NOTHING: "Nothing of it could be read: it can be listed, and no claim can rest on it.",
}
_VERDICTS = {
    "": "Nobody has compared the reference with a registry yet.",
    ReferenceVerdict.VERIFIED: "Registries describe it the same way.",
    ReferenceVerdict.MISMATCH: "Registries know the work and describe it otherwise. Compare the "
    "fields and correct what is wrong.",
    ReferenceVerdict.NOT_FOUND: "Registries answered, and none knows such a work. Check title, "
    "authors and DOI, or whether it was ever published.",
    ReferenceVerdict.UNREACHABLE: "No registry could be asked, so nothing is said about the "
    "reference. It is asked again with the next document.",
}


def name_of(provider: str) -> str:
    return NAMES.get(provider, provider.replace("_", " ").strip().capitalize())


def record_in_words(source: Source) -> list[str]:
    """How the source came into the library and how much of it was read, one sentence each."""
    record: dict[str, Any] = source.record if isinstance(source.record, dict) else {}
    said = [_ORIGINS[SourceOrigin(source.origin)].format(file=source.file_name)]
    providers = [name_of(str(p)) for p in _list(record.get("providers"))]
    if providers:
        said.append(f"Described by {series(providers)}.")
    if query := _text(record.get("query")):
        said.append(f"It came up for “{query}”.")
    if reason := _text(record.get("reason")):
        said.append(_sentence(reason))
    if licence := _text(record.get("licence")):
        said.append(f"The copy that was read is under {licence}.")
    if source.url:
        said.append(f"Its text came from {source.url}.")
    if completed := record.get("metadata"):
        said.append(_completed(completed))
    if reading := _READINGS[Reading(source.reading)]:
        said.append(reading)
    return said


def verification_in_words(source: Source) -> str:
    """What registries said of the reference, and what to do about it."""
    said = _VERDICTS[source.verification]
    detail = source.verification_detail if isinstance(source.verification_detail, dict) else {}
    if told := _text(detail.get("message") or detail.get("reason")):
        said = _sentence(told)
    if source.retracted:
        said = f"This work has been retracted. Do not rest a claim on it. {said}"
    return said


def _completed(note: dict[str, Any]) -> str:
    provider = name_of(str(note["provider"]))
    fields = [str(field) for field in note["fields"]]
    if not fields:
        return f"{provider} describes it as the file does."
    return f"{series(fields)} {'were' if len(fields) > 1 else 'was'} completed from {provider}."


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return " ".join(value.split())[:500] if isinstance(value, str) else ""


def _sentence(text: str) -> str:
    begun = sentence_case(text)
    return begun if begun[-1] in ".!?" else f"{begun}."
