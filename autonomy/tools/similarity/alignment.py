"""Runs joined into passages: words exchanged, added or left out between them are aligned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import LCSseq

from autonomy.tools.similarity.runs import Run

GAP_WORDS = 30
"""No more than so many words may stand between two runs of one passage, in either text."""
LOSS = 0.6
"""What a word that has no partner costs, where one that has gains 1."""
DROP = 6.0
"""A passage ends where going on would lose more than this."""
STRETCH_WORDS = 16
"""Words at the ends of a passage that are looked at together for more of it."""
GAIN = 1.5
"""A passage is grown over edited words only for more than a stray word that both texts have."""
MOST_OPEN = 64
"""Passages that may be growing at one place of the draft."""
LAYERS = 2
"""Passages of one text that may lie over each other in the draft."""
GROWTH = 4
"""Passages of one text may grow by so many times the draft's words altogether."""
_CUTS = (16, 8, 4, 2, 0)
"""Gaps at which a passage that is too thin is cut, in words, one after the other."""


@dataclass(slots=True)
class Aligned:
    """A passage of the draft with its like in a text: blocks of the same words, in both orders."""

    blocks: list[Run] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.blocks[0].draft

    @property
    def end(self) -> int:
        return self.blocks[-1].draft + self.blocks[-1].words

    @property
    def text_start(self) -> int:
        return self.blocks[0].text

    @property
    def text_end(self) -> int:
        return self.blocks[-1].text + self.blocks[-1].words

    @property
    def matched(self) -> int:
        return sum(block.words for block in self.blocks)

    @property
    def score(self) -> float:
        """Share of the words of the longer side that have a partner, 0 to 1."""
        longer = max(self.end - self.start, self.text_end - self.text_start)
        return self.matched / longer

    def words(self) -> Iterator[int]:
        """The draft's words that have a partner."""
        for block in self.blocks:
            yield from range(block.draft, block.draft + block.words)

    def within(self, start: int, end: int) -> Aligned | None:
        """What of it lies between two words of the draft; None when that holds no common word."""
        kept = []
        for block in self.blocks:
            low, high = max(block.draft, start), min(block.draft + block.words, end)
            if low < high:
                kept.append(Run(low, block.text + low - block.draft, high - low))
        return Aligned(kept) if kept else None


def aligned(
    draft: Sequence[int], text: Sequence[int], runs: Sequence[Run], *, least: float
) -> list[Aligned]:
    """The passages that the runs (by where they begin) make up, each grown at its ends over words
    that were edited. Those whose score stays under `least` fall into their runs again."""
    passages: list[Aligned] = []
    open_: list[Aligned] = []
    for run in runs:
        open_ = [each for each in open_ if run.draft - each.end <= GAP_WORDS][-MOST_OPEN:]
        joined = _joined(draft, text, run, open_)
        if joined is None:
            joined = Aligned([run])
            passages.append(joined)
            open_.append(joined)
    grown: list[Aligned] = []
    room = GROWTH * len(draft)
    for passage in _uppermost(passages, len(draft)):
        before = passage.end - passage.start
        if room > 0:
            _grow(draft, text, passage)
            room -= passage.end - passage.start - before
        if passage.score >= least:
            grown.append(passage)
        else:
            grown += _apart(passage, least)
    return grown


def _uppermost(passages: Sequence[Aligned], words: int) -> list[Aligned]:
    """The passages, longest first, without those that lie for the most part under `LAYERS` longer
    ones: what repeats itself in both texts is like itself in very many ways."""
    layers = np.zeros(words, np.int16)
    kept = []
    for passage in sorted(passages, key=lambda each: -each.matched):
        under = layers[passage.start : passage.end]
        if (under < LAYERS).mean() >= 0.25:
            under += 1
            kept.append(passage)
    return kept


def _joined(
    draft: Sequence[int], text: Sequence[int], run: Run, open_: list[Aligned]
) -> Aligned | None:
    """The passage that `run` was added to: of those that reach it, the nearest in the text."""
    best: tuple[int, Aligned, Run] | None = None
    for passage in open_:
        rest = _after(run, passage)
        if rest is None:
            continue
        gap, other = rest.draft - passage.end, rest.text - passage.text_end
        if gap > GAP_WORDS or other > GAP_WORDS:
            continue
        distance = max(gap, other)
        if best is None or distance < best[0]:
            best = distance, passage, rest
    if best is None:
        return None
    distance, passage, rest = best
    between = _common(draft, text, (passage.end, rest.draft), (passage.text_end, rest.text))
    shared = sum(block.words for block in between)
    if shared - LOSS * (distance - shared) < -DROP:
        return None
    passage.blocks += [*between, rest]
    return passage


def _after(run: Run, passage: Aligned) -> Run | None:
    """What of `run` comes after the passage in both texts; None when too little does."""
    over = max(passage.end - run.draft, passage.text_end - run.text, 0)
    if over >= run.words:
        return None
    return Run(run.draft + over, run.text + over, run.words - over)


def _common(
    draft: Sequence[int], text: Sequence[int], here: tuple[int, int], there: tuple[int, int]
) -> list[Run]:
    """Blocks of the longest common subsequence of two short stretches."""
    mine, theirs = draft[here[0] : here[1]], text[there[0] : there[1]]
    if not mine or not theirs:
        return []
    return [
        Run(here[0] + op.src_start, there[0] + op.dest_start, op.src_end - op.src_start)
        for op in LCSseq.opcodes(mine, theirs)
        if op.tag == "equal"
    ]


def _grow(draft: Sequence[int], text: Sequence[int], passage: Aligned) -> None:
    """Go on over edited words at both ends as long as that gains."""
    while added := _gaining(
        _common(
            draft,
            text,
            (passage.end, min(passage.end + STRETCH_WORDS, len(draft))),
            (passage.text_end, min(passage.text_end + STRETCH_WORDS, len(text))),
        ),
        passage.end,
        passage.text_end,
    ):
        passage.blocks += added
    # Backwards is forwards with both texts turned round.
    while True:
        low, text_low = passage.start, passage.text_start
        first, text_first = max(low - STRETCH_WORDS, 0), max(text_low - STRETCH_WORDS, 0)
        turned = _common(
            draft[first:low][::-1], text[text_first:text_low][::-1], (0, low), (0, text_low)
        )
        added = _gaining(turned, 0, 0)
        if not added:
            return
        passage.blocks[:0] = [
            Run(low - each.draft - each.words, text_low - each.text - each.words, each.words)
            for each in reversed(added)
        ]


def _gaining(blocks: Sequence[Run], end: int, text_end: int) -> list[Run]:
    """The first blocks up to where their words outweigh most what stands between them."""
    score, best = 0.0, GAIN
    kept = 0
    for number, block in enumerate(blocks, 1):
        score -= LOSS * max(block.draft - end, block.text - text_end)
        if score < -DROP:
            break
        score += block.words
        end, text_end = block.draft + block.words, block.text + block.words
        if score >= best:
            best, kept = score, number
    return list(blocks[:kept])


def _apart(passage: Aligned, least: float) -> list[Aligned]:
    """The passage cut at its wide gaps, then at narrower ones where that is not enough."""
    done: list[Aligned] = []
    parts = [passage]
    for widest in _CUTS:
        thin = [piece for part in parts for piece in _cut(part, widest)]
        done += [piece for piece in thin if piece.score >= least]
        parts = [piece for piece in thin if piece.score < least]
    return done


def _cut(passage: Aligned, widest: int) -> list[Aligned]:
    pieces = [Aligned(passage.blocks[:1])]
    for before, after in pairwise(passage.blocks):
        gap = after.draft - before.draft - before.words
        other = after.text - before.text - before.words
        if max(gap, other) > widest:
            pieces.append(Aligned())
        pieces[-1].blocks.append(after)
    return pieces
