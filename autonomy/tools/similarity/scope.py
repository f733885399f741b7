"""Sentences in which a document says what it does itself: "This essay examines …".

They make no claim that a source could bear out, and whoever treats the same subject says them much
alike. Saying one otherwise, or naming a source for it, would mend nothing.
"""

from __future__ import annotations

import re

_ITSELF = (
    r"(?:article|chapter|dissertation|document|essay|paper|part|report|review|section|study|survey|"
    r"thesis|work)"
)
_DOES = (
    r"(?:address|aim|analy[sz]e|ask|assess|begin|compare|concern|consider|cover|deal|describe|"
    r"discuss|evaluate|examine|explore|focus|introduce|investigate|look|outline|review|seek|set|"
    r"start|summari[sz]e|survey|synthesi[sz]e|treat|turn)(?:s|es)?"
)
_SCOPE = re.compile(
    rf"(?:In this {_ITSELF},? (?:I|we)|(?:This|The present) {_ITSELF}) "
    rf"(?:will )?(?:first |then |therefore |also )?(?:{_DOES}|is about) ",
    re.IGNORECASE,
)
_MORE = re.compile(r"\d|\b(?:that|because|since)\b", re.IGNORECASE)
"""What a mere statement of scope has none of: figures, and what is so or why."""


def says_scope(sentence: str) -> bool:
    """Whether the sentence only says what the document that it stands in does."""
    plain = " ".join(sentence.split())
    return bool(_SCOPE.match(plain)) and not _MORE.search(plain)
