"""What the planner is asked: an outline, from the openings of the sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autonomy.core.answers import (
    PlannedDocument,
)
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import (
    JSON_ONLY,
    LISTS,
    OPENINGS,
    cited_as,
    clean,
    manner,
    prompt,
    said_since,
    source_line,
    version,
)
from autonomy.core.types import Passage, Source, TaskSpec
from autonomy.core.untrusted import RULE, Fence

# Sections are asked for with queries, because a heading alone finds poor evidence; without
# introduction and conclusion, because those are written last, from the sections themselves. "Only
# what the sources can carry" keeps the outline from promising what the writer would have to invent.
_PLANNER = """\
Role: planner.
You outline documents that will be written only from a given set of sources.

Rules:
- Plan body sections only. Introduction, conclusion and reference list are added by others.
- Plan only what the sources can carry, judged by the openings you are shown. If the request asks \
for more than they hold, plan what they do hold and say so in the rationale.
- Organise by theme or argument, never one section per source, unless the request asks for that.
- Give each section a purpose that a reader could check, and two to five short search queries \
(3 to 8 words each) in the sources' own vocabulary.
- The sections' words add up to the body's length. Fewer, fuller sections are better than many thin ones: \
no section under 120 words unless the whole is short.
- Honour aspects, order or headings that the request names.

{rule}

{json}
Its shape:
{{"title": "…", "rationale": "…", "sections": [{{"heading": "…", "purpose": "…", \
"queries": ["…", "…"], "words": 250}}]}}"""
VERSION = version(_PLANNER, output=PlannedDocument)


def planner(
    *,
    task: TaskSpec,
    journey_title: str,
    words: int,
    sources: Sequence[Source],
    openings: Sequence[Passage],
    guidance: Sequence[str] = (),
    outline: Sequence[tuple[str, bool]] = (),
) -> Prompt:
    """For `PlannedDocument`: the outline of the document that `task` asks for.

    Args:
        journey_title: what kind of work it is, for people.
        words: length of the whole document.
        openings: the first passages of the sources, as evidence of what they cover.
        guidance: what the person said since, oldest first.
        outline: (heading, whether it is written) of the sections planned so far.
    """
    fence = Fence()
    body = round(words * 0.8)
    count = "one to two" if words < 500 else "three to four" if words < 1_500 else "four to seven"
    parts = [
        Part(fence.announcement),
        Part(fence.quote("request", task.goal, limit=6_000)),
        *said_since(fence, guidance),
        Part(f"Kind of work: {journey_title}. {manner(task.settings)}"),
        Part(f"Length of the body: {body} words, in {count} sections."),
        Part(
            fence.quote(
                f"sources ({len(sources)})",
                "\n".join(f"- {source_line(source)}" for source in sources[:40]),
            ),
            LISTS,
            "the list of sources",
            shorten=True,
        ),
    ]
    by_id = {source.id: source for source in sources}
    if outline:
        listed = "\n".join(
            f"- {clean(heading, 200)} ({'finished' if done else 'not written yet'})"
            for heading, done in outline
        )
        parts.append(
            Part(
                fence.quote("sections planned so far", listed)
                + "\nKeep the headings of finished sections that still serve the request, with "
                '"keep": true unless what the person said asks to write them differently.'
            )
        )
    parts.append(Part("Openings of the sources:"))
    places: Counter[str] = Counter()
    for passage in openings:
        # A second opening of one source goes before the first of another.
        places[passage.source_id] += 1
        cited = cited_as(by_id.get(passage.source_id))
        parts.append(
            Part(
                fence.quote(f"opening of {cited}", passage.text, limit=1_200),
                max(1, OPENINGS - places[passage.source_id]),
                f"opening {places[passage.source_id]} of {cited}",
            )
        )
    return prompt(
        "planner", VERSION, _PLANNER.format(rule=RULE, json=JSON_ONLY), parts, answer_tokens=4_000
    )
