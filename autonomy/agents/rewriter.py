"""Rewriter: improves one part of a draft, by a model sentence by sentence or, without one, by rule.

A model proposes; what it proposes is checked mechanically, once more after a second try, and what
still fails is not made: the sentence stays as it was and is listed with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autonomy.agents.draft_plan import wishes
from autonomy.agents.proposals import (
    PASSED,
    Proposals,
    by_rule,
    draft_habits,
    left_alone,
    wrong_with,
)
from autonomy.core import prompts
from autonomy.core.phrases import clause
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.rewriting import ChangeChecks, LeftAlone, ProposedChange, TextEdit
from autonomy.core.types import Author, Step, StopReason, Wish
from autonomy.core.value import Value
from autonomy.library.drafts.draft import Draft, DraftBlock
from autonomy.library.drafts.units import BadAnswer, Unit, edits_of, units
from autonomy.tools.prose.meaning import Loss, LossKind

WORDED = frozenset({Wish.GRAMMAR, Wish.CLARITY, Wish.CONCISION, Wish.TONE})
"""Wishes that change words; the others are met by remarks."""
BEFORE_CHARS = 600
"""Of the text before a chunk that a model is shown."""


class RewrittenPart(Value):
    """What came of one part, as it is kept until the draft is put together."""

    changes: tuple[ProposedChange, ...]
    left: tuple[LeftAlone, ...]
    author: Author
    words: int
    reason: str = ""
    """Why rules took the place of a model, as it goes on after “because”."""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Sentences that one call is shown."""

    number: int
    units: tuple[Unit, ...]
    before: str
    heading: str


async def rewrite_part(step: Step, draft: Draft, deps: Deps, task: str) -> RewrittenPart:
    """Improve the blocks that `step` names.

    Raises:
        BudgetExhausted: the run has no time left.
    """
    blocks = draft.blocks[int(step.input["first"]) : int(step.input["last"]) + 1]
    wanted = wishes(deps)
    words = sum(len(block.text.split()) for block in blocks)
    made = Proposals()
    done: set[tuple[str, int]] = set()
    reason = ""
    by_model = simulated = False
    if not wanted & WORDED:
        reason = ""
    elif deps.models.available("writer"):
        for chunk in _chunks(blocks, draft, str(step.input["heading"]), deps.rewriting.chunk_words):
            try:
                found, told = await _by_model(chunk, draft, deps, wanted, f"{task}:{chunk.number}")
            except ModelUnavailable as error:
                reason = error.reason
                break
            except BudgetExhausted as limit:
                # Rules cost neither tokens nor money, only time.
                if limit.stop_reason == StopReason.BUDGET_SECONDS:
                    raise
                reason = clause(str(limit))
                break
            by_model = True
            simulated = simulated or told
            made.add(found)
            done |= {(one.block, one.start) for one in found.changes}
    else:
        reason = deps.models.unavailable("writer")
    made.add(await asyncio.to_thread(_by_rule, blocks, draft, wanted, done))
    places = {block.id: place for place, block in enumerate(draft.blocks)}
    made.changes.sort(key=lambda one: (places[one.block], one.start))
    return RewrittenPart(
        changes=tuple(made.changes),
        left=tuple(made.left),
        author=Author.MODEL if by_model else Author.RULE,
        words=words,
        reason=reason,
        simulated=simulated,
    )


def _by_rule(
    blocks: Sequence[DraftBlock], draft: Draft, wanted: frozenset[Wish], done: set[tuple[str, int]]
) -> Proposals:
    """What rules change of every sentence that no model has changed (`done`)."""
    habits = draft_habits(draft)
    made = Proposals()
    for block in blocks:
        free = [unit for unit in units(block) if (unit.block, unit.start) not in done]
        only = free if done else None
        made.add(by_rule(block, habits, wanted & WORDED, draft.language, only=only))
    return made


def _chunks(
    blocks: Sequence[DraftBlock], draft: Draft, heading: str, most: int
) -> Iterator[_Chunk]:
    """The prose of the blocks in chunks of about `most` words, cut between sentences."""
    taken: list[Unit] = []
    size = number = 0
    before = ""
    for block in blocks:
        for unit in units(block) if block.prose else ():
            count = len(unit.text.split())
            if taken and size + count > most:
                number += 1
                yield _Chunk(number, tuple(taken), before, heading)
                before = " ".join(one.text for one in taken)[-BEFORE_CHARS:]
                taken, size = [], 0
            taken.append(unit)
            size += count
    if taken:
        yield _Chunk(number + 1, tuple(taken), before, heading)


async def _by_model(
    chunk: _Chunk, draft: Draft, deps: Deps, wanted: frozenset[Wish], key: str
) -> tuple[Proposals, bool]:
    """What a model changes of the chunk, and whether it was a simulated one.

    Raises:
        ModelUnavailable, BudgetExhausted: there is no answer to the first question.
    """
    first = await _asked(chunk, draft, deps, wanted, f"{key}:edit")
    found = Proposals()
    good, bad = _read(chunk, first)
    again: dict[int, _Proposal] = {}
    if bad:
        refused = [(n, p.said, "; ".join(w.message for w in p.wrong)) for n, p in bad.items()]
        try:
            second = await _asked(chunk, draft, deps, wanted, f"{key}:again", refused)
            again, still = _read(chunk, [one for one in second if one.number in bad])
            bad = {**bad, **still}
        except (ModelUnavailable, BudgetExhausted):
            again = {}
    proposals = [(n, p, False) for n, p in good.items()]
    proposals += [(n, p, True) for n, p in again.items()]
    simulated = deps.models.simulated(f"{key}:edit")
    nearness = await _nearness([(chunk.units[n - 1].text, p.after) for n, p, _ in proposals], deps)
    for (number, proposal, retried), near in zip(proposals, nearness, strict=True):
        unit = chunk.units[number - 1]
        found.changes.append(
            ProposedChange(
                block=unit.block,
                start=unit.start,
                end=unit.end,
                before=unit.text,
                after=proposal.after,
                edits=tuple(proposal.edits),
                kind=_kind(proposal.kind, wanted),
                reason=proposal.why or "It reads better.",
                author=Author.MODEL,
                simulated=simulated,
                checks=ChangeChecks(passed=PASSED, nearness=near, retried=retried),
            )
        )
    for number, proposal in bad.items():
        if number not in again:
            unit = chunk.units[number - 1]
            found.left.append(
                left_alone(
                    unit.block, unit.start, unit.end, unit.text, proposal.wrong, Author.MODEL
                )
            )
    return found, simulated


async def _asked(
    chunk: _Chunk,
    draft: Draft,
    deps: Deps,
    wanted: frozenset[Wish],
    key: str,
    refused: Sequence[tuple[int, str, str]] = (),
) -> Sequence[prompts.RewrittenSentence]:
    prompt = prompts.editor(
        wishes=wanted & WORDED,
        sentences=[unit.shown for unit in chunk.units],
        title=draft.title,
        heading=chunk.heading,
        before=chunk.before,
        language=draft.language,
        guidance=deps.guidance,
        refused=refused,
    )
    answer = await deps.models.structured(
        "writer", key=key, prompt=prompt, output=prompts.RewrittenSentences
    )
    return answer.changes


@dataclass(frozen=True, slots=True)
class _Proposal:
    """One sentence of an answer, read."""

    said: str
    after: str
    edits: list[TextEdit]
    why: str
    kind: str
    wrong: list[Loss]


def _read(
    chunk: _Chunk, answer: Sequence[prompts.RewrittenSentence]
) -> tuple[dict[int, _Proposal], dict[int, _Proposal]]:
    """The proposals that pass every check, and those that do not, by the sentence's number.

    A number that no sentence has, and a second proposal for one, count for nothing.
    """
    good: dict[int, _Proposal] = {}
    bad: dict[int, _Proposal] = {}
    for one in answer:
        if not 1 <= one.number <= len(chunk.units) or one.number in good or one.number in bad:
            continue
        unit = chunk.units[one.number - 1]
        try:
            after, edits = edits_of(unit, one.text)
        except BadAnswer as error:
            wrong = [Loss(LossKind.HELD, str(error))]
            bad[one.number] = _Proposal(one.text, "", [], one.why, one.kind, wrong)
            continue
        if not edits:
            continue
        wrong = wrong_with(unit, after)
        proposal = _Proposal(one.text, after, edits, one.why, one.kind, wrong)
        (bad if wrong else good)[one.number] = proposal
    return good, bad


async def _nearness(pairs: Sequence[tuple[str, str]], deps: Deps) -> list[float | None]:
    """How near each new wording is to the old one in meaning; None where nobody can tell."""
    if not pairs or deps.shelf is None:
        return [None] * len(pairs)
    olds, news = zip(*pairs, strict=True)
    table = await deps.shelf.nearness(olds, news)
    return [round(row[place], 3) for place, row in enumerate(table)]


def _kind(said: str, wanted: frozenset[Wish]) -> str:
    """What the model calls it, where that was asked for."""
    named = said.strip().lower()
    worded = [wish for wish in Wish if wish in wanted & WORDED]
    return next((wish for wish in worded if wish == named), worded[0])
