"""Which of the judged works are kept, and for each of the others why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from autonomy.core.csl import first_family, year_of
from autonomy.core.period import Period
from autonomy.tools.literature.ranking import UNUSABLE_KINDS, Judged, kind_of

PER_AUTHOR = 2
"""Sources of one first author, so that no single group speaks for the field."""
VENUE_SHARE = 0.4
"""Of the sources that one journal may provide; at least three."""
_ENDED = {"retraction": "retracted", "withdrawal": "withdrawn"}


@dataclass(slots=True)
class Choice:
    kept: list[Judged] = field(default_factory=list)
    dropped: list[tuple[Judged, str]] = field(default_factory=list)
    """With the reason, a clause for people."""


def unusable(judged: Judged, period: Period) -> str:
    """Why the work cannot be a source, whatever else there is; empty when it can."""
    work = judged.work
    for notice in work.notices:
        if notice.ends:
            when = f" on {notice.date}" if notice.date else ""
            return f"it was {_ENDED[notice.kind]}{when}"
    year = year_of(work.csl)
    if not period.holds(year):
        return (
            f"it is from {year}, outside the years asked for" if year else "its year is not known"
        )
    if not str(work.csl.get("title") or "").strip():
        return "it has no title"
    if str(work.csl.get("type") or "") in UNUSABLE_KINDS:
        return f"it is no text but a {kind_of(work)[1]}"
    if not judged.near:
        return "it does not speak to the topic"
    if not work.abstract and not work.copies:
        return "there is neither an abstract nor a free full text to read"
    return ""


def choose(judged: Sequence[Judged], most: int, period: Period) -> Choice:
    """The best `most` usable works, spread over authors and venues; `judged` is best first."""
    choice = Choice()
    authors: Counter[str] = Counter()
    venues: Counter[str] = Counter()
    per_venue = max(3, round(most * VENUE_SHARE))
    for one in judged:
        author = first_family(one.work.csl)
        venue = str(one.work.csl.get("container-title") or "").lower()
        why = unusable(one, period)
        if not why and len(choice.kept) >= most:
            why = f"{len(choice.kept)} others fit better"
        if not why and author and authors[author] >= PER_AUTHOR:
            why = f"{PER_AUTHOR} works of the same first author were kept already"
        if not why and venue and venues[venue] >= per_venue:
            why = f"{per_venue} works of the same journal were kept already"
        if why:
            choice.dropped.append((one, why))
            continue
        authors[author] += bool(author)
        venues[venue] += bool(venue)
        choice.kept.append(one)
    return choice
