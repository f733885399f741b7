"""The outline of a document: a model proposes it, or a rule fills the journey's template."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from autonomy.core.brief import Brief
from autonomy.core.csl import families, in_short
from autonomy.core.journey import Journey
from autonomy.core.phrases import sentence_case
from autonomy.core.types import Author, Reading, Source

MOST_ANNOTATIONS = 20
OF_SOURCES = (
    "in this paper we propose and introduce",
    "we find that our results show",
    "in conclusion, we have shown",
)
"""Searches for what sources say of themselves: what a question about them as such asks for."""


class OutlineSection(BaseModel):
    """One body section to be."""

    model_config = ConfigDict(frozen=True)

    heading: str
    purpose: str
    """For a rule-composed section its opening sentence; for a model what the section must do."""
    queries: tuple[str, ...]
    cues: tuple[str, ...] = ()
    """Words of headings that mark passages as fitting."""
    signals: tuple[str, ...] = ()
    """Beginnings of words of which a quoted sentence must have one; empty means any sentence."""
    share: float = 1.0
    focus: str = ""
    """What the person asked it to dwell on."""
    keep: bool = False
    """What is written under this heading already stays as it is."""
    source_ids: tuple[str, ...] = ()
    """Restrict the evidence to these sources; empty means all of the task's."""


class Outline(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: str
    sections: tuple[OutlineSection, ...]
    author: Author = Author.RULE
    rationale: str = ""
    simulated: bool = False
    """Made by a simulated model."""


def _fill(template: str, topic: str) -> str:
    return template.replace("{topic}", topic)


def short_author(source: Source) -> str:
    """Its authors as one speaks of them, else the name of the file, else the title."""
    return (
        in_short(families(source.csl)) or source.file_name or str(source.csl.get("title", "Source"))
    )


def rule_outline(journey: Journey, brief: Brief, sources: Sequence[Source]) -> Outline:
    """The journey's template filled with the topic: one section per source for annotated journeys,
    per aspect that the person named, otherwise the template's own sections."""
    if journey.annotations:
        return _annotations(journey, brief, sources)
    if brief.aspects:
        return _by_aspect(brief)
    if not journey.sections:
        return _answer(brief)
    return Outline(
        title=sentence_case(brief.topic),
        sections=tuple(
            OutlineSection(
                heading=part.heading,
                purpose=_fill(part.lead, brief.topic),
                queries=tuple(_fill(query, brief.topic) for query in part.queries),
                cues=part.cues,
                signals=part.signals,
                share=part.share,
            )
            for part in journey.sections
        ),
        rationale=f"The outline of the journey “{journey.title}”, filled with the topic.",
    )


def _annotations(journey: Journey, brief: Brief, sources: Sequence[Source]) -> Outline:
    template = journey.sections[0]
    readable = [source for source in sources if source.reading is not Reading.NOTHING]
    return Outline(
        title=sentence_case(f"{brief.topic}: an annotated bibliography"),
        sections=tuple(
            OutlineSection(
                heading=f"{short_author(source)}: {source.csl.get('title') or source.file_name}",
                purpose=_fill(template.lead, brief.topic),
                queries=tuple(_fill(query, brief.topic) for query in template.queries),
                share=template.share,
                source_ids=(source.id,),
            )
            for source in readable[:MOST_ANNOTATIONS]
        ),
        rationale="One annotation per source of the library.",
    )


def _by_aspect(brief: Brief) -> Outline:
    topic = brief.topic
    return Outline(
        title=sentence_case(topic),
        sections=tuple(
            OutlineSection(
                heading=sentence_case(aspect),
                purpose=f"On {aspect}, the sources have this to say.",
                queries=(f"{aspect} {topic}", aspect, f"{aspect} results evidence"),
            )
            for aspect in brief.aspects
        ),
        rationale="One section per aspect that was asked for.",
    )


def _answer(brief: Brief) -> Outline:
    queries = OF_SOURCES if brief.of_sources else (brief.topic,)
    return Outline(
        title=sentence_case(brief.topic) + ("?" if brief.question else ""),
        sections=(OutlineSection(heading="", purpose="", queries=queries),),
        rationale="One search, one answer.",
    )
