"""The plan that carries an outline out: search for each section, share out the evidence, write the
sections in parallel, frame them, assemble."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autonomy.agents.data_plan import NOT_COMPUTED, code_steps, data_words, results_steps
from autonomy.agents.outline import Outline, OutlineSection
from autonomy.agents.tool_calls import Brought, brought
from autonomy.agents.writing_steps import BEGIN, END
from autonomy.core.brief import Brief
from autonomy.core.journey import Journey
from autonomy.core.types import Plan, Source, Step, StepKind

INTRODUCTION_SHARE = 0.13
CONCLUSION_SHARE = 0.08
"""Of the document's words."""

PASSAGES_PER_QUERY = 10
WORDS_PER_PASSAGE = 60
"""Of a section that wants one passage more."""
MOST_PER_QUERY = 60
"""What the search tool gives at most."""
PER_SOURCE = 3
"""Passages that a search takes from each source besides the best of all."""
MOST_BALANCED = 8
"""With more sources than this, the best passages alone are spread widely enough."""


class _Part(NamedTuple):
    """A section of the body: its number from 1, and how many words it may have."""

    number: int
    section: OutlineSection
    words: int


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
    """The steps that carry `outline` out. `done` steps of the former plan are kept.

    Args:
        source_ids: where evidence is looked for; empty for the whole library.
        tables: are computed with, for sections of their own.
        undone: why no table is computed with, where there are some; for the first page.
    """
    words = brief.length_words or journey.default_words
    of_data = data_words(words, tables)
    intro_words, end_words, section_words = _words_of(outline, journey, words - of_data)
    parts = [
        _Part(number, section, size)
        for number, (section, size) in enumerate(
            zip(outline.sections, section_words, strict=True), start=1
        )
    ]
    after = tuple(step.id for step in done)
    called = brought(done)
    searches = [_search(part, source_ids, called, after) for part in parts]
    writes = [_section(part, brief.topic, called) for part in parts]
    results = results_steps(tables, of_data, brief.topic)
    framed = tuple(step.id for step in writes)
    frames = []
    if journey.introduction:
        frames.append(_frame(BEGIN, "Introduction", brief.topic, intro_words, framed))
    if journey.conclusion:
        frames.append(_frame(END, "Conclusion", brief.topic, end_words, framed))
    topic = brief.topic if brief.named and journey.survey else ""
    return Plan(
        version=version,
        author=outline.author,
        title=outline.title,
        rationale=outline.rationale,
        simulated=outline.simulated,
        steps=(
            *done,
            *code_steps(tables, after),
            *searches,
            _evidence(parts, searches, topic, source_ids, called),
            *writes,
            *results,
            *frames,
            _assembling([*writes, *results, *frames], undone),
        ),
    )


def _words_of(outline: Outline, journey: Journey, words: int) -> tuple[int, int, list[int]]:
    """Words for introduction, conclusion and each body section."""
    intro = round(words * INTRODUCTION_SHARE) if journey.introduction else 0
    end = round(words * CONCLUSION_SHARE) if journey.conclusion else 0
    total = sum(section.share for section in outline.sections) or 1.0
    body = words - intro - end
    return intro, end, [round(body * section.share / total) for section in outline.sections]


def _search(
    part: _Part, source_ids: Sequence[str], called: Brought, after: tuple[str, ...]
) -> Step:
    heading = part.section.heading
    return Step(
        id=f"search-{part.number}",
        kind=StepKind.TOOL,
        title=f"Find evidence: {heading}" if heading else "Find evidence",
        tool="library.search",
        input={
            "queries": [*part.section.queries, *called.queries],
            "limit": min(PASSAGES_PER_QUERY + part.words // WORDS_PER_PASSAGE, MOST_PER_QUERY),
            "source_ids": list(part.section.source_ids or source_ids),
            "per_source": PER_SOURCE if 2 <= len(source_ids) <= MOST_BALANCED else 0,
        },
        depends_on=after,
    )


def _section(part: _Part, topic: str, called: Brought) -> Step:
    section = part.section
    return Step(
        id=f"write-{part.number}",
        kind=StepKind.WRITE,
        title=f"Write: {section.heading}" if section.heading else "Write the answer",
        input={
            "role": "section" if section.heading else "answer",
            "number": part.number,
            "topic": topic,
            "heading": section.heading,
            "purpose": section.purpose,
            "queries": list(section.queries),
            "cues": list(section.cues),
            "signals": list(section.signals),
            "words": part.words,
            **({"focus": section.focus} if section.focus else {}),
            **_asked_for(called),
        },
        depends_on=("evidence",),
    )


def _asked_for(called: Brought) -> dict[str, Any]:
    """Sources that tools brought because the person named the tool: they are to be cited."""
    return {"asked_for": list(called.source_ids)} if called.source_ids else {}


def _evidence(
    parts: Sequence[_Part],
    searches: Sequence[Step],
    topic: str,
    source_ids: Sequence[str],
    called: Brought,
) -> Step:
    return Step(
        id="evidence",
        kind=StepKind.TOOL,
        title="Share out the evidence",
        tool="evidence.allocate",
        input={
            "sections": {s.id.removeprefix("search-"): s.input["queries"] for s in searches},
            "topic": topic,
            "source_ids": list(source_ids),
            **_asked_for(called),
            "cues": {
                str(part.number): list(part.section.cues) for part in parts if part.section.cues
            },
        },
        depends_on=tuple(step.id for step in searches),
    )


def _frame(role: str, heading: str, topic: str, words: int, framed: tuple[str, ...]) -> Step:
    """The introduction or the conclusion, written once the body stands."""
    return Step(
        id=f"write-{role}",
        kind=StepKind.WRITE,
        title=f"Write: {heading}",
        input={
            "role": role,
            "heading": heading,
            "purpose": "",
            "topic": topic,
            "queries": [topic],
            "words": words,
        },
        depends_on=framed,
    )


def _assembling(written: Sequence[Step], undone: str) -> Step:
    return Step(
        id="assemble",
        kind=StepKind.ASSEMBLE,
        title="Assemble the document and check its citations",
        input={NOT_COMPUTED: undone} if undone else {},
        depends_on=tuple(step.id for step in written),
    )
