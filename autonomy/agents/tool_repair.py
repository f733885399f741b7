"""A learnt tool that failed is diagnosed and, where its API changed how it says things, mended:
candidate, proof, new version. What a wrapper cannot change is said to the person instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from autonomy.agents.approval import tool_to_call
from autonomy.core import prompts
from autonomy.core.learnt import Exchange, Fix, RepairCase, Settled
from autonomy.core.phrases import counted
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable, NoCall, Repeat
from autonomy.core.types import Author, EventDraft, Step, StepError
from autonomy.tools.learnt import mending
from autonomy.tools.learnt.drift import Refused
from autonomy.tools.learnt.evidence import good, pairs_of
from autonomy.tools.learnt.failing import blames_wrapper
from autonomy.tools.learnt.mending import Gathered, Mended
from autonomy.tools.learnt.patch import diff
from autonomy.tools.learnt.proof import Proof, prove
from autonomy.tools.learnt.proposed import by_model

ADVICE = {
    "auth": "Give a valid key for it under Settings → Tools, then start the run again.",
    "quota": "Its provider gives no more calls for now: wait until the quota is renewed, or ask "
    "the provider for a larger one.",
    "dead_host": "Nobody answers at its address. Look whether the service still exists; if it has "
    "moved, learn it again from its new document under Settings → Tools.",
    "not_allowed": "Look at the tool under Settings → Tools.",
}
"""What a person can do about causes that no wrapper changes."""


class ToolMend(BaseModel):
    """What came of looking at a failed tool."""

    model_config = ConfigDict(frozen=True)

    tool: str
    cause: str
    """schema_drift, bug, auth, quota, dead_host, bad_input or not_allowed."""
    mended: bool
    """The step can be tried again with another version."""
    said: str
    """For people: what changed, or what they can do."""
    version: int = 0
    patch: str = ""
    evidence: dict[str, Any] = {}
    author: Author = Author.RULE
    waits: bool = False
    """A proposal waits for a person."""


def failed_tool(step: Step, error: StepError, deps: Deps) -> str:
    """The learnt tool behind a failed step; empty when it was none."""
    learnt = {tool.name for tool in deps.tools.learnt()}
    named = str(error.detail.get("tool") or tool_to_call(step))
    return named if named in learnt else ""


async def mend_tool(step: Step, error: StepError, deps: Deps, task: str) -> ToolMend | None:
    """Diagnose the learnt tool behind a failed step, and mend it where that can be proven; None
    when the step did not fail because of one, or trying again is the remedy."""
    return await mend_called(failed_tool(step, error, deps), error, deps, f"{task}:mend:{step.id}")


async def mend_called(name: str, error: StepError, deps: Deps, key: str) -> ToolMend | None:
    """The same for a call of `name` wherever it was made; `key` keys what is done about it."""
    if all(tool.name != name for tool in deps.tools.learnt()):
        return None
    if error.code in ADVICE:
        return ToolMend(
            tool=name, cause=error.code, mended=False, said=f"{error.message} {ADVICE[error.code]}"
        )
    if not blames_wrapper(error.code, error.detail.get("status")):
        return None
    cause = "schema_drift" if error.code == "bad_input" else error.code

    async def work() -> ToolMend:
        try:
            return await _mended(name, cause, error, deps, key)
        except NoCall as nobody:
            return _left(name, cause, error, str(nobody))

    # A crash in between starts it again: what was settled under the key stays settled.
    return await deps.effects.once(key, "repair", work, ToolMend, repeat=Repeat.IDEMPOTENT)


async def _mended(name: str, cause: str, error: StepError, deps: Deps, key: str) -> ToolMend:
    outside = deps.effects.outside_key(key)
    before = await deps.repairs.settled(outside)
    if before is not None:
        return _told(name, cause, before, (), None, None, Author.RULE)
    await deps.repairs.take_back_if_worse(name)
    case = await deps.repairs.case(name)
    if case is None:
        return _left(name, cause, error, "repairs of it are switched off")
    if error.detail.get("version", case.version) != case.version:
        # Somebody else mended it while this call was under way, or its repair was taken back.
        settled = Settled(state="overtaken", version=case.version)
        return _told(name, cause, settled, (), None, None, Author.RULE)
    found = await _gathered(case, deps)
    if isinstance(found, Refused):
        return _left(name, cause, error, found.reason)
    refusals: list[str] = []
    unproven: tuple[Mended, Proof, Author] | None = None
    for author in (Author.MODEL, Author.RULE):
        if author is Author.MODEL:
            candidate = await _asked_model(case, found, error, deps, key)
        else:
            candidate = mending.by_rule(found, case.recordings)
        if candidate is None:
            continue
        if isinstance(candidate, Refused):
            refusals.append(candidate.reason)
            continue
        text = candidate.candidate.text
        proof = await prove(case.tool, text, case.recordings, candidate.fresh, deps.sandbox)
        fix = _fix(case, candidate, proof, author)
        if proof.passed:
            settled = await deps.repairs.settle(case, fix, outside)
            changes = tuple(change.said for change in candidate.candidate.changes)
            return _told(name, cause, settled, changes, fix, proof, author)
        if proof.off:
            unproven = (candidate, proof, author)
        refusals.append(proof.reason)
    if unproven is not None:
        candidate, proof, author = unproven
        fix = _fix(case, candidate, proof, author)
        kept = await deps.repairs.propose(case, fix, outside)
        if kept.state != "proposed":
            return _told(name, cause, kept, (), fix, None, author)
        mend = _left(name, cause, error, proof.reason)
        said = f"{mend.said} The proposal is kept as version {kept.version}, to be looked at."
        return mend.model_copy(
            update={"said": said, "waits": True, "version": kept.version, "author": author}
        )
    return _left(name, cause, error, refusals[-1] if refusals else "nothing was found")


async def _gathered(case: RepairCase, deps: Deps) -> Gathered | Refused:
    async def ask(wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        return await deps.repairs.ask(case, wrapper, arguments)

    if case.failed is None:
        return Refused("The failed call was not kept, so there is nothing to compare.")
    if not good(case.recordings):
        return Refused("No call of this tool went well before, so there is nothing to compare.")
    return await mending.gather(
        case.tool,
        case.recordings,
        case.failed,
        ask if case.may_ask else None,
        probes=case.probes,
    )


async def _asked_model(
    case: RepairCase, found: Gathered, error: StepError, deps: Deps, key: str
) -> Mended | Refused | None:
    """The candidate that a model proposes; None where there is none to ask."""
    pairs = pairs_of(case.recordings, found.fresh)
    if not pairs or case.shared or not deps.models.available("debugger"):
        return None
    prompt = prompts.patcher(
        wrapper=found.tool.wrapper,
        output_schema=found.tool.output_schema,
        problem=error.message,
        recorded=pairs[0].recorded.answer,
        result=pairs[0].recorded.result,
        fresh=pairs[0].fresh.answer,
    )
    try:
        answer = await deps.models.structured(
            "debugger", key=f"{key}:model", prompt=prompt, output=prompts.ProposedPatch
        )
    except (ModelUnavailable, BudgetExhausted):
        return None  # the rule path needs no model
    if not answer.diff.strip():
        return None
    return by_model(found, case.recordings, answer.diff, answer.diagnosis)


def _fix(case: RepairCase, mended: Mended, proof: Proof, author: Author) -> Fix:
    text = mended.candidate.text
    return Fix(
        wrapper=text,
        patch=diff(case.tool.wrapper, text),
        evidence={
            "changes": [
                {"kind": change.kind.value, "said": change.said}
                for change in mended.candidate.changes
            ],
            "compared": mended.candidate.compared,
            "proposed_by": author.value,
            "proof": proof.evidence(),
        },
    )


def _told(
    name: str,
    cause: str,
    settled: Settled,
    changes: tuple[str, ...],
    fix: Fix | None,
    proof: Proof | None,
    author: Author,
) -> ToolMend:
    """What is said of a fix that was made."""
    if settled.state == "overtaken":
        said = f"Another version of {name} is in use meanwhile: version {settled.version}."
    elif settled.state == "declined":
        said = f"The same repair of {name} was dismissed before (version {settled.version})."
    else:
        what = f"The API of {name} changed: {'; '.join(changes)}. " if changes else ""
        tested = f"{counted(proof.recorded, 'recorded answer')} still pass. " if proof else ""
        then = (
            f"Version {settled.version} of {name} is used now."
            if settled.state == "applied"
            else f"Version {settled.version} waits for somebody to agree to it."
        )
        said = f"{what}{tested}{then}"
    return ToolMend(
        tool=name,
        cause=cause,
        mended=settled.state in ("applied", "overtaken"),
        said=said,
        version=settled.version,
        patch=fix.patch if fix else "",
        evidence=fix.evidence if fix else {},
        author=author,
        waits=settled.state == "proposed",
    )


def _left(name: str, cause: str, error: StepError, why: str) -> ToolMend:
    reason = why.rstrip(".")
    said = f"{error.message} It was not mended: {reason[:1].lower()}{reason[1:]}."
    return ToolMend(tool=name, cause=cause, mended=False, said=said)


def event_of(mend: ToolMend, step_id: str) -> EventDraft:
    """The line in the run's log."""
    return EventDraft(
        type="note" if mend.mended else "error",
        source="self_debugger",
        content=mend.said,
        meta={
            "step_id": step_id,
            "code": mend.cause,
            "tool_repair": mend.model_dump(mode="json", exclude={"said"}),
        },
    )
