"""Works that several questions found, as one list in which each work stands once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autonomy.core.csl import year_of
from autonomy.core.works import Work
from autonomy.tools.literature.questions import Question
from autonomy.tools.literature.sameness import identifiers_of, key_of, names_of

RRF_K = 60
"""Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""
PREPRINTS = frozenset({"article", "manuscript", "report", "preprint"})


@dataclass(slots=True)
class Candidate:
    """A work, what found it, and its versions."""

    work: Work
    questions: list[Question] = field(default_factory=list)
    fused: float = 0.0
    versions: list[Work] = field(default_factory=list)
    """Further descriptions that were merged into `work`."""

    @property
    def key(self) -> str:
        return key_of(self.work)

    @property
    def query(self) -> str:
        """What found it first, in words."""
        first = self.questions[0] if self.questions else None
        if first is None:
            return ""
        return {
            "query": first.text,
            "web": first.text,
            "references": "what a kept source cites",
            "citing": "what cites a kept source",
        }[first.kind]


def pooled(found: Iterable[tuple[Question, Sequence[Work]]]) -> list[Candidate]:
    """One candidate per work, best first by fused rank. A preprint and its published version are
    one work; the published one describes it."""
    known: dict[str, Candidate] = {}
    order: list[Candidate] = []
    for question, works in found:
        for rank, work in enumerate(works):
            names = names_of(work)
            met = list({id(known[n]): known[n] for n in sorted(names) if n in known}.values())
            if met:
                candidate = met[0]
                for other in met[1:]:  # two that were apart until this description joined them
                    _absorb(candidate, other)
                    order.remove(other)
                _merge(candidate, work)
            else:
                candidate = Candidate(work=work)
                order.append(candidate)
            if question not in candidate.questions:
                candidate.questions.append(question)
                candidate.fused += 1.0 / (RRF_K + rank)
            for version in (candidate.work, *candidate.versions):
                for name in names_of(version):
                    known[name] = candidate
    return sorted(order, key=lambda c: (-c.fused, c.key))


def _absorb(into: Candidate, other: Candidate) -> None:
    for version in (other.work, *other.versions):
        _merge(into, version)
    into.questions += [q for q in other.questions if q not in into.questions]
    into.fused += other.fused


def _merge(candidate: Candidate, work: Work) -> None:
    main, other = candidate.work, work
    if _standing(other) > _standing(main):
        main, other = other, main
    candidate.versions.append(other)
    copies = {copy.url: copy for copy in (*main.copies, *other.copies)}
    notices = {(n.kind, n.doi, n.date): n for n in (*main.notices, *other.notices)}
    counts = [c for c in (main.cited_by, other.cited_by) if c is not None]
    candidate.work = main.model_copy(
        update={
            "csl": {**other.csl, **main.csl},
            "identifiers": {
                **identifiers_of(other.csl, other.identifiers),
                **identifiers_of(main.csl, main.identifiers),
            },
            "providers": tuple(dict.fromkeys((*main.providers, *other.providers))),
            "abstract": main.abstract or other.abstract,
            "url": main.url or other.url,
            "copies": tuple(copies.values()),
            "cited_by": max(counts, default=None),
            "references": main.references or other.references,
            "notices": tuple(notices.values()),
            "score": max(main.score, other.score),
        }
    )


def _standing(work: Work) -> tuple[bool, bool, int]:
    """Which of two versions describes the work: the published one, with a DOI, the later."""
    published = work.csl.get("type") not in PREPRINTS
    return published, bool(work.identifiers.get("doi")), year_of(work.csl) or 0
