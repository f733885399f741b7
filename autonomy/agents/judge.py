"""The model's judgement of claims that are not quotations; the rule verdict stands without it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autonomy.agents.verification import FACTS, judgeable, lacks_a_fact
from autonomy.core import prompts
from autonomy.core.phrases import counted
from autonomy.core.plain_prose import without_echo
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.types import Author, CitationCheck, CitationVerdict, EventDraft, Passage
from autonomy.library.sentences import sentences

CLAIMS_PER_CALL = 12
TOO_LONG = "context_overflow"
"""Code of a call that no window of the role's models can hold."""


CAP = "the model called it supported, but "
_MARK = re.compile(r"\[\s*[pn]\s*:")
"""Like a citation marker: a reason is about a claim and cites nothing."""


async def judge_claims(
    checks: Sequence[CitationCheck], passages: Mapping[str, Passage], deps: Deps, task: str
) -> list[CitationCheck]:
    """`checks` with the model's verdict in place of the rule's wherever the rule could only compare
    words. Plain and invented quotations keep the rule's verdict; without a model all do.

    The model is told what the rules found, and a verdict that is kinder than they allow is capped.
    A contradiction is asked about twice: `judgements` says whether the second answer agreed.
    """
    open_checks = [c for c in checks if judgeable(c.claim, passages[c.passage_id])]
    if not open_checks or not deps.models.available("critic"):
        return list(checks)
    judged = await _asked(open_checks, passages, deps, f"{task}:judge")
    again = [c for c in judged.values() if c.verdict is CitationVerdict.CONTRADICTED]
    if again:
        # In another company the model looks anew; the order is turned round for that.
        second = await _asked(again[::-1], passages, deps, f"{task}:again")
        for marker, check in second.items():
            judged[marker] = _settled(judged[marker], check)
    return [judged.get(c.marker, c) for c in checks]


def _settled(first: CitationCheck, second: CitationCheck) -> CitationCheck:
    """A contradiction after a second look: agreed to, or no more than a want of support."""
    if second.verdict is CitationVerdict.CONTRADICTED:
        return first.model_copy(update={"judgements": 2})
    reason = f"one judgement saw a contradiction ({first.reason}), another did not: {second.reason}"
    return first.model_copy(
        update={"verdict": CitationVerdict.UNSUPPORTED, "judgements": 2, "reason": reason[:500]}
    )


async def _asked(
    open_checks: Sequence[CitationCheck], passages: Mapping[str, Passage], deps: Deps, key: str
) -> dict[int, CitationCheck]:
    """What the model says of these claims, by marker; what it was not asked is left out."""
    judged: dict[int, CitationCheck] = {}
    batches = [
        open_checks[start : start + CLAIMS_PER_CALL]
        for start in range(0, len(open_checks), CLAIMS_PER_CALL)
    ]
    while batches:
        batch = batches.pop(0)
        prompt = prompts.critic(
            claims=[(c.marker, c.claim, passages[c.passage_id]) for c in batch],
            findings={c.marker: [f.message for f in c.findings] for c in batch},
        )
        try:
            answer = await deps.models.structured(
                "critic",
                key=f"{key}:{batch[0].marker}-{batch[-1].marker}",
                prompt=prompt,
                output=prompts.ClaimVerdicts,
            )
        except (ModelUnavailable, BudgetExhausted) as error:
            too_long = isinstance(error, ModelUnavailable) and error.code == TOO_LONG
            if too_long and len(batch) > 1:
                # A claim is judged by its whole passage: rather fewer at a time.
                middle = len(batch) // 2
                batches[:0] = [batch[:middle], batch[middle:]]
                continue
            left = len(batch) + sum(map(len, batches))
            await deps.events.emit(
                EventDraft(
                    type="note",
                    source="critic",
                    content=f"{counted(left, 'claim')} left to what rules can say: {error}",
                )
            )
            break
        told = "\n".join(_sentences(prompt.system))
        by_marker = {c.marker: c for c in batch}
        for item in answer.verdicts:
            if check := by_marker.get(item.marker):
                why = _own_words(item.reason, told) if deps.guards.prose else item.reason
                judged[check.marker] = _judgement(check, item.verdict, why)
    return judged


def _sentences(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentences(text)]


def _own_words(reason: str, instructions: str) -> str:
    """The sentences of a reason that neither recite the instructions nor cite: people read them beside
    the claim, in exports too, and a passage may have talked the model into anything."""
    kept = [
        one
        for one in _sentences(reason)
        if not _MARK.search(one) and without_echo(one, instructions)
    ]
    return " ".join(kept) or "the model gave no reason of its own"


def _judgement(check: CitationCheck, said: str, why: str) -> CitationCheck:
    """The model's verdict, held to the facts: no opinion puts a number into a passage."""
    verdict, reason = CitationVerdict(said), why
    if verdict is CitationVerdict.SUPPORTED and lacks_a_fact(check):
        verdict = CitationVerdict.PARTLY
        reason = CAP + next(f.message for f in check.findings if f.kind in FACTS)
    return check.model_copy(
        update={
            "verdict": verdict,
            "author": Author.MODEL,
            "reason": reason[:500],
            "judgements": 1,
        }
    )
