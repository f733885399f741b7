"""Which of the person's sources a flagged passage comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autonomy.agents.mending import shared
from autonomy.agents.remedies import Found
from autonomy.agents.units import Unit
from autonomy.core.markers import without_markers
from autonomy.core.originality import MatchKind
from autonomy.core.ports import Deps
from autonomy.core.types import Passage, Source
from autonomy.core.words import overlap, stems
from autonomy.export.document import Document

SAYS_IT = 0.6
"""Share of a passage's content words that a source's passage must have to be named for it."""
LOOKED_AT = 5


async def traced(unit: Unit, heading: str, document: Document, deps: Deps) -> Found:
    """The unit with the passage that has its wording; else with one that says the same; else with
    none."""
    plain = without_markers(unit.text)
    by_id = {passage.id: passage for passage in document.passages}
    cited = [by_id[marker] for marker in unit.markers if marker in by_id]
    named = next((flag.source_id for flag in unit.flags if flag.source_id), "")
    passage = _nearest(plain, cited)
    if passage is None and named:
        passage = _nearest(plain, await _search(plain, deps, [named]))
    if passage is None:
        passage = _nearest(plain, await _search(plain, deps, []))
    if passage is None:
        passage = cited[0] if cited else await _says_it(plain, named, unit, deps)
    source = await _source(passage, document, deps)
    earlier = "" if passage else _own_earlier(unit)
    return Found(unit, heading, passage, source, earlier)


def _nearest(plain: str, passages: Sequence[Passage]) -> Passage | None:
    """The passage with the longest wording in common."""
    runs = [(found.words, p) for p in passages if (found := shared(plain, p.text)) is not None]
    return max(runs, key=lambda run: run[0])[1] if runs else None


async def _search(plain: str, deps: Deps, source_ids: Sequence[str]) -> list[Passage]:
    return await deps.library.search(plain[:1_000], limit=LOOKED_AT, source_ids=source_ids)


async def _says_it(plain: str, named: str, unit: Unit, deps: Deps) -> Passage | None:
    """A passage that says the same in other words. The engine's own hint is taken at its word about
    the source; otherwise most of the content words must be there."""
    passages = await _search(plain, deps, [named] if named else [])
    wanted = stems(plain)
    if named and unit.flag.kind is MatchKind.PARAPHRASE:
        return passages[0] if passages else None
    near = [(overlap(wanted, stems(p.text)), p) for p in passages]
    best = max(near, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] >= SAYS_IT else None


async def _source(passage: Passage | None, document: Document, deps: Deps) -> Source | None:
    if passage is None:
        return None
    known: Mapping[str, Source] = {source.id: source for source in document.sources}
    if passage.source_id in known:
        return known[passage.source_id]
    found = await deps.library.sources([passage.source_id])
    return found[0] if found else None


def _own_earlier(unit: Unit) -> str:
    """Title of the person's earlier document that the engine found the words in."""
    of_engine = [f for f in unit.flags if f.told_by == "engine" and not f.source_id]
    return next((flag.source_title for flag in of_engine if flag.source_title), "")
