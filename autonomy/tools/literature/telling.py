"""What a run says of each work that it looked at: kept or dropped, and why."""

from __future__ import annotations

from autonomy.core.csl import families, year_of
from autonomy.core.types import EventDraft, Reading, Source, SourceOrigin
from autonomy.core.works import Work
from autonomy.tools.literature.candidates import Candidate

_TITLE_CHARS = 200
_READ = {
    Reading.FULL_TEXT: "its full text was read",
    Reading.ABSTRACT: "its abstract was read",
    Reading.NOTHING: "nothing of it could be read",
}


def shown_title(csl: dict[str, object]) -> str:
    title = " ".join(str(csl.get("title") or "Untitled").split())
    return title if len(title) <= _TITLE_CHARS else title[:_TITLE_CHARS].rstrip() + "…"


def named(work: Work) -> str:
    """Title with first author and year, for a line of the log."""
    parts = [part for part in (*families(work.csl)[:1], str(year_of(work.csl) or "")) if part]
    return f"{shown_title(work.csl)} ({', '.join(parts)})" if parts else shown_title(work.csl)


def kept_because(source: Source, words: str, note: str = "") -> str:
    """Why a work was kept, and how much of it there is to cite from."""
    if source.origin in (SourceOrigin.UPLOAD, SourceOrigin.IMPORT):
        return f"{words}; you have it in your library already"
    read = _READ[source.reading]
    return f"{words}; {read}{f' ({note})' if note else ''}"


def kept(source: Source, candidate: Candidate, reason: str) -> EventDraft:
    work = candidate.work
    return EventDraft(
        type="source.found",
        source="researcher",
        content=f"Kept: {named(work)}: {reason}.",
        meta={
            "source": source.model_dump(mode="json"),
            "kept": True,
            "reason": reason,
            "query": candidate.query,
            "provider": ", ".join(work.providers),
            "work": candidate.key,
            "url": work.url,
        },
    )


def dropped(candidate: Candidate, reason: str) -> EventDraft:
    """Of a work that comes into nobody's library: its id in the event is no source's."""
    work = candidate.work
    page = work.csl.get("type") == "webpage"
    described = Source(
        id=candidate.key,
        csl=work.csl,
        origin=SourceOrigin.WEB if page else SourceOrigin.SCHOLARLY,
        reading=Reading.NOTHING,
    )
    return EventDraft(
        type="source.found",
        source="researcher",
        content=f"Dropped: {named(work)}: {reason}.",
        meta={
            "source": described.model_dump(mode="json"),
            "kept": False,
            "reason": reason,
            "query": candidate.query,
            "provider": ", ".join(work.providers),
            "work": candidate.key,
            "url": work.url,
        },
    )


def note(text: str) -> EventDraft:
    return EventDraft(type="note", source="researcher", content=text)
