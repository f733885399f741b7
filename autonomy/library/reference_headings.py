"""The heading over a list of references, in the languages that theses are written in."""

from __future__ import annotations

import re

NUMBER = r"(?:(?:\d+|[A-Z]|[IVX]+)(?:\.\d+)*[.:)]?\s+)"
"""What numbers a heading."""
_NAMES = """
    references?|reference list|list of references|bibliography|works cited|works consulted
    |literature cited|cited literature|sources cited|further reading
    |literatur(?:verzeichnis)?|quellen(?:verzeichnis)?|bibliographie
    |références(?: bibliographiques)?|referencias(?: bibliográficas)?|bibliografía|bibliografia
    |referências(?: bibliográficas)?|riferimenti bibliografici|literatuurlijst
    |参考文献|参考资料|參考文獻|المراجع|מקורות|ביבליוגרפיה|список литературы|литература
""".strip().replace("\n    ", "")
_LONGEST = 80
_CERTAIN = re.compile(rf"[*_#\s]*{NUMBER}?(?:{_NAMES})(?: and notes)?\W*$", re.IGNORECASE)
_LIKELY = re.compile(r"[*_#\s]*(?:literature|sources)\W*$", re.IGNORECASE)


def is_references_heading(text: str) -> bool:
    """Whether a list of references begins under it.

    >>> is_references_heading("**6. Works cited:**"), is_references_heading("Sources")
    (True, False)
    """
    return len(text) <= _LONGEST and _CERTAIN.match(text) is not None


def is_like_references_heading(text: str) -> bool:
    """The same of names that a chapter may have too: for where it does less harm to take a chapter
    for a list than a list for a chapter. A number tells a chapter.

    >>> is_like_references_heading("Sources:"), is_like_references_heading("2 Sources")
    (True, False)
    """
    return is_references_heading(text) or (
        len(text) <= _LONGEST and _LIKELY.match(text) is not None
    )
