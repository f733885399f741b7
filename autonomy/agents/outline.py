"""The outline of a document, and the plan of steps that writes it.

Both planner paths end here: a model proposes the outline, or a rule fills the journey's template;
the steps that carry it out are the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from autonomy.agents.data_plan import NOT_COMPUTED, code_steps, data_words, results_steps
from autonomy.agents.tool_calls import brought
from autonomy.core.brief import Brief
from autonomy.core.csl import families, in_short
from autonomy.core.journey import Journey
from autonomy.core.types import Author, Plan, Reading, Source, Step, StepKind

INTRODUCTION_SHARE = 0.13
CONCLUSION_SHARE = 0.08
"""Of the document's words."""

PASSAGES_PER_QUERY = 10
MOST_PER_QUERY = 60
"""What the search tool gives at most."""
PER_SOURCE = 3
"""Passages that a search takes from each source besides the best of all."""
MOST_BALANCED = 8
"""With more sources than this, the best passages alone are spread widely enough."""
OF_SOURCES = (
    "in this paper we propose and introduce",
    "we find that our results show",
    "in conclusion, we have shown",
)
"""Searches for what sources say of themselves: what a question about them as such asks for."""
BEGIN = "introduction"
END = "conclusion"


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


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fill(template: str, topic: str) -> str:
    return template.replace("{topic}", topic)


def short_author(source: Source) -> str:
    """Its authors as one speaks of them, else the name of the file, else the title."""
    return (
        in_short(families(source.csl)) or source.file_name or str(source.csl.get("title", "Source"))
    )


def rule_outline(journey: Journey, brief: Brief, sources: Sequence[Source]) -> Outline:
    """The journey's template filled with the topic: one section per aspect that the person named,
    per source for annotated journeys, otherwise the template's own sections."""
    topic = brief.topic
    asked = brief.question
    if journey.annotations:
        template = journey.sections[0]
        sections = tuple(
            OutlineSection(
                heading=f"{short_author(source)}: {source.csl.get('title') or source.file_name}",
                purpose=_fill(template.lead, topic),
                queries=tuple(_fill(q, topic) for q in template.queries),
                share=template.share,
                source_ids=(source.id,),
            )
            for source in [s for s in sources if s.reading is not Reading.NOTHING][:20]
        )
        return Outline(
            title=sentence_case(f"{topic}: an annotated bibliography"),
            sections=sections,
            rationale="One annotation per source of the library.",
        )
    if brief.aspects:
        sections = tuple(
            OutlineSection(
                heading=sentence_case(aspect),
                purpose=f"On {aspect}, the sources have this to say.",
                queries=(f"{aspect} {topic}", aspect, f"{aspect} results evidence"),
            )
            for aspect in brief.aspects
        )
        return Outline(
            title=sentence_case(topic),
            sections=sections,
            rationale="One section per aspect that was asked for.",
        )
    if not journey.sections:
        section = OutlineSection(
            heading="", purpose="", queries=OF_SOURCES if brief.of_sources else (topic,)
        )
        mark = "?" if asked else ""
        return Outline(
            title=sentence_case(topic) + mark,
            sections=(section,),
            rationale="One search, one answer.",
        )
    sections = tuple(
        OutlineSection(
            heading=part.heading,
            purpose=_fill(part.lead, topic),
            queries=tuple(_fill(q, topic) for q in part.queries),
            cues=part.cues,
            signals=part.signals,
            share=part.share,
        )
        for part in journey.sections
    )
    return Outline(
        title=sentence_case(topic),
        sections=sections,
        rationale=f"The outline of the journey “{journey.title}”, filled with the topic.",
    )


def survey_plan(source_ids: Sequence[str], *, instead: str = "") -> Plan:
    """The first plan of a journey that reads before it outlines.

    Args:
        instead: what the person could do besides adding files, where there are none.
    """
    return Plan(
        version=1,
        title="Read the sources",
        rationale="The outline follows from what the sources can support, so they are read first.",
        steps=(
            Step(
                id="read",
                kind=StepKind.TOOL,
                title="Read the sources",
                tool="library.survey",
                input={
                    "source_ids": list(source_ids),
                    **({"instead": instead} if instead else {}),
                },
            ),
        ),
    )


def _words_of(outline: Outline, journey: Journey, words: int) -> tuple[int, int, list[int]]:
    """Words for introduction, conclusion and each body section."""
    intro = round(words * INTRODUCTION_SHARE) if journey.introduction else 0
    end = round(words * CONCLUSION_SHARE) if journey.conclusion else 0
    total = sum(section.share for section in outline.sections) or 1.0
    body = words - intro - end
    return intro, end, [round(body * section.share / total) for section in outline.sections]


def steps_plan(
    outline: Outline,
    journey: Journey,
    brief: Brief,
    source_ids: Sequence[str],
    *,
    version: int,
    done: Sequence[Step] = (),
    tables: Sequence[Source] = (),
    undone: str = "",
) -> Plan:
    """The steps that carry `outline` out: search per section, share out the evidence, write the
    sections in parallel, frame them, assemble. `done` steps of the former plan are kept.

    Args:
        tables: are computed with, for sections of their own.
        undone: why no table is computed with, where there are some; for the first page.
    """
    words = brief.length_words or journey.default_words
    of_data = data_words(words, tables)
    words -= of_data
    intro_words, end_words, section_words = _words_of(outline, journey, words)
    after = tuple(step.id for step in done)
    called = brought(done)
    steps: list[Step] = list(done)
    searches: list[Step] = []
    writes: list[Step] = []
    for number, section in enumerate(outline.sections, start=1):
        searches.append(
            Step(
                id=f"search-{number}",
                kind=StepKind.TOOL,
                title=f"Find evidence: {section.heading}" if section.heading else "Find evidence",
                tool="library.search",
                input={
                    "queries": [*section.queries, *called.queries],
                    "limit": min(
                        PASSAGES_PER_QUERY + section_words[number - 1] // 60, MOST_PER_QUERY
                    ),
                    "source_ids": list(section.source_ids or source_ids),
                    "per_source": PER_SOURCE if 2 <= len(source_ids) <= MOST_BALANCED else 0,
                },
                depends_on=after,
            )
        )
        writes.append(
            Step(
                id=f"write-{number}",
                kind=StepKind.WRITE,
                title=f"Write: {section.heading}" if section.heading else "Write the answer",
                input={
                    "role": "section" if section.heading else "answer",
                    "number": number,
                    "topic": brief.topic,
                    "heading": section.heading,
                    "purpose": section.purpose,
                    "queries": list(section.queries),
                    "cues": list(section.cues),
                    "signals": list(section.signals),
                    "words": section_words[number - 1],
                    **({"focus": section.focus} if section.focus else {}),
                    **({"asked_for": list(called.source_ids)} if called.source_ids else {}),
                },
                depends_on=("evidence",),
            )
        )
    codes = code_steps(tables, after)
    results = results_steps(tables, of_data, brief.topic)
    steps += codes
    steps += searches
    steps.append(
        Step(
            id="evidence",
            kind=StepKind.TOOL,
            title="Share out the evidence",
            tool="evidence.allocate",
            input={
                "sections": {s.id.removeprefix("search-"): s.input["queries"] for s in searches},
                "topic": brief.topic if brief.named and journey.survey else "",
                "source_ids": list(source_ids),
                **({"asked_for": list(called.source_ids)} if called.source_ids else {}),
                "cues": {str(n): list(s.cues) for n, s in enumerate(outline.sections, 1) if s.cues},
            },
            depends_on=tuple(s.id for s in searches),
        )
    )
    steps += writes
    steps += results
    body_ids = tuple(s.id for s in writes)
    frames: list[Step] = []
    for wanted, role, heading, count in (
        (journey.introduction, BEGIN, "Introduction", intro_words),
        (journey.conclusion, END, "Conclusion", end_words),
    ):
        if wanted:
            frames.append(
                Step(
                    id=f"write-{role}",
                    kind=StepKind.WRITE,
                    title=f"Write: {heading}",
                    input={
                        "role": role,
                        "heading": heading,
                        "purpose": "",
                        "topic": brief.topic,
                        "queries": [brief.topic],
                        "words": count,
                    },
                    depends_on=body_ids,
                )
            )
    steps += frames
    steps.append(
        Step(
            id="assemble",
            kind=StepKind.ASSEMBLE,
            title="Assemble the document and check its citations",
            input={NOT_COMPUTED: undone} if undone else {},
            depends_on=body_ids + tuple(s.id for s in results) + tuple(s.id for s in frames),
        )
    )
    return Plan(
        version=version,
        author=outline.author,
        title=outline.title,
        rationale=outline.rationale,
        simulated=outline.simulated,
        steps=tuple(steps),
    )
