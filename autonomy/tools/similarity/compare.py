"""A draft against texts: what is alike, how it is cited, and how much of the draft it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from autonomy.core.originality import Match, MatchGroup, MatchKind, Similarity, TextLikeness
from autonomy.core.words import STOP_WORDS
from autonomy.library.quotations import Span, joined, quotations
from autonomy.tools.similarity.citing import Citations
from autonomy.tools.similarity.counting import Flags, attributed, by_quotation
from autonomy.tools.similarity.exclusions import (
    CONTENT_WORDS,
    NAME_WORDS,
    PHRASE_TEXTS,
    PHRASE_WORDS,
    bibliographies,
    headings,
    stock_words,
)
from autonomy.tools.similarity.matching import LEAST_WORDS, Covering, Found, distinct, find
from autonomy.tools.similarity.paraphrase import Encode, paraphrases
from autonomy.tools.similarity.settings import DEFAULT, SimilaritySettings
from autonomy.tools.similarity.texts import ComparedText
from autonomy.tools.similarity.tokens import Tokens, is_sign, tokenise

QUOTED_AND_CITED = "quoted_and_cited"
BIBLIOGRAPHY = "bibliography"
COMMON_PHRASE = "common_phrase"
SMALL_MATCH = "small_match"


def compare(
    draft: str,
    texts: Sequence[ComparedText],
    settings: SimilaritySettings = DEFAULT,
    encode: Encode | None = None,
    *,
    listed: Sequence[Span] = (),
) -> Similarity:
    """What of `draft` (Markdown, with citation markers) is like one of `texts`.

    It works for seconds on long drafts: from asynchronous code call it in a thread.

    Args:
        texts: those that should be named first come first; of equal texts the first is named.
        listed: characters of the draft that are a list of references, besides those under a
            heading that says so.
        encode: sentences → unit vectors, for paraphrases; None looks for none. It may be
            asynchronous: it is then awaited in an event loop of this thread's own.
    """
    return _Comparison(draft, distinct(texts), settings, listed).run(encode)


class _Comparison:
    def __init__(
        self,
        draft: str,
        texts: Sequence[ComparedText],
        settings: SimilaritySettings,
        listed: Sequence[Span],
    ) -> None:
        self._texts = texts
        self._settings = settings
        self._draft = tokenise(draft)
        quoted = quotations(draft)
        self._quoted = flags(self._draft, quoted)
        self._citations = Citations(self._draft, quoted)
        self._stock = np.array(stock_words(self._draft.keys), np.bool_)
        self._signs = np.array([is_sign(each) for each in self._draft.keys], np.bool_)
        self._said = ~flags(self._draft, headings(draft))
        lists = joined([*listed, *bibliographies(draft)])
        self._listed = flags(self._draft, lists) & self._said
        if settings.exclude_bibliography:
            self._open = self._said & ~self._listed
        else:
            self._open = self._said
        self._tokens: dict[int, Tokens] = {}

    def run(self, encode: Encode | None) -> Similarity:
        found = find(self._draft, self._texts)
        covering = Covering(found)
        kept = attributed(found, self._prefers, self._open)
        matches = [
            self._match(part, quoted, covering)
            for each in kept
            for part, quoted in by_quotation(each, self._quoted)
            if part.passage.matched >= LEAST_WORDS
        ]
        if encode is not None and self._settings.paraphrases:
            taken = self._taken(kept)
            matches += paraphrases(self._draft, self._texts, taken, self._citations, encode)
            matches.sort(key=lambda match: (match.start, match.end))
        return self._summed(matches)

    def _prefers(self, found: Found) -> bool:
        """Of two texts that have the same words, the one that is cited for them is meant."""
        return self._cites(found.text, found.passage.start, found.passage.end)

    def _cites(self, text: int, start: int, end: int) -> bool:
        draft = self._draft
        return self._citations.cite(self._texts[text], draft.starts[start], draft.ends[end - 1])

    def _match(self, found: Found, quoted: bool, covering: Covering) -> Match:
        passage = found.passage
        start, end = passage.start, passage.end
        others = covering.texts(start, end)
        cited = any(self._cites(text, start, end) for text in {found.text, *others})
        group = _GROUPS[quoted, cited]
        verbatim = passage.matched == end - start == passage.text_end - passage.text_start
        theirs = self._tokens_of(found.text)
        return Match(
            start=self._draft.starts[start],
            end=self._draft.ends[end - 1],
            text_id=self._texts[found.text].id,
            text_start=theirs.starts[passage.text_start],
            text_end=theirs.ends[passage.text_end - 1],
            kind=MatchKind.VERBATIM if verbatim else MatchKind.LIGHT,
            group=group,
            words=end - start,
            score=round(passage.score, 4),
            excluded=self._exclusion(found, group, len(others - {found.text})),
        )

    def _exclusion(self, found: Found, group: MatchGroup, others: int) -> str:
        start, end = found.passage.start, found.passage.end
        settings = self._settings
        if settings.exclude_quoted_and_cited and group is MatchGroup.CITED_AND_QUOTED:
            return QUOTED_AND_CITED
        if settings.exclude_common_phrases and (
            self._is_stock(found)
            or (
                end - start <= PHRASE_WORDS and (others >= PHRASE_TEXTS or self._says_little(found))
            )
        ):
            return COMMON_PHRASE
        signs = int(self._signs[start:end].sum()) / 2
        return SMALL_MATCH if found.passage.matched - signs < settings.small_match_words else ""

    def _is_stock(self, found: Found) -> bool:
        """Whether, without stock phrases, too few of its words are in the text."""
        own = sum(1 for word in found.passage.words() if not self._stock[word])
        some = own < found.passage.matched
        return some and own < max(self._settings.small_match_words, LEAST_WORDS)

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

    def _taken(self, kept: Sequence[Found]) -> Flags:
        taken = ~self._open
        for each in kept:
            taken[each.passage.start : each.passage.end] = True
        return taken

    def _summed(self, matches: Sequence[Match]) -> Similarity:
        excluded: Counter[str] = Counter()
        groups: Counter[MatchGroup] = Counter()
        by_text: Counter[str] = Counter()
        near: Counter[str] = Counter()
        for match in matches:
            if match.kind is MatchKind.PARAPHRASE:
                near[match.text_id] += 1
            elif match.excluded:
                excluded[match.excluded] += match.words
            else:
                groups[match.group] += match.words
                by_text[match.text_id] += match.words
        if self._settings.exclude_bibliography and (listed := int(self._listed.sum())):
            excluded[BIBLIOGRAPHY] = listed
        counted = int(self._open.sum()) - excluded[QUOTED_AND_CITED]
        matched = groups.total()
        return Similarity(
            percent=_percent(matched, counted),
            matched_words=matched,
            counted_words=counted,
            excluded_words={name: words for name, words in excluded.items() if words},
            groups=dict(groups),
            texts=tuple(
                TextLikeness(
                    text_id=text.id,
                    title=text.title,
                    kind=text.kind,
                    words=by_text[text.id],
                    percent=_percent(by_text[text.id], counted),
                    paraphrases=near[text.id],
                )
                for text in sorted(self._texts, key=lambda text: -by_text[text.id])
                if by_text[text.id] or near[text.id]
            ),
            matches=tuple(matches),
            compared=len(self._texts),
        )


_GROUPS = {
    (False, False): MatchGroup.NOT_CITED_OR_QUOTED,
    (False, True): MatchGroup.MISSING_QUOTATION,
    (True, False): MatchGroup.MISSING_CITATION,
    (True, True): MatchGroup.CITED_AND_QUOTED,
}


def _percent(words: int, of: int) -> float:
    return round(100 * words / of, 2) if of else 0.0


def flags(tokens: Tokens, spans: Sequence[Span]) -> Flags:
    """For each word whether it lies within one of the spans (rising and apart)."""
    inside = np.zeros(len(tokens), np.bool_)
    starts = np.frombuffer(tokens.starts, np.int64) if len(tokens) else np.empty(0, np.int64)
    for start, end in spans:
        low, high = np.searchsorted(starts, (start, end))
        inside[low:high] = True
    return inside
