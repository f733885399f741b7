"""What of the matches counts, under settings that a person may change at will."""

from __future__ import annotations

from collections import Counter

from autonomy.core.originality import Match, MatchGroup, MatchKind, Similarity, TextLikeness
from autonomy.tools.similarity.settings import SimilaritySettings

QUOTED_AND_CITED = "quoted_and_cited"
BIBLIOGRAPHY = "bibliography"
COMMON_PHRASE = "common_phrase"
SMALL_MATCH = "small_match"
GROUP = "group"
TEXT = "text"


def recounted(similarity: Similarity, settings: SimilaritySettings) -> Similarity:
    """The same matches, counted anew. Nothing is compared, so it takes no time."""
    matches = [
        match.model_copy(update={"excluded": _exclusion(match, settings)})
        for match in similarity.matches
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
        for text in similarity.texts
    )
    ordered = sorted(texts, key=_most)
    return similarity.model_copy(
        update={
            "percent": _percent(matched, counted),
            "matched_words": matched,
            "counted_words": counted,
            "excluded_words": {name: words for name, words in excluded.items() if words},
            "groups": dict(groups),
            "texts": tuple(
                text if text.number else text.model_copy(update={"number": number})
                for number, text in enumerate(ordered, 1)
            ),
            "matches": tuple(matches),
        }
    )


def _most(text: TextLikeness) -> tuple[int, int]:
    return -text.words, -text.paraphrases


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
