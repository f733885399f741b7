"""A draft against texts: what is alike, how it is cited, and how much of the draft it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from autonomy.core.originality import Bound, Match, MatchGroup, MatchKind, Similarity, TextLikeness
from autonomy.core.words import STOP_WORDS
from autonomy.library.quotations import Span, joined, quotations
from autonomy.tools.similarity.citing import Citations
from autonomy.tools.similarity.counting import Flags, attributed, by_quotation, stretches
from autonomy.tools.similarity.exclusions import (
    CONTENT_WORDS,
    NAME_WORDS,
    OWN_WORDS,
    PHRASE_TEXTS,
    PHRASE_WORDS,
    bibliographies,
    headings,
    stock_words,
)
from autonomy.tools.similarity.matching import LEAST_WORDS, Covering, Found, distinct, find
from autonomy.tools.similarity.paraphrase import Encode, Progress, paraphrases
from autonomy.tools.similarity.recount import BIBLIOGRAPHY, COMMON_PHRASE, recounted
from autonomy.tools.similarity.settings import DEFAULT, SimilaritySettings
from autonomy.tools.similarity.texts import ComparedText
from autonomy.tools.similarity.tokens import Tokens, is_sign, tokenise

WORDING_SHARE = 0.3
"""Of the time that looking at the wording takes; encoding for paraphrases takes the rest."""
MOST_INSTEAD = 8
"""Texts that may be left out one after the other for the same words."""


def compare(
    draft: str,
    texts: Sequence[ComparedText],
    settings: SimilaritySettings = DEFAULT,
    encode: Encode | None = None,
    *,
    listed: Sequence[Span] = (),
    on_progress: Progress = lambda share: None,
) -> Similarity:
    """What of `draft` (Markdown, with citation markers) is like one of `texts`.

    It works for seconds on long drafts: from asynchronous code call it in a thread.

    Args:
        texts: those that should be named first come first; of equal texts the first is named.
        listed: characters of the draft that are a list of references, besides those under a
            heading that says so.
        encode: sentences → unit vectors, for paraphrases; None looks for none. It may be
            asynchronous: it is then awaited in an event loop of this thread's own.
        on_progress: told now and then which share of the work is done, 0 to 1; what it raises
            ends the comparison.
    """
    chosen = encode if settings.paraphrases else None
    found = _Comparison(draft, *distinct(texts), listed).run(chosen, on_progress)
    return recounted(found, settings)


class _Comparison:
    def __init__(
        self,
        draft: str,
        texts: Sequence[ComparedText],
        copies: Sequence[Sequence[ComparedText]],
        listed: Sequence[Span],
    ) -> None:
        self._texts = texts
        self._copies = copies
        self._draft = tokenise(draft)
        quoted = quotations(draft)
        self._quoted = flags(self._draft, quoted)
        self._citations = Citations(self._draft, quoted)
        self._stock = np.array(stock_words(self._draft.keys), np.bool_)
        self._said = ~flags(self._draft, headings(draft))
        lists = joined([*listed, *bibliographies(draft)])
        self._listed = flags(self._draft, lists) & self._said
        self._tokens: dict[int, Tokens] = {}

    def run(self, encode: Encode | None, on_progress: Progress) -> Similarity:
        """All matches with what may exclude them; nothing is counted yet."""
        first = 1.0 if encode is None else WORDING_SHARE
        found = find(self._draft, self._texts, lambda share: on_progress(first * share))
        covering = Covering(found)
        body = attributed(found, self._prefers, self._said & ~self._listed)
        matches = [
            self._standing(part, quoted, covering)
            for each in [*body, *attributed(found, self._prefers, self._listed)]
            for part, quoted in by_quotation(each, self._quoted)
            if part.passage.matched >= LEAST_WORDS
        ]
        near: list[Match] = []
        bounds: list[Bound] = []
        if encode is not None:
            taken = self._listed | ~self._said
            for each in body:
                taken[each.passage.start : each.passage.end] = True
            near, bounds = paraphrases(
                self._draft,
                self._texts,
                taken,
                self._citations,
                encode,
                lambda share: on_progress(first + (1 - first) * share),
            )
        matches = sorted([*matches, *near], key=lambda match: (match.start, match.end))
        named = set(_named(matches))
        return Similarity(
            percent=0,
            matched_words=0,
            counted_words=0,
            words=int(self._said.sum()),
            bibliography_words=int(self._listed.sum()),
            matches=tuple(matches),
            texts=tuple(
                TextLikeness(text_id=t.id, title=t.title, kind=t.kind, words=0, percent=0)
                for t in [*self._texts, *chain.from_iterable(self._copies)]
                if t.id in named
            ),
            compared=len(self._texts),
            bounds=tuple(bounds),
        )

    def _prefers(self, found: Found) -> bool:
        """Of two texts that have the same words, the one that is cited for them is meant."""
        return self._cites(found.text, found.passage.start, found.passage.end)

    def _cites(self, text: int, start: int, end: int) -> bool:
        draft = self._draft
        return self._citations.cite(self._texts[text], draft.starts[start], draft.ends[end - 1])

    def _standing(
        self, found: Found, quoted: bool, covering: Covering, without: frozenset[int] = frozenset()
    ) -> Match:
        """The match with what its words match instead, in turn without each text before: first
        copies of the text, then others.

        Args:
            without: places of texts that are left out already.
        """
        match = self._match(found, quoted, covering)
        instead = self._instead(found, quoted, covering, without | {found.text})
        for copy in reversed(self._copies[found.text][:MOST_INSTEAD]):
            instead = (match.model_copy(update={"text_id": copy.id, "instead": instead}),)
        return match.model_copy(update={"instead": instead})

    def _instead(
        self, found: Found, quoted: bool, covering: Covering, without: frozenset[int]
    ) -> tuple[Match, ...]:
        start, end = found.passage.start, found.passage.end
        parts = [
            Found(each.text, part)
            for each in covering.over(start, end)
            if each.text not in without and (part := each.passage.within(start, end))
        ]
        if not parts or len(without) > MOST_INSTEAD:
            return ()
        free = np.zeros(len(self._draft), np.bool_)
        free[start:end] = True
        # However short a piece is: it may go on where a longer match of another text ended.
        taken = attributed(parts, self._prefers, free, least=1)
        for each in taken:
            free[each.passage.start : each.passage.end] = False
        rest = [
            Found(found.text, part)
            for low, high in stretches(free[start:end])
            if (part := found.passage.within(start + low, start + high))
        ]
        if not taken:
            return ()
        made = [self._standing(each, quoted, covering, without) for each in taken]
        made += [self._match(each, quoted, covering) for each in rest]
        return tuple(sorted(made, key=lambda match: (match.start, match.end)))

    def _match(self, found: Found, quoted: bool, covering: Covering) -> Match:
        passage = found.passage
        start, end = passage.start, passage.end
        others = covering.texts(start, end)
        cited = any(self._cites(text, start, end) for text in {found.text, *others})
        verbatim = passage.matched == end - start == passage.text_end - passage.text_start
        theirs = self._tokens_of(found.text)
        signs = sum(is_sign(self._draft.keys[word]) for word in passage.words())
        return Match(
            start=self._draft.starts[start],
            end=self._draft.ends[end - 1],
            text_id=self._texts[found.text].id,
            text_start=theirs.starts[passage.text_start],
            text_end=theirs.ends[passage.text_end - 1],
            kind=MatchKind.VERBATIM if verbatim else MatchKind.LIGHT,
            group=MatchGroup.of(quoted=quoted, cited=cited),
            words=end - start,
            score=round(passage.score, 4),
            reasons=tuple(self._reasons(found, len(others - {found.text}))),
            size=passage.matched - signs / 2,
        )

    def _reasons(self, found: Found, others: int) -> Iterator[str]:
        """What excludes a match besides its group and its size."""
        start, end = found.passage.start, found.passage.end
        if self._listed[start]:
            yield BIBLIOGRAPHY
        short = end - start <= PHRASE_WORDS
        if self._is_stock(found) or (
            short and (others >= PHRASE_TEXTS or self._says_little(found))
        ):
            yield COMMON_PHRASE

    def _is_stock(self, found: Found) -> bool:
        """Whether, without stock phrases, too few of its words are in the text."""
        own = sum(1 for word in found.passage.words() if not self._stock[word])
        return own < found.passage.matched and own < OWN_WORDS

    def _says_little(self, found: Found) -> bool:
        """Whether the words in common are for the most part function words, or a name: of a body,
        a law, a work."""
        draft = self._draft
        content = [w for w in found.passage.words() if draft.keys[w] not in STOP_WORDS]
        small = [w for w in content if not draft.text[draft.starts[w]].isupper()]
        return len({draft.keys[w] for w in content}) < CONTENT_WORDS or len(small) < NAME_WORDS

    def _tokens_of(self, text: int) -> Tokens:
        if text not in self._tokens:
            self._tokens[text] = tokenise(self._texts[text].text)
        return self._tokens[text]


def _named(matches: Iterable[Match]) -> Iterator[str]:
    """Ids of all texts that the matches are like, or would be like without others."""
    for match in matches:
        yield match.text_id
        yield from _named(match.instead)


def flags(tokens: Tokens, spans: Sequence[Span]) -> Flags:
    """For each word whether it lies within one of the spans (rising and apart)."""
    inside = np.zeros(len(tokens), np.bool_)
    starts = np.frombuffer(tokens.starts, np.int64) if len(tokens) else np.empty(0, np.int64)
    for start, end in spans:
        low, high = np.searchsorted(starts, (start, end))
        inside[low:high] = True
    return inside
