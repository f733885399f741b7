"""Claim against passage: what can be said of each citation before a document is delivered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from autonomy.core.types import Author, CitationCheck, CitationVerdict, Passage
from autonomy.core.words import overlap, stems

CLOSE_RATIO = 70.0
"""rapidfuzz token-set ratio, 0 to 100, from which a claim counts as closely matching."""
CLOSE_OVERLAP = 0.5
"""Share of the claim's content words that the passage must have besides."""

MENTION_WORDS = 3
"""Fewer content words than this make no claim: a row of the table of sources, "see also"."""

FRAME_WORDS = 10
"""Up to this many content words around a quotation only introduce it (who says so, and where)."""

_SAME = str.maketrans("’‘–—", "''--", "\u00ad")
_QUOTED = re.compile(r"[“\"]([^“”\"]{12,})[”\"]")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])")


def normal(text: str) -> str:
    """Text as it is compared: NFKC, one kind of quote, dash and space, lower case."""
    text = unicodedata.normalize("NFKC", text)
    text = text.translate(_SAME)
    return " ".join(text.split()).lower()


def quoted_spans(claim: str) -> list[str]:
    """What the claim puts between quotation marks, without a final stop."""
    return [match[1].strip().rstrip(".,;") for match in _QUOTED.finditer(claim)]


def numbers(text: str) -> set[str]:
    return {match.group().replace(",", "") for match in _NUMBER.finditer(text)}


def check_claim(claim: str, passage: Passage) -> tuple[CitationVerdict, str]:
    """The rule verdict: quoted verbatim, closely matching, or not found in the passage.

    Likeness of words says nothing of meaning, so this never says `supported`.
    """
    if len(stems(claim)) < MENTION_WORDS:
        return CitationVerdict.CLOSE, "names the source without a claim about its content"
    have = normal(passage.text)
    spans = quoted_spans(claim)
    if spans:
        missing = _invented(spans, passage)
        if missing:
            return CitationVerdict.UNSUPPORTED, f"not in the passage: “{missing[0][:120]}”"
    # What stands around a quotation is held to its numbers too.
    strange = numbers(_around(claim)) - numbers(passage.text)
    if strange:
        return (
            CitationVerdict.UNSUPPORTED,
            f"the passage does not have the number {sorted(strange)[0]}",
        )
    if spans:
        return CitationVerdict.QUOTED, "every quoted span stands on the cited page"
    ratio = fuzz.token_set_ratio(normal(claim), have)
    shared = overlap(stems(claim), stems(passage.text))
    if ratio >= CLOSE_RATIO and shared >= CLOSE_OVERLAP:
        return (
            CitationVerdict.CLOSE,
            f"{shared:.0%} of the claim's content words stand in the passage",
        )
    return (
        CitationVerdict.UNSUPPORTED,
        f"only {shared:.0%} of the claim's content words stand in the passage",
    )


def _around(claim: str) -> str:
    return _QUOTED.sub(" ", claim)


def _invented(spans: Sequence[str], passage: Passage) -> list[str]:
    """The spans that do not stand verbatim in the passage."""
    have = normal(passage.text)
    return [span for span in spans if normal(span) not in have]


def judgeable(claim: str, passage: Passage) -> bool:
    """Whether a model may say more of the claim than the rule did.

    A mention has nothing to judge, and whether a quotation is verbatim is a fact that no opinion
    changes; but a claim made around a true quotation wants judging like any other.
    """
    if len(stems(claim)) < MENTION_WORDS:
        return False
    spans = quoted_spans(claim)
    if _invented(spans, passage):
        return False
    return not spans or len(stems(_around(claim))) > FRAME_WORDS


def check_citations(
    claims: Sequence[tuple[int, str, str]], passages: Mapping[str, Passage]
) -> list[CitationCheck]:
    """Rule verdicts for (marker, passage id, claim) triples, in their order."""
    checks = []
    for marker, passage_id, claim in claims:
        passage = passages[passage_id]
        verdict, reason = check_claim(claim, passage)
        checks.append(
            CitationCheck(
                marker=marker,
                claim=claim,
                passage_id=passage_id,
                source_id=passage.source_id,
                page=passage.page,
                verdict=verdict,
                author=Author.RULE,
                reason=reason,
            )
        )
    return checks


def unquoted_overlap(text: str, passages: Sequence[Passage], *, run: int = 8) -> float:
    """Share of `text`'s words that stand in runs of `run` or more words copied from a passage
    outside quotation marks, 0 to 1."""
    bare = _QUOTED.sub(" ¦ ", text)
    words = re.findall(r"[^\W_]+|¦", normal(bare))
    if not words:
        return 0.0
    shingles: set[tuple[str, ...]] = set()
    for passage in passages:
        source = re.findall(r"[^\W_]+", normal(passage.text))
        shingles.update(tuple(source[i : i + run]) for i in range(len(source) - run + 1))
    copied = [False] * len(words)
    for i in range(len(words) - run + 1):
        if tuple(words[i : i + run]) in shingles:
            copied[i : i + run] = [True] * run
    return sum(copied) / len(words)
