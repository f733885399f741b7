"""What a comparison looks for and what it leaves out."""

from __future__ import annotations

from pydantic import Field

from autonomy.core.originality import MatchGroup
from autonomy.core.value import Value

KGRAM_WORDS = 4
"""Length of what is fingerprinted: shorter runs in common are noise and never begin a match."""
WINDOW_KGRAMS = 3
"""Of so many neighbouring k-grams one is kept at least."""
GUARANTEED_WORDS = WINDOW_KGRAMS + KGRAM_WORDS - 1
"""Every run of so many words in common is found, whatever stands around it."""


ENGINE = "3"
"""Version: raise it when the same texts would be judged otherwise, and what was kept is not used
any more."""


class SimilaritySettings(Value):
    """What a person may choose. Nothing here changes what is found, only what counts: see
    `recounted`. Looking for paraphrases is the costly part."""

    exclude_quoted_and_cited: bool = True
    """Words between quotation marks (or set off as a block) that cite the very text."""
    exclude_bibliography: bool = True
    """Everything under a heading such as “References”, to the next heading of its rank."""
    exclude_common_phrases: bool = True
    """Short matches that are everybody's phrase: a stock phrase, or found in several works."""
    small_match_words: int = Field(default=8, ge=0, le=100)
    """Matches of fewer words are left out; 0 leaves out none. Signs of scripts without spaces
    between words count half."""
    paraphrases: bool = True
    """Look for what says the same otherwise, where there is an encoder."""
    exclude_groups: frozenset[MatchGroup] = frozenset()
    exclude_texts: frozenset[str] = frozenset()
    """Ids of texts whose matches are left out. Their words are matched against the other texts."""


DEFAULT = SimilaritySettings()
