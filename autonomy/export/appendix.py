"""The appendix "Citation checks": what stayed in doubt about a document's citations and works.

It is made when a document is exported, from what is known by then, and is no part of the stored
document: a reference that was mended since is not held against it any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from autonomy.export import nodes
from autonomy.export.pandoc import Node

HEADING = "Citation checks"
_INTRODUCTION = (
    "Every citation of this document was held against the passage it cites, and every cited work "
    "against scholarly registries where those could be asked. What is listed here wants a look "
    "before you rely on it; what is not listed raised no doubt."
)
_CELL_CHARS = 400


class FlaggedClaim(BaseModel):
    model_config = ConfigDict(frozen=True)

    claim: str
    source: str
    """Authors and year, or title."""
    page: int | None = None
    verdict: str
    """In words for people."""
    reason: str = ""


class FlaggedReference(BaseModel):
    model_config = ConfigDict(frozen=True)

    work: str
    verdict: str
    reason: str = ""


class TakenOut(BaseModel):
    model_config = ConfigDict(frozen=True)

    text: str
    reason: str = ""


class Appendix(BaseModel):
    """What the appendix lists; empty lists have no table."""

    model_config = ConfigDict(frozen=True)

    claims: tuple[FlaggedClaim, ...] = ()
    references: tuple[FlaggedReference, ...] = ()
    removed: tuple[TakenOut, ...] = ()
    originality: str = ""
    """What of the target of similarity was not reached; empty where it was, or none was set."""

    @property
    def empty(self) -> bool:
        return not (self.claims or self.references or self.removed or self.originality)


def appendix_blocks(appendix: Appendix | None) -> list[Node]:
    """Heading at level 1 and tables; nothing where nothing is flagged."""
    if appendix is None or appendix.empty:
        return []
    blocks = [nodes.header(1, nodes.text(HEADING), nodes.attr("citation-checks", ["unnumbered"]))]
    if appendix.claims or appendix.references or appendix.removed:
        blocks.append(nodes.para(nodes.text(_INTRODUCTION)))
    if appendix.originality:
        blocks.append(nodes.para(nodes.text(appendix.originality)))
    if appendix.claims:
        rows = [
            (c.claim, c.source, "" if c.page is None else str(c.page), c.verdict, c.reason)
            for c in appendix.claims
        ]
        blocks += _table("Claims", ("Claim", "Source", "Page", "Verdict", "Reason"), rows)
    if appendix.references:
        found = [(r.work, r.verdict, r.reason) for r in appendix.references]
        blocks += _table("Works", ("Work", "Verdict", "Reason"), found)
    if appendix.removed:
        gone = [(r.text, r.reason) for r in appendix.removed]
        blocks += _table("Taken out of the text", ("Sentence", "Reason"), gone)
    return blocks


def _table(title: str, head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[Node]:
    widths = {"Page": "right"}
    cells = [[nodes.text(_cell(value)) for value in row] for row in rows]
    return [
        nodes.header(2, nodes.text(title), nodes.attr(classes=["unnumbered"])),
        nodes.table([widths.get(h, "left") for h in head], [nodes.text(h) for h in head], cells),
    ]


def _cell(value: str) -> str:
    value = " ".join(value.split())
    return value if len(value) <= _CELL_CHARS else f"{value[: _CELL_CHARS - 1].rstrip()}…"
