"""How far a run may look for evidence, and whether it has to look outside before it plans."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autonomy.agents.tool_choice import fitting_tools
from autonomy.core.brief import Brief
from autonomy.core.phrases import counted
from autonomy.core.ports import Deps
from autonomy.core.types import Source, SourceOrigin
from autonomy.tools.evidence import speaks_to
from autonomy.tools.learnt.run_tools import LEARNING
from autonomy.tools.literature import SCHOLARLY, WEB

WORDS_PER_SOURCE = 500
"""A document of so many words wants one source more."""
NEAREST = 60
"""Passages among which the sources that speak to a topic are looked for."""
MOST_OWN = 25
"""Sources of the person's library that one document is planned from when none are attached."""

_OWN = (SourceOrigin.UPLOAD, SourceOrigin.IMPORT)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where this run may look besides the attached files."""

    scholarly: bool = False
    web: bool = False
    tools: bool = False
    """Learnt tools that find works on the topic, or a catalogue to learn such from."""
    library: bool = True
    """The person's own library, where no files are attached or those fall short."""

    @property
    def outside(self) -> bool:
        return self.scholarly or self.web or self.tools


def reach_of(deps: Deps, brief: Brief) -> Reach:
    """What the person's choice and words, and this server, allow."""
    choice = deps.task.settings.search
    if choice == "files" or brief.only_attached or brief.only_own or deps.shelf is None:
        return Reach(library=not brief.only_attached)
    there = set(deps.tools.names())  # staff may have switched some off
    return Reach(
        scholarly=deps.scholar is not None and there >= SCHOLARLY,
        web=deps.web is not None and choice in ("auto", "everything") and there >= WEB,
        tools=may_use_tools(deps, brief)
        and there >= LEARNING
        and fitting_tools(deps, brief.topic).any,
        library=choice != "scholarly",
    )


def may_use_tools(deps: Deps, brief: Brief) -> bool:
    """Whether the person's choice and words let this run call tools that were learnt."""
    only_theirs = brief.only_attached or brief.only_own
    return not only_theirs and deps.task.settings.search in ("auto", "everything")


async def on_topic(deps: Deps, topic: str, *, own_only: bool = False) -> list[Source]:
    """The library's sources that speak to `topic`, nearest first."""
    near = await deps.library.search(topic, limit=NEAREST)
    ids = list(dict.fromkeys(p.source_id for p in near))[:MOST_OWN]
    if not ids:
        return []
    fitting: list[Source] = []
    found = {s.id: s for s in await deps.library.sources(ids)}
    for source_id in ids:
        source = found.get(source_id)
        if source is None or source.retracted or (own_only and source.origin not in _OWN):
            continue
        passages = [p for p in near if p.source_id == source_id]
        if await speaks_to(deps.library, topic, passages, [source_id]):
            fitting.append(source)
    return fitting


async def why_outside(deps: Deps, brief: Brief, reach: Reach, known: Sequence[Source]) -> str:
    """Why sources have to be looked for before anything is planned, as a sentence for people;
    empty when the plan can be made from what there is.

    Args:
        known: what can be cited already: the attached files, or the whole library.
    """
    attached = bool(deps.task.source_ids)
    if not reach.outside or not brief.named or brief.of_sources:
        return ""
    choice = deps.task.settings.search
    if choice in ("scholarly", "everything"):
        return "You asked for sources from outside."
    if brief.asks_literature:
        return "You asked for literature to be searched."
    if not known:
        return "There are no files to work from."
    if attached:
        return ""  # The critic says where they fall short.
    fitting = await on_topic(deps, brief.topic)
    if not fitting:
        return f"Your library holds nothing on “{brief.topic}”."
    if not deps.journey.survey:
        return ""
    wanted = wanted_sources(deps, brief)
    if len(fitting) < wanted:
        return (
            f"Your library has {counted(len(fitting), 'source')} on this; a document of this "
            f"length wants {wanted}."
        )
    return ""


def wanted_sources(deps: Deps, brief: Brief) -> int:
    """Sources that the document should rest on."""
    words = brief.length_words or deps.journey.default_words
    return max(deps.journey.gates.minimum_sources or 1, math.ceil(words / WORDS_PER_SOURCE))


def kept_wanted(deps: Deps, brief: Brief) -> int:
    """Sources that one round keeps: more than the document will cite, so that it can choose."""
    words = brief.length_words or deps.journey.default_words
    return min(deps.search.kept, max(4, math.ceil(words / 130)))
