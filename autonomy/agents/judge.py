"""The model's judgement of claims that are not quotations; the rule verdict stands without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autonomy.agents.verification import judgeable
from autonomy.core import prompts
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.types import Author, CitationCheck, CitationVerdict, EventDraft, Passage

CLAIMS_PER_CALL = 12
TOO_LONG = "context_overflow"
"""Code of a call that no window of the role's models can hold."""


async def judge_claims(
    checks: Sequence[CitationCheck], passages: Mapping[str, Passage], deps: Deps, task: str
) -> list[CitationCheck]:
    """`checks` with the model's verdict in place of the rule's wherever the rule could only compare
    words. Plain and invented quotations keep the rule's verdict; without a model all do."""
    open_checks = [c for c in checks if judgeable(c.claim, passages[c.passage_id])]
    if not open_checks or not deps.models.available("critic"):
        return list(checks)
    judged: dict[int, CitationCheck] = {}
    batches = [
        open_checks[start : start + CLAIMS_PER_CALL]
        for start in range(0, len(open_checks), CLAIMS_PER_CALL)
    ]
    while batches:
        batch = batches.pop(0)
        prompt = prompts.critic(claims=[(c.marker, c.claim, passages[c.passage_id]) for c in batch])
        try:
            answer = await deps.models.structured(
                "critic",
                key=f"{task}:judge:{batch[0].marker}-{batch[-1].marker}",
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
                    content=f"{left} claims were compared by rule only: {error}",
                )
            )
            break
        by_marker = {c.marker: c for c in batch}
        for item in answer.verdicts:
            if check := by_marker.get(item.marker):
                judged[check.marker] = check.model_copy(
                    update={
                        "verdict": CitationVerdict(item.verdict),
                        "author": Author.MODEL,
                        "reason": item.reason[:500],
                    }
                )
    return [judged.get(c.marker, c) for c in checks]
