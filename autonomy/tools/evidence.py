"""Sharing out the evidence: each passage serves the one section it fits best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from autonomy.core.ports import Library, Repeat
from autonomy.core.types import EventDraft, Passage, Source
from autonomy.core.words import overlap, stems, under_cue
from autonomy.library.sentences import sentences
from autonomy.tools.registry import Tool, ToolContext, ToolFailure

CUE_WEIGHT = 0.6
"""What standing under a fitting heading is worth, against a retrieval score of at most 1."""

TOPIC_COSINE = 0.3
"""What `Library.relevance` must reach. Measured with the built-in embedder on SciFact: 96.5 % of 809
claims reach it in their own abstract; of ten topics from other fields, none did in 100 abstracts
(90th percentile of ten draws at most 0.285), and one touched on in them does in all 5,183. See docs/search.md."""
TOPIC_OVERLAP = 0.6
TOPIC_NAMED = 0.4
"""Share of the topic's words that one passage must have besides. On two papers about attention and
search agents, 9 topics that they treat have 0.5 or more, and 4 others that reach a cosine of 0.3
to 0.49 (study skills, spaced learning) 0.25 to 0.33."""
TOPIC_NEAR = 0.6
"""Cosine that does without shared words."""

ENOUGH = 2
"""Passages below which a section has next to no evidence."""
NEARLY = 0.3
"""Share of its best fit that a passage must have in a section which would else be empty: to have both
words of a heading counts as much as to be the first that is found."""
LONG_ENOUGH = 240
"""Characters from which a text says something whatever its form, such as the lines of a slide."""
SENTENCE = 24
"""Characters of the shortest sentence that says something."""
STOPS = (".", "!", "?", "…", "。", "！", "？")
PASSAGES_PER_SECTION = 24
"""Most passages one section is handed."""


class AllocateInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sections: dict[str, list[str]] = Field(
        min_length=1, description="Section number to the queries that describe it."
    )
    topic: str = Field(
        default="",
        description="What it is all about; the sources must speak to it. Empty: anything.",
    )
    source_ids: list[str] = Field(
        default_factory=list, description="Where was searched; empty means the whole library."
    )
    asked_for: list[str] = Field(
        default_factory=list,
        description="Sources that the request itself asks for: they are on the topic.",
    )
    cues: dict[str, list[str]] = Field(
        default_factory=dict, description="Section number to words of headings that fit it."
    )


class AllocateOutput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sections: dict[str, list[str]] = Field(description="Section number to passage ids, best first.")
    thin: list[str] = Field(default_factory=list, description="Sections with next to no evidence.")
    sources: int


def _affinities(
    given: AllocateInput, found: dict[str, dict[str, float]], passage: Passage
) -> dict[str, float]:
    """How well the passage fits each section that found it: retrieval score (scaled to the
    section's best), the share of the section's distinctive words that the passage has, and
    whether it stands under a heading that belongs there."""
    queries = given.sections
    shared = (
        frozenset.intersection(*(stems(" ".join(q)) for q in queries.values()))
        if len(queries) > 1
        else frozenset()
    )
    have = stems(f"{passage.heading} {passage.text}")
    fits = {}
    for number, scores in found.items():
        if passage.id in scores:
            best = max(scores.values()) or 1.0
            distinctive = stems(" ".join(queries[number])) - shared
            fits[number] = scores[passage.id] / best + overlap(distinctive, have)
            if under_cue(passage.heading, given.cues.get(number, ())):
                fits[number] += CUE_WEIGHT
    return fits


def says_something(passage: Passage) -> bool:
    """Whether there is anything to cite: a sentence, a table or a stretch of any other text. A title
    with its authors is found by every query and bears out nothing."""
    text = passage.text.strip()
    if len(text) >= LONG_ENOUGH or "|" in text:
        return True
    said = (text[start:end].rstrip("\"'”’»)") for start, end in sentences(text))
    return any(len(one) >= SENTENCE and one.endswith(STOPS) for one in said)


def share_out(
    sections: Sequence[str], fits: Mapping[str, Mapping[str, float]]
) -> dict[str, list[str]]:
    """Ids of passages for each section, best first. Each goes where it fits best; then sections that
    came away with next to nothing get what fits them nearly as well from those that have more.

    Args:
        fits: passage to section to how well it fits there, for the sections that found it.
    """
    shares: dict[str, list[str]] = {number: [] for number in sections}
    for passage, mine in fits.items():
        # A section that is still empty takes precedence over one that is already rich.
        number = max(mine, key=lambda n: (mine[n] - 0.04 * len(shares[n]), n))
        shares[number].append(passage)
    for least in range(1, ENOUGH + 1):
        for poor in sections:
            if len(shares[poor]) >= least:
                continue
            able = [
                (fits[passage][poor] - fits[passage][rich], passage, rich)
                for rich in sections
                if len(shares[rich]) > least
                for passage in shares[rich]
                if fits[passage].get(poor, 0.0) >= NEARLY * fits[passage][rich]
            ]
            if able:
                _, passage, rich = max(able)
                shares[rich].remove(passage)
                shares[poor].append(passage)
    return {
        number: sorted(share, key=lambda p: (-fits[p][number], p))
        for number, share in shares.items()
    }


async def speaks_to(
    library: Library, topic: str, passages: Sequence[Passage], source_ids: Sequence[str]
) -> bool:
    """Whether the sources are about `topic` at all. A search always finds something nearest; this
    asks whether it is near: a passage holds most of the topic's words, or some of them and one is
    near in meaning, or one is very near. Meaning alone does not tell fields apart."""
    wanted = stems(topic)
    named = max((overlap(wanted, stems(f"{p.heading} {p.text}")) for p in passages), default=0.0)
    if named >= TOPIC_OVERLAP:
        return True
    needed = TOPIC_COSINE if named >= TOPIC_NAMED else TOPIC_NEAR
    return await library.relevance(topic, source_ids=source_ids) >= needed


async def _allocate(context: ToolContext, given: AllocateInput) -> AllocateOutput:
    found: dict[str, dict[str, float]] = {
        number: {
            hit["passage_id"]: float(hit["score"])
            for hit in context.results.get(f"search-{number}", {}).get("hits", [])
        }
        for number in given.sections
    }
    ids = list(dict.fromkeys(pid for scores in found.values() for pid in scores))
    passages = await context.library.passages(ids)
    if not passages:
        raise ToolFailure("no_evidence", "The searches found no passage in the sources.")
    wanted = any(p.source_id in given.asked_for for p in passages)
    if (
        given.topic
        and not wanted
        and not await speaks_to(context.library, given.topic, passages, given.source_ids)
    ):
        held = [
            str(source.csl.get("title") or source.file_name)
            for source in await context.library.sources(given.source_ids)
        ]
        raise ToolFailure(
            "no_evidence",
            f"Your sources do not speak to “{given.topic}”. They hold: {'; '.join(held[:5])}.",
        )
    telling = [p for p in passages if says_something(p)] or passages
    shares = share_out(list(given.sections), {p.id: _affinities(given, found, p) for p in telling})
    sections = {number: share[:PASSAGES_PER_SECTION] for number, share in shares.items()}
    kept = {pid for share in sections.values() for pid in share}
    await _tell_sources(context, [p for p in passages if p.id in kept])
    return AllocateOutput(
        sections=sections,
        thin=[number for number, share in sections.items() if len(share) < ENOUGH],
        sources=len({p.source_id for p in passages if p.id in kept}),
    )


async def _tell_sources(context: ToolContext, passages: list[Passage]) -> None:
    counts: dict[str, int] = {}
    for passage in passages:
        counts[passage.source_id] = counts.get(passage.source_id, 0) + 1
    for source in await context.library.sources(list(counts)):
        number = counts[source.id]
        reason = f"{number} {'passage bears' if number == 1 else 'passages bear'} on the outline"
        await context.events.emit(source_found(source, reason, evidence=number))


def source_found(source: Source, reason: str, *, evidence: int = 0) -> EventDraft:
    """The event that a source will be used, and why; the run's list of sources comes from it.
    `evidence`: how many of its passages bear on the outline, where that is what is told."""
    return EventDraft(
        type="source.found",
        source="researcher",
        content=f"{source.csl.get('title') or source.file_name}: {reason}.",
        meta={
            "source": source.model_dump(mode="json"),
            "kept": True,
            "reason": reason,
            "query": "",
            "evidence": evidence,
        },
    )


def evidence_tools() -> list[Tool[AllocateInput, AllocateOutput]]:
    return [
        Tool(
            name="evidence.allocate",
            description="Hand every passage that was found to the section it fits best.",
            input=AllocateInput,
            output=AllocateOutput,
            run=_allocate,
            repeat=Repeat.READ,
            recorded=False,
        )
    ]
