"""How much of a document stands in the passages it cites without quotation marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from autonomy.core.originality import ComparedKind, MatchGroup
from autonomy.core.types import Passage
from autonomy.tools.similarity.compare import compare
from autonomy.tools.similarity.settings import SimilaritySettings
from autonomy.tools.similarity.texts import ComparedText

_UNQUOTED = (MatchGroup.NOT_CITED_OR_QUOTED, MatchGroup.MISSING_QUOTATION)
_SETTINGS = SimilaritySettings(exclude_quoted_and_cited=False, paraphrases=False)


def unquoted_share(text: str, passages: Sequence[Passage]) -> float:
    """Share of `text`'s words, 0 to 1, in matches with the passages that are not between quotation
    marks, cited or not; word for word or lightly edited."""
    by_source: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_source[passage.source_id].append(passage)
    texts = [
        ComparedText(
            source_id,
            source_id,
            ComparedKind.RUN_SOURCE,
            "\n\n".join(each.text for each in mine),
            frozenset(each.id for each in mine),
        )
        for source_id, mine in by_source.items()
    ]
    found = compare(text, texts, _SETTINGS)
    words = sum(found.groups.get(group, 0) for group in _UNQUOTED)
    return words / found.counted_words if found.counted_words else 0.0
