"""The plan that improves somebody's draft: read it, improve its parts a few at a time, put them
together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autonomy.core.ports import Deps
from autonomy.core.types import Author, Plan, Step, StepKind, Wish
from autonomy.core.versions import BECAUSE, Reason, VersionCause
from autonomy.library.drafts.draft import Draft, DraftKind
from autonomy.tools.drafts import READ
from autonomy.tools.prose.wishes import wishes_of

REWRITE = "rewrite"
"""Role of the writing steps that improve a part of a draft."""
FEWEST_WORDS = 250
"""Of a part, where the draft has as many."""
HONEST = (
    "A rewriting makes your own words better. It does not make words of others yours, and nothing is "
    "changed to pass a check or to look less like another text: quote and cite what is not yours."
)
"""What is said to somebody who wants a text to look like another's."""
_EVADES = re.compile(
    r"\b(?:plagiari[sz]\w+|turnitin|grammarly|copyscape|(?:ai|similarity|plagiarism)[\s-]+(?:detect\w*|"
    r"check\w*|score|index)|undetect\w*|detector|bypass|humani[sz]e)\b",
    re.IGNORECASE,
)
_NAMES = {
    Wish.GRAMMAR: "grammar and spelling",
    Wish.CLARITY: "clarity",
    Wish.CONCISION: "concision",
    Wish.TONE: "academic tone",
    Wish.STRUCTURE: "structure (hints)",
    Wish.CITATIONS: "citations (hints)",
}


def wishes(deps: Deps) -> frozenset[Wish]:
    """What is to be improved, by the settings, the request and what was said since."""
    wanted = wishes_of(deps.task.goal, deps.task.settings.improve)
    return wanted | wishes_of("\n".join(deps.guidance), default=frozenset())


def named(wanted: frozenset[Wish]) -> str:
    """The wishes in words: “clarity, concision”."""
    return ", ".join(name for wish, name in _NAMES.items() if wish in wanted)


def asks_to_evade(goal: str) -> bool:
    """Whether the request speaks of checks that the text is to pass."""
    return _EVADES.search(goal) is not None


def reading_plan(deps: Deps) -> Plan:
    step = Step(
        id="read",
        kind=StepKind.TOOL,
        title="Read the draft",
        tool=READ,
        # Without a draft there is nothing to do: its failure ends the run in its own words.
        input={
            "source_ids": list(deps.task.source_ids),
            "goal": deps.task.goal[:2_000],
        },
    )
    return Plan(
        version=1,
        title="Improve the draft",
        rationale="The draft is read into paragraphs, so that each change has its place.",
        steps=(step,),
    )


def parts_plan(draft: Draft, read: Step, deps: Deps, *, version: int) -> Plan:
    """One step for each part of the draft. `parts_at_once` of them go side by side: each waits for
    the one that stands so many places before it."""
    parts = parts_of(draft, most=deps.limits.parts)
    at_once = max(1, deps.rewriting.parts_at_once)
    steps: list[Step] = [read]
    for number, part in enumerate(parts, start=1):
        after = steps[-at_once].id if number > at_once else read.id
        steps.append(
            Step(
                id=f"write-{number}",
                kind=StepKind.WRITE,
                title=f"Improve: {part.heading}",
                input={
                    "role": REWRITE,
                    "number": number,
                    "heading": part.heading,
                    "first": part.first,
                    "last": part.last,
                    "words": part.words,
                },
                depends_on=(read.id, after) if after != read.id else (read.id,),
            )
        )
    writes = steps[1:]
    why = f"Improved: {named(wishes(deps))}."
    steps.append(
        Step(
            id="assemble",
            kind=StepKind.ASSEMBLE,
            title="Put the draft together and check that nothing was lost",
            input={BECAUSE: Reason(cause=VersionCause.REWRITTEN, why=why).as_input()},
            depends_on=(read.id, *(step.id for step in writes)),
        )
    )
    return Plan(
        version=version,
        author=Author.RULE,
        title=draft.title,
        rationale=f"Part by part as the draft has them. {why}",
        steps=tuple(steps),
    )


class Part:
    """Blocks `first` to `last` (both included, by place in the draft)."""

    __slots__ = ("first", "heading", "last", "words")

    def __init__(self, heading: str, first: int) -> None:
        self.heading = heading
        self.first = self.last = first
        self.words = 0


def parts_of(draft: Draft, *, most: int) -> list[Part]:
    """The draft in parts at its headings, none much shorter than the others, at most `most`."""
    total = sum(len(block.text.split()) for block in draft.blocks)
    least = max(FEWEST_WORDS, -(-total // max(1, most - 1)))
    parts: list[Part] = []
    for place, block in enumerate(draft.blocks):
        heading = block.kind in (DraftKind.HEADING, DraftKind.TITLE)
        size = parts[-1].words if parts else 0
        # A chapter without headings is cut where a paragraph begins.
        if not parts or (heading and 3 * size >= least) or size >= 4 * least:
            name = " ".join(block.text.split())[:80] if heading else _carried_on(parts, draft)
            parts.append(Part(name, place))
        parts[-1].last = place
        parts[-1].words += len(block.text.split())
    if len(parts) > 1 and parts[-1].words < FEWEST_WORDS // 2:
        short = parts.pop()
        parts[-1].last = short.last
        parts[-1].words += short.words
    while len(parts) > most:
        _join(parts)
    return parts


def _carried_on(parts: Sequence[Part], draft: Draft) -> str:
    return f"{parts[-1].heading.removesuffix(' (continued)')} (continued)" if parts else draft.title


def _join(parts: list[Part]) -> None:
    """The two neighbours that are shortest together become one."""
    at = min(range(len(parts) - 1), key=lambda i: parts[i].words + parts[i + 1].words)
    behind = parts.pop(at + 1)
    parts[at].last = behind.last
    parts[at].words += behind.words
