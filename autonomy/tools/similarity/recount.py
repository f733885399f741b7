"""What of the matches counts, under settings that a person may change at will."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from autonomy.core.originality import Match, MatchGroup, MatchKind, Similarity, TextLikeness
from autonomy.tools.similarity.settings import SimilaritySettings

QUOTED_AND_CITED = "quoted_and_cited"
BIBLIOGRAPHY = "bibliography"
COMMON_PHRASE = "common_phrase"
SMALL_MATCH = "small_match"
GROUP = "group"
TEXT = "text"

_BETWEEN = 3
"""Characters that may stand between two words."""


def recounted(similarity: Similarity, settings: SimilaritySettings) -> Similarity:
    """The same matches, counted anew: words of a text that is left out match the others that have
    them. Nothing is compared, so it takes no time; what is left out is not in the result, so that
    to count it again takes the matches as they were."""
    matches = [
        match.model_copy(update={"excluded": _exclusion(match, settings)})
        for match in _standing(similarity.matches, settings.exclude_texts)
        if match.kind is not MatchKind.PARAPHRASE or settings.paraphrases
    ]
    excluded: Counter[str] = Counter()
    groups: Counter[MatchGroup] = Counter()
    by_text: Counter[str] = Counter()
    near: Counter[str] = Counter()
    for match in matches:
        if match.kind is MatchKind.PARAPHRASE:
            near[match.text_id] += not match.excluded
        elif match.excluded:
            excluded[match.excluded] += match.words
        else:
            groups[match.group] += match.words
            by_text[match.text_id] += match.words
    listed = similarity.bibliography_words if settings.exclude_bibliography else 0
    excluded[BIBLIOGRAPHY] = listed
    counted = similarity.words - listed - excluded[QUOTED_AND_CITED]
    matched = groups.total()
    texts = (
        text.model_copy(
            update={
                "words": by_text[text.text_id],
                "percent": _percent(by_text[text.text_id], counted),
                "paraphrases": near[text.text_id],
            }
        )
        for text in (*similarity.texts, *similarity.others)
    )
    ordered = [
        text if text.number else text.model_copy(update={"number": number})
        for number, text in enumerate(sorted(texts, key=_most), 1)
    ]
    named = {match.text_id for match in (*matches, *similarity.matches)}
    return similarity.model_copy(
        update={
            "percent": _percent(matched, counted),
            "matched_words": matched,
            "counted_words": counted,
            "excluded_words": {name: words for name, words in excluded.items() if words},
            "groups": dict(groups),
            "texts": tuple(text for text in ordered if text.text_id in named),
            "others": tuple(text for text in ordered if text.text_id not in named),
            "matches": tuple(matches),
        }
    )


def _most(text: TextLikeness) -> tuple[int, int]:
    return -text.words, -text.paraphrases


def _standing(matches: Iterable[Match], without: frozenset[str]) -> list[Match]:
    """The matches with the next best in place of those of texts that are left out."""
    found: list[Match] = []
    for match in matches:
        if match.text_id in without and match.instead:
            for one in _standing(match.instead, without):
                _append(found, one)
        elif without:
            _append(found, match)
        else:
            found.append(match)
    return found


def _append(found: list[Match], match: Match) -> None:
    """Add `match`, as one with the last where both are a stretch of one text that another cut."""
    last = found[-1] if found else None
    if (
        last is None
        or MatchKind.PARAPHRASE in (last.kind, match.kind)
        or (last.text_id, last.group) != (match.text_id, match.group)
        or (BIBLIOGRAPHY in last.reasons) != (BIBLIOGRAPHY in match.reasons)
        or not 0 <= match.start - last.end <= _BETWEEN
        or not 0 <= match.text_start - last.text_end <= _BETWEEN
    ):
        found.append(match)
        return
    words = last.words + match.words
    verbatim = last.kind is match.kind is MatchKind.VERBATIM
    found[-1] = last.model_copy(
        update={
            "end": match.end,
            "text_end": match.text_end,
            "kind": MatchKind.VERBATIM if verbatim else MatchKind.LIGHT,
            "words": words,
            "size": last.size + match.size,
            # A phrase that goes on is no phrase.
            "reasons": tuple(one for one in last.reasons if one in match.reasons),
            "score": (last.score * last.words + match.score * match.words) / max(1, words),
            "instead": (),
        }
    )


def _exclusion(match: Match, settings: SimilaritySettings) -> str:
    if match.kind is MatchKind.PARAPHRASE:
        return TEXT if match.text_id in settings.exclude_texts else ""
    if settings.exclude_bibliography and BIBLIOGRAPHY in match.reasons:
        return BIBLIOGRAPHY
    if settings.exclude_quoted_and_cited and match.group is MatchGroup.CITED_AND_QUOTED:
        return QUOTED_AND_CITED
    if settings.exclude_common_phrases and COMMON_PHRASE in match.reasons:
        return COMMON_PHRASE
    if match.group in settings.exclude_groups:
        return GROUP
    if match.text_id in settings.exclude_texts:
        return TEXT
    return SMALL_MATCH if match.size < settings.small_match_words else ""


def _percent(words: int, of: int) -> float:
    return round(100 * words / of, 2) if of else 0.0
