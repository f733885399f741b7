"""How long a document was asked to be."""

from __future__ import annotations

from autonomy.core.brief import read_brief
from autonomy.core.ports import Deps


def asked_words(deps: Deps) -> int | None:
    """Words that the person asked for, or else the journey's own; None leaves the length open."""
    brief = read_brief(deps.task)
    return brief.length_words or (deps.journey.default_words if deps.journey.survey else None)


def fewest_words(deps: Deps) -> int:
    """Words below which the length is not met; 0 where it is open."""
    asked, tolerance = asked_words(deps), deps.journey.gates.length_tolerance
    return 0 if not asked or tolerance is None else round(asked * (1 - tolerance))


def most_words(deps: Deps) -> int:
    """Words above which the length is not met; 0 where it is open."""
    asked, tolerance = asked_words(deps), deps.journey.gates.length_tolerance
    return 0 if not asked or tolerance is None else round(asked * (1 + tolerance))
