"""Sentences of a draft that say what a text's sentence says, in other words.

Encoding is what costs, so words in common choose a few stretches of the texts for each sentence (see
`statements`), and an encoder says how near those are in meaning. Nearness alone would flag
whatever is about the same thing: a sentence has to share content words besides, the more the less
near it is, and contradicting numbers rule it out. Two sentences that follow each other in the draft
and lie near each other in one text bear each other out.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autonomy.core.originality import Bound, Match, MatchGroup, MatchKind, Part
from autonomy.tools.similarity.citing import Citations
from autonomy.tools.similarity.counting import Flags
from autonomy.tools.similarity.statements import (
    SHARED_STEMS,
    Candidate,
    Matrix,
    Statement,
    candidates,
    numbers_of,
    statements,
    stems_of,
    stretches_of,
)
from autonomy.tools.similarity.texts import ComparedText
from autonomy.tools.similarity.tokens import Tokens

Encode = Callable[[list[str]], Any | Awaitable[Any]]
"""Sentences → one vector each (rows); their length does not matter."""

# Chosen on one half of the text-reuse test set, and on abstracts of SciFact that took nothing from
# each other; docs/similarity.md has the figures of the other half.
NEAR = 0.6
"""Cosine from which a sentence may say the same as another by itself."""
SHARED_WEIGHT = 0.4
ALONE = 0.88
"""Evidence that is enough by itself: the cosine, and the share of content words in common (Dice's
coefficient) times `SHARED_WEIGHT`."""
TOGETHER = 1.5
"""Evidence that is enough of two neighbours together."""
NEIGHBOUR = 0.6
NEIGHBOUR_NEAR = 0.55
"""Least evidence and least cosine of each of the two."""
PROMISING = 0.62
"""Evidence from which a sentence's neighbours are looked at although few words brought them up."""
REACH_CHARS = 1_000
"""How far apart in a text neighbours may lie."""
MOST_ENCODED = 1_200
"""Sentences, of the draft and the texts together, that are encoded for one comparison; those that
share most words come first."""
_MOST_NEIGHBOURS = 100
_BATCH = 32
"""Sentences that are encoded between two words on how far it is."""


Progress = Callable[[float], None]
"""Told which share of the work is done, 0 to 1. What it raises ends the work."""


class Hints(NamedTuple):
    matches: list[Match]
    bounds: list[Bound]
    """The limits that were reached."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A sentence of the draft with a stretch of a text."""

    candidate: Candidate
    cosine: float
    evidence: float
    alone: bool


def paraphrases(
    draft: Tokens,
    texts: Sequence[ComparedText],
    taken: Flags,
    citations: Citations,
    encode: Encode,
    on_progress: Progress = lambda share: None,
) -> Hints:
    """One match at most for each sentence of the draft that is not `taken` already. One that cites
    its text is as it should be and is left out."""
    mine, sentences = statements(draft, taken)
    if not mine:
        return Hints([], [])
    bounds = [Bound(part=Part.DRAFT_SENTENCES, looked_at=len(mine), of=sentences)]
    judge = _Judge(draft, mine, texts, encode)
    given = candidates(mine, texts)
    likely = _affordable(given)
    bounds.append(Bound(part=Part.SENTENCE_PAIRS, looked_at=len(likely), of=len(given)))
    judged = judge(likely, on_progress)
    promising = sorted(
        (each for each in judged if each.evidence >= PROMISING), key=lambda each: -each.evidence
    )
    near = promising[:_MOST_NEIGHBOURS]
    bounds.append(Bound(part=Part.NEIGHBOUR_PAIRS, looked_at=len(near), of=len(promising)))
    judged += judge(_beside(near, judged, mine, texts))
    matches = []
    for number, found in sorted(_accepted(judged, mine).items()):
        statement, text = mine[number], texts[found.candidate.text]
        if not citations.cite(text, statement.start, statement.end):
            matches.append(
                Match(
                    start=statement.start,
                    end=statement.end,
                    text_id=text.id,
                    text_start=found.candidate.start,
                    text_end=found.candidate.end,
                    kind=MatchKind.PARAPHRASE,
                    group=MatchGroup.NOT_CITED_OR_QUOTED,
                    words=statement.last - statement.first,
                    score=round(min(max(found.cosine, 0.0), 1.0), 4),
                )
            )
    return Hints(matches, [bound for bound in bounds if bound.looked_at < bound.of])


class _Judge:
    """Says how much speaks for each candidate; every sentence is encoded once."""

    def __init__(
        self,
        draft: Tokens,
        mine: Sequence[Statement],
        texts: Sequence[ComparedText],
        encode: Encode,
    ) -> None:
        self._written = [draft.text[each.start : each.end] for each in mine]
        self._mine = mine
        self._texts = texts
        self._encode = encode
        self._rows: dict[str, int] = {}
        self._vectors: list[Matrix] = []

    def __call__(
        self, given: Sequence[Candidate], on_progress: Progress = lambda share: None
    ) -> list[_Judged]:
        theirs = [self._texts[each.text].text[each.start : each.end] for each in given]
        mine = [self._written[each.statement] for each in given]
        self._know([*mine, *theirs], on_progress)
        judged = []
        for each, written, other in zip(given, mine, theirs, strict=True):
            cosine = float(self._vector(written) @ self._vector(other))
            judged.append(_judged(each, cosine, self._mine[each.statement].stems, stems_of(other)))
        return judged

    def _know(self, sentences: Iterable[str], on_progress: Progress) -> None:
        new = list(dict.fromkeys(each for each in sentences if each not in self._rows))
        # An encoder that is awaited gets all at once: it has an event loop of its own each time.
        size = len(new) if inspect.iscoroutinefunction(self._encode) else _BATCH
        for start in range(0, len(new), max(size, 1)):
            self._encoded(new[start : start + size])
            on_progress(min(start + size, len(new)) / len(new))

    def _encoded(self, new: list[str]) -> None:
        given = self._encode(new)
        vectors = np.asarray(asyncio.run(_awaited(given)) if inspect.isawaitable(given) else given)
        if vectors.ndim != 2 or len(vectors) != len(new):
            raise ValueError(f"the encoder gave {vectors.shape} for {len(new)} sentences")
        for one, vector in zip(new, vectors, strict=True):
            self._rows[one] = len(self._vectors)
            self._vectors.append(vector / max(float(np.linalg.norm(vector)), 1e-9))

    def _vector(self, sentence: str) -> Matrix:
        return self._vectors[self._rows[sentence]]


async def _awaited(given: Awaitable[Any]) -> Any:
    return await given


def _judged(
    candidate: Candidate, cosine: float, mine: frozenset[str], theirs: frozenset[str]
) -> _Judged:
    shared = len(mine & theirs)
    evidence = cosine + SHARED_WEIGHT * 2 * shared / max(len(mine) + len(theirs), 1)
    numbers, others = numbers_of(mine), numbers_of(theirs)
    if numbers and others and not numbers & others:
        return _Judged(candidate, cosine, 0.0, alone=False)
    alone = cosine >= NEAR and shared >= SHARED_STEMS and evidence >= ALONE
    return _Judged(candidate, cosine, evidence, alone)


def _affordable(given: list[Candidate]) -> list[Candidate]:
    """Those that share most words, as many as may be encoded."""
    seen: set[tuple[int, ...]] = set()
    kept = []
    for each in sorted(given, key=lambda one: -one.shared):
        seen |= {(each.statement,), (each.text, each.start, each.end)}
        if len(seen) > MOST_ENCODED:
            break
        kept.append(each)
    return kept


def _beside(
    promising: Sequence[_Judged],
    judged: Sequence[_Judged],
    mine: Sequence[Statement],
    texts: Sequence[ComparedText],
) -> list[Candidate]:
    """What lies around promising stretches, for the draft's sentences before and after."""
    known = {(j.candidate.statement, j.candidate.text, j.candidate.start) for j in judged}
    found: dict[tuple[int, int, int, int], Candidate] = {}
    for each in promising:
        there = each.candidate
        text = texts[there.text].text
        low, high = max(there.start - REACH_CHARS, 0), min(there.end + REACH_CHARS, len(text))
        for number in (there.statement - 1, there.statement + 1):
            if not _neighbours(mine, there.statement, number):
                continue
            for start, end in stretches_of(text, low, high):
                if (number, there.text, start) not in known:
                    candidate = Candidate(number, there.text, start, end, 0.0)
                    found[number, there.text, start, end] = candidate
    return list(found.values())


def _neighbours(mine: Sequence[Statement], one: int, other: int) -> bool:
    """Whether two of the draft's sentences follow each other, give or take a short one."""
    if not 0 <= other < len(mine):
        return False
    first, second = sorted((one, other))
    return mine[second].first - mine[first].last <= 8


def _accepted(judged: Sequence[_Judged], mine: Sequence[Statement]) -> dict[int, _Judged]:
    """The best stretch for each sentence that says the same as one."""
    by_statement: dict[int, list[_Judged]] = defaultdict(list)
    for each in judged:
        by_statement[each.candidate.statement].append(each)
    accepted: dict[int, _Judged] = {}

    def accept(each: _Judged) -> None:
        before = accepted.get(each.candidate.statement)
        if before is None or before.evidence < each.evidence:
            accepted[each.candidate.statement] = each

    for number, found in by_statement.items():
        for each in found:
            if each.alone:
                accept(each)
        if not _neighbours(mine, number, number + 1):
            continue
        for each in found:
            for other in by_statement.get(number + 1, ()):
                if _bear_out(each, other):
                    accept(each)
                    accept(other)
    return accepted


def _bear_out(one: _Judged, other: _Judged) -> bool:
    """Whether two that follow each other in the draft do so in one text, and are near enough."""
    first, second = one.candidate, other.candidate
    return (
        first.text == second.text
        and first.start < second.start <= first.end + REACH_CHARS
        and min(one.evidence, other.evidence) >= NEIGHBOUR
        and min(one.cosine, other.cosine) >= NEIGHBOUR_NEAR
        and one.evidence + other.evidence >= TOGETHER
    )
