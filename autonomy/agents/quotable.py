"""Which sentences of a passage can stand as quotations, and how well they serve a section."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autonomy.core.types import Passage
from autonomy.core.words import content_words, likeness, overlap, stem, stems, under_cue
from autonomy.library.sentences import sentences

MIN_WORDS = 9
MAX_WORDS = 48
SAME_SOURCE = 0.2
"""What each quotation already taken from a source costs its next one."""

_DEBRIS = re.compile(
    r"""https?://|www\.|@|\barxiv:|\bdoi:|[{}\\|=∑∏∫√∈≤≥→←×*_`#$~^<>“”"]|\.{3,}"""
    r"""|\b(?:Figure|Fig\.|Table|Tab\.|Eq\.|Algorithm|Appendix|Listing)\s*\d*[:.]""",
)
_POINTER = re.compile(
    r"\b(?:Figure|Fig\.|Table|Tab\.|Section|Sec\.|Appendix|Equation|Eq\.|Algorithm)\s*[\dA-Z]",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"^(?:However|Therefore|Thus|Hence|Moreover|Furthermore|Besides|This|These|Those|That|It|They|He|She|Such|So|But|And|Or|Then|"
    r"Here|In contrast|In this|For this|As such|Similarly|Likewise|Instead|Also|Finally|Next|Second|Third|Both|Its|Their|Another|One|Specifically|Although|Despite|In summary|Making|Consequently|"
    r"As a result|To address this|Meanwhile|Nevertheless|Additionally|Accordingly)\b"
)
_CLAIM = re.compile(
    r"\b(?:we|our)\s+(?:show|find|found|propose|introduce|present|demonstrate|argue|observe|conclude|report|hypothesi[sz]e)\b"
    r"|\b(?:results?|findings|evidence|experiments?|studies)\s+(?:show|suggest|indicate|demonstrate|confirm)"
    r"|\b(?:improv|outperform|reduc|increas|achiev|enabl|allow|requir|depend|because|significant)\w*",
    re.IGNORECASE,
)
_CUT_SHORT = re.compile(r"\b\w\s?[.!]$|\s[.!]$")
"""Ends in a single letter: a symbol, or an initial that only looks like an end."""
_INSTRUCTION = re.compile(
    r"^(?:Please|Note that|See|Given the following|You are|You|Your|List|Read|Let|Consider|Recall|"
    r"Evaluate|Provide|Return|Output|Generate|Answer|Search|Find|Write|Use|Select|Choose)\b"
)
_ORDER = re.compile(
    r"^(?:Please|Given the following|You are an?|Evaluate|Provide|Return|Output|Generate|List|Answer|"
    r"Search|Select|Choose|Summari[sz]e)\b(?! (?:results?|engines?|the results?))"
)
"""A prompt or an exercise that a paper prints: it tells somebody to do something, and says nothing."""
_QUESTION = re.compile(
    r"^(?:(?:Is|Are|Was|Were) (?:there|it|this|that|these|those|any)|(?:Do|Does|Did|Has|Have) \w+|"
    r"(?:Can|Could|Should|Would) (?:you|we|I|they|it|there|anyone|any)|"
    r"(?:What|Which|Who|Where|Why|How) (?:is|are|was|were|do|does|did|can|could|should)) "
)
"""A question that its page prints with a full stop, as lists of example questions do."""
_WEIGHTY = ("abstract", "introduction", "conclusion", "conclusions", "discussion", "summary")
_MARGINAL = (
    "appendix",
    "supplementary",
    "prompt",
    "prompts",
    "acknowledgements",
    "acknowledgments",
    "implementation",
    "annotation",
)
_RUN_IN_HEADING = re.compile(r"^(?:[A-Z][\w-]*\s+){1,5}(?:A|An|The|We|In|To|Our|This|For)\s+[a-z]")
"""A heading that the page runs into its paragraph: "RL Training A key challenge is …"."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?\s*%|\d+\.\d+")
_REFERENCE_MARK = re.compile(r"\s?\[\d+(?:\s*[,–-]\s*\d+)*\]")
_FINAL_MARKS = re.compile(r"(?:\s?\[\d+(?:\s*[,–-]\s*\d+)*\])+(?=\.$)")
_ELSEWHERE = re.compile(
    r"\bas (?:described|discussed|mentioned|shown|noted|explained|defined) (?:in|above|below|earlier)\b"
    r"|\b(?:previous|following|next|preceding) (?:section|chapter|paragraph|figure|table|example|prompt)s?\b"
    r"|\b(?:see|shown|listed|described) (?:above|below|here)\b|\bthe (?:above|latter|former)\b",
    re.IGNORECASE,
)
"""Points at a place that a quotation does not bring along."""
_BROKEN = re.compile(
    r"\b\d+ (?:a|an|the)\b|\b(?:the|a|an) (?:the|a|an|of)\b|\bof of\b", re.IGNORECASE
)
"""What a formula or a figure leaves behind when it is taken out of its line."""
_SHORT_WORDS = frozenset(
    "a am an as at be by do go he if in is it me my no of on or so to up us we vs et al i".split()
)
_SYMBOLS = 2
"""Two-letter tokens that are no words (d k, dk) from which a sentence counts as a formula."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A whole sentence of a passage, verbatim."""

    text: str
    passage: Passage
    score: float
    stems: frozenset[str]

    @property
    def words(self) -> int:
        return len(self.text.split())


def quotable(sentence: str) -> bool:
    """Whether the sentence reads as prose when it stands alone between quotation marks."""
    words = sentence.split()
    if not MIN_WORDS <= len(words) <= MAX_WORDS:
        return False
    if (
        sentence[-1] not in ".!"
        or _CUT_SHORT.search(sentence)
        or _RUN_IN_HEADING.match(sentence)
        or _QUESTION.match(sentence)
        or not (sentence[0].isupper() or sentence[0] == "‘")
    ):
        return False
    if sentence.count("(") != sentence.count(")") or sentence.count("[") != sentence.count("]"):
        return False
    if _DEBRIS.search(sentence) or _BROKEN.search(sentence):
        return False
    small = [w for w in re.findall(r"\b[a-z]{1,2}\b", sentence) if w not in _SHORT_WORDS]
    if len(small) >= _SYMBOLS:
        return False
    letters = sum(c.isalpha() or c.isspace() for c in sentence)
    single = sum(
        len(w.strip(".,;:()")) == 1 and w.strip(".,;:()").lower() not in "ai" for w in words
    )
    return letters / len(sentence) >= 0.85 and single <= 2


def points_elsewhere(sentence: str) -> bool:
    """Whether the sentence needs another place of its source to be understood."""
    return bool(_ELSEWHERE.search(sentence) or _POINTER.search(sentence))


def leaning(sentence: str) -> bool:
    """Whether the sentence leans on the one before it ("However, …", "These …")."""
    return bool(_LEANING.match(sentence))


def _score(sentence: str, wanted: frozenset[str], have: frozenset[str], place: float) -> float:
    """`place` is what the passage itself is worth (rank and heading)."""
    score = overlap(wanted, have) * 2.0 + place
    if _CLAIM.search(sentence):
        score += 0.3
    if _INSTRUCTION.match(sentence):
        score -= 1.5
    if _ELSEWHERE.search(sentence):
        score -= 0.8
    if len(sentence.split()) < 12:
        score -= 0.2
    if leaning(sentence):
        score -= 0.7
    if _POINTER.search(sentence):
        score -= 0.35
    if _NUMBER.search(sentence):
        score += 0.15
    score -= 0.08 * len(_REFERENCE_MARK.findall(sentence))
    return score


def _place(passage: Passage, rank: int, cues: Sequence[str]) -> float:
    """What the passage's rank and heading are worth to a sentence of it."""
    worth = 0.6 / (1 + 0.2 * rank)
    if under_cue(passage.heading, cues):
        worth += 0.5
    if under_cue(passage.heading, _WEIGHTY):
        worth += 0.2
    if under_cue(passage.heading, _MARGINAL):
        worth -= 0.6
    return worth


def candidates(
    passages: Sequence[Passage],
    queries: Iterable[str],
    cues: Sequence[str] = (),
    signals: Sequence[str] = (),
) -> list[Quote]:
    """Every quotable sentence of the passages, best first. Passages come best first; their order
    is part of the score, and so is standing under a heading that has one of `cues`. With
    `signals`, a sentence must have a word that begins with one of them."""
    needed = re.compile(rf"\b(?:{'|'.join(map(re.escape, signals))})", re.IGNORECASE)
    wanted = stems(" ".join(queries))
    quotes: list[Quote] = []
    seen: set[str] = set()
    for rank, passage in enumerate(passages):
        for start, end in sentences(passage.text):
            text = " ".join(passage.text[start:end].split())
            if not text or not quotable(text) or text.lower() in seen:
                continue
            if _ORDER.match(text):
                continue
            # Marks of the source's own list of references mean nothing here.
            text = (
                _FINAL_MARKS.sub("", text).removesuffix(".") if _FINAL_MARKS.search(text) else text
            )
            if signals and not needed.search(text):
                continue
            seen.add(text.lower())
            have = frozenset(stem(word) for word in content_words(text))
            if len(have) < 4:
                continue
            quotes.append(
                Quote(text, passage, _score(text, wanted, have, _place(passage, rank, cues)), have)
            )
    return sorted(quotes, key=lambda q: (-q.score, q.passage.id, q.text))


def select(
    quotes: Sequence[Quote], words: int, *, taken: Sequence[frozenset[str]] = ()
) -> list[Quote]:
    """Quotes that together come to at most `words` words: relevant, unlike each other and unlike
    `taken`, and spread over sources and passages (greedy maximal marginal relevance)."""
    chosen: list[Quote] = []
    pool = list(quotes[:200])
    left = words
    while pool:
        best, best_value = None, float("-inf")
        for quote in pool:
            nearest = max(
                (likeness(quote.stems, s) for s in [*taken, *(c.stems for c in chosen)]),
                default=0.0,
            )
            if nearest > 0.55:
                continue
            same_source = sum(c.passage.source_id == quote.passage.source_id for c in chosen)
            same_passage = sum(c.passage.id == quote.passage.id for c in chosen)
            value = quote.score - nearest - SAME_SOURCE * same_source - 0.5 * same_passage
            if value > best_value:
                best, best_value = quote, value
        if best is None:
            break
        pool.remove(best)
        if best.words <= left:
            chosen.append(best)
            left -= best.words
        if left < MIN_WORDS:
            break
    return chosen


CONTRIBUTION = re.compile(
    r"\b(?:we|this (?:paper|study|article|report|work|review|thesis))\s+(?:\w+\s+)?(?:propose|introduce|present|show|"
    r"examine|investigate|review|argue|report|develop|describe|study|explore|compare|find|assess|evaluate|analy[sz]e)s?\b",
    re.IGNORECASE,
)


TELLS = re.compile(
    rf"{CONTRIBUTION.pattern}|\b(?:we|our)\s+(?:\w+\s+)?(?:find|found|conclude|observe|demonstrate)\b"
    r"|\b(?:results?|findings|evidence|experiments?)\s+(?:show|suggest|indicate|demonstrate|confirm)",
    re.IGNORECASE,
)
"""A sentence in which a source says what it does or found."""


def contribution(openings: Sequence[Passage], topic: str) -> Quote | None:
    """The sentence of a source's opening that says what the source does; the introduction quotes
    it, so the body leaves it alone."""
    pool = candidates(openings, [topic])
    saying = [quote for quote in pool if CONTRIBUTION.search(quote.text)]
    return next(iter(saying or pool), None)
