"""Mending a failed program of a code step: a model mends its own once, then a rule's takes over."""

from __future__ import annotations

from typing import Any, NamedTuple

from autonomy.agents.analyst import BY_RULE, FAILED, PROGRAM, Written, keep_program, whole
from autonomy.agents.routing import MAX_ATTEMPTS
from autonomy.core import prompts
from autonomy.core.analysis import TableUnreadable
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.types import Author, Step, StepError
from autonomy.export.exhibits import own_part


class Mended(NamedTuple):
    diagnosis: str
    input: dict[str, Any] | None = None
    skip: bool = False
    author: Author = Author.RULE


async def mend(step: Step, error: StepError, deps: Deps, task: str) -> Mended:
    """What to change about a failed code step."""
    if error.code != FAILED:
        return Mended(diagnosis=error.message, skip=True)  # No program would help.
    if error.detail.get("author") != Author.MODEL or step.attempts >= MAX_ATTEMPTS:
        return Mended(diagnosis=error.message, skip=True)
    if step.attempts == 1 and deps.models.available("debugger"):
        try:
            return await _by_model(step, error, deps, task)
        except (ModelUnavailable, BudgetExhausted, TableUnreadable, KeyError):
            pass  # the rule's program needs no model
    given = {name: value for name, value in step.input.items() if name != PROGRAM}
    return Mended(
        diagnosis=f"the model's program could not be used, so one made by rule computes instead: {error.message}",
        input={**given, BY_RULE: True},
    )


async def _by_model(step: Step, error: StepError, deps: Deps, task: str) -> Mended:
    failed = await deps.artifacts.load(str(error.detail["program_id"]))
    if deps.tables is None:
        raise KeyError("tables")
    table = await deps.tables.read(str(step.input["source_id"]))
    key = f"{task}:mend:{step.id}"
    prompt = prompts.program_mender(
        profile=table.profile,
        program=own_part(str(failed["program"])),
        message=error.message,
        trace=str(error.detail.get("trace", "")),
    )
    answer = await deps.models.text("debugger", key=key, prompt=prompt)
    written = Written(whole(answer, table), Author.MODEL, deps.models.simulated(key))
    return Mended(
        diagnosis=f"the program was mended and is run again: {error.message}",
        input={**step.input, PROGRAM: await keep_program(step, written, deps)},
        author=Author.MODEL,
    )
