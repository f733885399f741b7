"""What each block is for: evidence, abstract, references or front matter; told by its section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from autonomy.library.paging import RawBlock
from autonomy.library.parsed import BlockKind
from autonomy.library.reference_headings import NUMBER, is_references_heading

_ABSTRACT = re.compile(
    rf"^{NUMBER}?(?:abstract|summary|zusammenfassung|résumé|resumen|摘要)\W*$", re.I
)
_RUN_IN_ABSTRACT = re.compile(r"^(?:abstract|a b s t r a c t|summary)\s*[.:—–-]\s*\S", re.I)
_ASIDE = re.compile(
    rf"^{NUMBER}?(?:acknowledge?ments?|funding(?: information)?|author contributions?|"
    r"(?:conflicts?|declaration) of (?:competing )?interests?|competing interests?|"
    r"ethics (?:statement|approval)|data availability(?: statement)?|about the authors?|"
    r"supplementary (?:material|information)|danksagung|remerciements)\W*$",
    re.I,
)
_RUN_IN_ASIDE = re.compile(r"^acknowledge?ments?\s*[.:—–-]?\s+[A-Z]", re.I)
_NOTICE = re.compile(
    r"permission (?:to|is)|hereby grants?|all rights reserved|©|\(c\) ?(?:19|20)\d\d|"
    r"creative commons|cc[ -]by|licen[sc]ed under|open access article|copyright|"
    r"this (?:work|article|paper) is (?:licen[sc]ed|distributed)|personal or classroom use|"
    r"downloaded from|for personal use only|proper attribution",
    re.I,
)
_CONTACT = re.compile(r"[\w.+{},-]+@[\w-]+\.[\w.]+|orcid\.org|correspond(?:ing author|ence)", re.I)
_WORK_NOTE = re.compile(
    r"^\W*(?:equal contribution|work (?:done|performed)|corresponding author|listing order|"
    r"these authors|both authors|received:?|accepted:?|published|preprint)",
    re.I,
)
_ENTRY = re.compile(r"^(?:\[\d+\]|\d{1,3}\.)\s+\S|\b(?:19|20)\d\d[a-z]?\b")
_BODY_LIKE = (BlockKind.BODY, BlockKind.NOTE)


def classify(blocks: Sequence[RawBlock], front_end: int = 0) -> list[RawBlock]:
    """`blocks` with their kinds settled. The first `front_end` blocks precede the text proper."""
    return Sections().settle(blocks, front_end)


class Sections:
    """Follows the sections of a document whose blocks come in batches.

    References last until a heading that is no part of a list; so do acknowledgements. Prose of
    the front that is no notice is the abstract, as in journals that do not label it.
    """

    def __init__(self) -> None:
        self._section = BlockKind.BODY
        self._last: RawBlock | None = None

    def settle(self, blocks: Sequence[RawBlock], front_end: int = 0) -> list[RawBlock]:
        """The next `blocks` with their kinds settled; `front_end` as for `classify`."""
        settled: list[RawBlock] = []
        for index, given in enumerate(blocks):
            self._last = self._settled(given, index < front_end)
            settled.append(self._last)
        return settled

    def _settled(self, block: RawBlock, in_front: bool) -> RawBlock:
        if block.kind is BlockKind.HEADING and not in_front:
            opened = _section_of(block.text)
            if (
                self._section is BlockKind.REFERENCES
                and opened is None
                and _ENTRY.search(block.text)
            ):
                return replace(block, kind=BlockKind.REFERENCES, level=0)
            self._section = opened or BlockKind.BODY
            return block
        after_heading = self._last is not None and self._last.kind is BlockKind.HEADING
        if block.kind is BlockKind.NOTE and after_heading:
            # Abstracts and quotations are set small too; a note never opens a section.
            block = replace(block, kind=BlockKind.BODY)
        return replace(block, kind=_kind(block, self._section, in_front), level=0)


def is_notice(text: str) -> bool:
    """Whether a short block is about rights, not about the subject."""
    return len(text) < 1_200 and bool(_NOTICE.search(text)) and len(text.split()) < 160


def is_section_word(text: str) -> bool:
    """Whether a line is a heading by its wording alone (Abstract, References, …)."""
    return _section_of(text) is not None


def is_abstract_heading(text: str) -> bool:
    return bool(_ABSTRACT.match(text) or _RUN_IN_ABSTRACT.match(text))


def _section_of(text: str) -> BlockKind | None:
    text = text.strip()
    if is_references_heading(text):
        return BlockKind.REFERENCES
    if _ABSTRACT.match(text):
        return BlockKind.ABSTRACT
    if _ASIDE.match(text):
        return BlockKind.FRONT
    return None


def _kind(block: RawBlock, section: BlockKind, in_front: bool) -> BlockKind:
    text, words = block.text, len(block.text.split())
    if _RUN_IN_ABSTRACT.match(text) and words > 20:
        return BlockKind.ABSTRACT
    if in_front and block.kind is not BlockKind.CAPTION:
        prose = words >= 40 and text.count(". ") >= 1 and not is_notice(text)
        return BlockKind.ABSTRACT if prose else BlockKind.FRONT
    if block.kind not in _BODY_LIKE:
        return section if section is BlockKind.REFERENCES else block.kind
    if section in (BlockKind.REFERENCES, BlockKind.FRONT):
        return section
    if _RUN_IN_ASIDE.match(text) or _WORK_NOTE.match(text):
        return BlockKind.FRONT
    contact = len(_CONTACT.findall(text))
    if contact and words < 25 * contact:
        return BlockKind.FRONT
    if words < 60 and is_notice(text):
        return BlockKind.FRONT
    in_abstract = section is BlockKind.ABSTRACT and block.kind is BlockKind.BODY
    return section if in_abstract else block.kind
