from __future__ import annotations

import pytest

from autonomy.core.types import Passage
from autonomy.tools.evidence import speaks_to


class Nearness:
    """A library that knows only how near its nearest passage is."""

    def __init__(self, cosine: float) -> None:
        self._cosine = cosine

    async def relevance(self, query: str, *, source_ids: object = ()) -> float:
        return self._cosine


PASSAGE = Passage(
    id="p", source_id="s", text="The agent expands a retrieval query in the next practice round."
)


@pytest.mark.parametrize(
    ("topic", "cosine", "speaks"),
    [
        ("retrieval agents and queries", 0.1, True),  # most of its words in one passage
        ("retrieval agents for nurses and midwives", 0.45, True),  # some words, and near
        ("retrieval agents for nurses and midwives", 0.2, False),  # some words, and far
        ("distributed practice and spaced retrieval in higher education", 0.49, False),
        ("finding papers by computer", 0.65, True),  # other words for the same thing
    ],
)
async def test_sources_speak_to_a_topic_by_its_words_by_meaning_or_by_some_of_both(
    topic: str, cosine: float, speaks: bool
) -> None:
    assert await speaks_to(Nearness(cosine), topic, [PASSAGE], ()) is speaks  # type: ignore[arg-type]
