"""What a draft is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field

from autonomy.core.originality import ComparedKind


@dataclass(frozen=True, slots=True)
class ComparedText:
    """One text with all that a draft may cite it by."""

    id: str
    title: str
    kind: ComparedKind
    text: str
    markers: frozenset[str] = field(default_factory=frozenset)
    """Ids that `[[p:ID]]` and `[[n:ID]]` cite it by: those of its passages."""
    names: tuple[str, ...] = ()
    """Family names of its authors, as a plain citation such as “(Lee, 2020)” has them."""
    year: str = ""
