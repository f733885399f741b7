"""How good a source a work would be: a score of named parts, each 0 to 1, and the same in words.

Relevance comes first by far: no number of citations makes up for another subject. The parts are
kept with the source, so that a person can see why it was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autonomy.core.csl import year_of
from autonomy.core.period import Period
from autonomy.core.words import overlap, stems
from autonomy.core.works import Work
from autonomy.tools.literature.candidates import PREPRINTS, Candidate

WEIGHTS: Mapping[str, float] = {
    "relevance": 0.60,
    "agreement": 0.10,
    "citations": 0.09,
    "recency": 0.08,
    "kind": 0.08,
    "access": 0.05,
}
NEAR_COSINE = 0.37
"""Below this a title with its abstract does not speak to a topic (all-MiniLM-L6-v2), unless it has
most of the topic's words. Measured with the made-up works of `tests/registries`: of those written on
a topic nine in ten lie above, of those on others two in a hundred."""
MOST_WORDS = 0.6
_COSINE_RANGE = (0.15, 0.75)
"""What cosines of related texts span with this model: 0 and 1 of the scale."""
RECENT_SPAN = 20
"""Years after which age no longer counts."""
MANY_CITATIONS = 1_000

KINDS: Mapping[str, tuple[float, str]] = {
    "review": (1.0, "review article"),
    "article-journal": (0.9, "journal article"),
    "book": (0.85, "book"),
    "chapter": (0.75, "book chapter"),
    "paper-conference": (0.75, "conference paper"),
    "thesis": (0.6, "thesis"),
    "report": (0.55, "report"),
    "preprint": (0.5, "preprint"),
    "webpage": (0.3, "web page"),
}
_REVIEWS = ("review", "meta-analysis", "meta analysis", "survey of", "state of the art", "overview")
UNUSABLE_KINDS = frozenset({"dataset", "software", "figure", "peer-review", "component", "graphic"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with its score."""

    candidate: Candidate
    parts: Mapping[str, float]
    near: bool
    """Whether it speaks to the topic at all."""

    @property
    def work(self) -> Work:
        return self.candidate.work

    @property
    def score(self) -> float:
        return round(sum(WEIGHTS[name] * value for name, value in self.parts.items()), 4)

    def standing(self) -> dict[str, object]:
        """For the source's record."""
        parts = {name: round(value, 3) for name, value in self.parts.items()}
        return {"score": self.score, **parts, "words": self.words()}

    def words(self) -> str:
        """The score as a person would say it."""
        said = [_closeness(self.parts["relevance"]), kind_of(self.work)[1]]
        if year := year_of(self.work.csl):
            said.append(str(year))
        if self.work.cited_by:
            said.append(f"cited {self.work.cited_by:,} times")
        if len(self.work.providers) > 1:
            said.append(f"known to {len(self.work.providers)} registries")
        if self.work.copies:
            said.append("free to read")
        return ", ".join(said)


def _closeness(relevance: float) -> str:
    if relevance >= 0.7:
        return "close to the topic"
    return "on the topic" if relevance >= 0.4 else "near the topic"


def kind_of(work: Work) -> tuple[float, str]:
    """What kind of source it is: 0 to 1, and its name."""
    kind = str(work.csl.get("type") or "")
    title = str(work.csl.get("title") or "").lower()
    genre = str(work.csl.get("genre") or "").lower()
    if kind == "article-journal" and any(word in title for word in _REVIEWS):
        return KINDS["review"]
    if kind in PREPRINTS and (kind != "report" or "preprint" in genre):
        return KINDS["preprint"]
    return KINDS.get(kind, (0.4, kind.replace("-", " ") or "work"))


def text_of(work: Work) -> str:
    """What a work is judged by."""
    return f"{work.csl.get('title') or ''}. {work.abstract}".strip()


def judge(
    candidates: Sequence[Candidate],
    cosines: Sequence[Sequence[float]],
    *,
    topic: str,
    queries: Sequence[str],
    period: Period,
    this_year: int,
) -> list[Judged]:
    """Every candidate with its score, best first.

    Args:
        cosines: a row per candidate; the topic's column first, then one for each query.
    """
    best = max((c.fused for c in candidates), default=0.0) or 1.0
    judged = [
        _judged(candidate, row, best, topic, queries, period, this_year)
        for candidate, row in zip(candidates, cosines, strict=True)
    ]
    return sorted(judged, key=lambda j: (-j.score, j.candidate.key))


def _judged(
    candidate: Candidate,
    cosines: Sequence[float],
    best: float,
    topic: str,
    queries: Sequence[str],
    period: Period,
    this_year: int,
) -> Judged:
    work = candidate.work
    have = stems(text_of(work))
    about = overlap(stems(topic), have)
    asked = [
        0.6 * _scaled(cosine) + 0.4 * overlap(stems(query), have)
        for query, cosine in zip(queries, cosines[1:], strict=True)
    ]
    of_topic = 0.6 * _scaled(cosines[0]) + 0.4 * about
    relevance = 0.7 * of_topic + 0.3 * max(asked) if asked else of_topic
    year = year_of(work.csl)
    span = max(1, this_year - period.first) if period.first else RECENT_SPAN
    age = min(max(this_year - (year or this_year - span), 0), span)
    parts = {
        "relevance": relevance,
        "agreement": candidate.fused / best,
        "citations": min(1.0, math.log1p(work.cited_by or 0) / math.log1p(MANY_CITATIONS)),
        "recency": 1.0 - age / span,
        "kind": kind_of(work)[0],
        "access": 1.0 if work.copies else 0.5 if work.abstract else 0.0,
    }
    return Judged(candidate, parts, near=cosines[0] >= NEAR_COSINE or about >= MOST_WORDS)


def _scaled(cosine: float) -> float:
    low, high = _COSINE_RANGE
    return min(1.0, max(0.0, (cosine - low) / (high - low)))
