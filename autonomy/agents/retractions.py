"""Retracted works: not to be cited as if they stood."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from autonomy.core.types import CitationCheck, ReferenceCheck, Source

SAYS_SO = re.compile(r"\bretract|\bwithdr(?:awn|ew)\b", re.IGNORECASE)


def retracted_ids(sources: Sequence[Source], references: Sequence[ReferenceCheck]) -> set[str]:
    """Sources that are known to be retracted, from the library or from this check."""
    asked = {r.source_id: r for r in references if r.verdict is not None}
    return {s.id for s in sources if (asked[s.id].retracted if s.id in asked else s.retracted)}


def undeclared(checks: Sequence[CitationCheck], retracted: Collection[str]) -> Mapping[int, str]:
    """Markers that cite a retracted work although the text nowhere says of it that it is."""
    said = {c.source_id for c in checks if SAYS_SO.search(c.claim)}
    return {
        c.marker: "the source has been retracted"
        for c in checks
        if c.source_id in retracted and c.source_id not in said
    }
