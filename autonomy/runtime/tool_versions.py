"""Versions that the self-debugger makes: applied, proposed, agreed to, and taken back. All under the
lock of the tool's row, so two runs that mend the same tool make one version."""

from __future__ import annotations

import logging
from typing import Any, Literal
from uuid import UUID

from django.db.models import Max

from autonomy.core.learnt import Fix, Settled
from autonomy.models import RepairPolicy, Tool, ToolAuthor, ToolVersion
from autonomy.runtime import tool_notices
from autonomy.runtime.contention import transacted
from autonomy.tools.learnt.patch import diff
from handywriterz.env import env

logger = logging.getLogger(__name__)

APPLIED, PROPOSED, DISMISSED, TAKEN_BACK = "applied", "proposed", "dismissed", "taken_back"
"""`evidence["state"]` of a version by the agent."""
_SETTLED: dict[str, Literal["applied", "proposed", "overtaken", "declined"]] = {
    APPLIED: "applied",
    PROPOSED: "proposed",
    DISMISSED: "declined",
    TAKEN_BACK: "overtaken",
}


class NotOpen(Exception):
    """A version is no repair that can be decided on so; the message says why."""


class Removed(NotOpen):
    """The tool was removed meanwhile."""


def _locked(tool_id: UUID) -> Tool:
    tool = Tool.objects.select_for_update(no_key=True).filter(pk=tool_id).first()
    if tool is None:
        raise Removed("This tool has been removed.")
    return tool


def append_version(tool: Tool, author: str, **values: Any) -> ToolVersion:
    """A new version, which is the one that is called from now on. Saves nothing of `tool`."""
    last = tool.versions.aggregate(last=Max("number"))["last"] or 0
    version = ToolVersion.objects.create(tool=tool, number=last + 1, author=author, **values)
    tool.current_version = version.number
    return version


def repair_policy(tool: Tool) -> RepairPolicy:
    """What becomes of a proven repair: the stricter of what the server and the tool's owner say."""
    server = env().tool_repair
    if server == "off" or tool.repairs == RepairPolicy.NEVER:
        return RepairPolicy.NEVER
    if server == "approve" or tool.repairs == RepairPolicy.ASK:
        return RepairPolicy.ASK
    return RepairPolicy.AUTO


def settled_under(key: str) -> Settled | None:
    """What became of the fix of that key; None when there was none."""
    version = ToolVersion.objects.filter(evidence__key=key).order_by("number").last()
    if version is None:
        return None
    state = _SETTLED.get(str(version.evidence.get("state")), "overtaken")
    return Settled(state=state, version=version.number)


@transacted
def settle(tool_id: UUID, base: int, fix: Fix, key: str, *, apply: bool) -> Settled:
    """Make a version of `fix`, once for each `key`, while version `base` is the one in use.

    Only the wrapper is another than in `base`: schemas, contract and everything else are copied. A
    fix that a person dismissed is not made again; one that was taken back waits for a person.

    Args:
        apply: it is used from now on; else it waits for a person.

    Raises:
        Removed: there is no tool to mend any more.
    """
    tool = _locked(tool_id)
    before = settled_under(key)
    if before is not None:
        return before
    if tool.current_version != base:
        return Settled(state="overtaken", version=tool.current_version)
    old = tool.versions.get(number=base)
    same = tool.versions.filter(
        wrapper=fix.wrapper, definition=old.definition, author=ToolAuthor.AGENT
    ).order_by("number")
    dismissed = same.filter(evidence__state=DISMISSED).last()
    if dismissed is not None:
        return Settled(state="declined", version=dismissed.number)
    apply = apply and not same.filter(evidence__state=TAKEN_BACK).exists()
    waiting = same.filter(number__gt=base, evidence__state=PROPOSED).first()
    if waiting is not None and not apply:
        return Settled(state="proposed", version=waiting.number)
    version = appended(
        tool,
        old,
        fix.wrapper,
        {**fix.evidence, "key": key, "base": base, "state": APPLIED if apply else PROPOSED},
    )
    if apply:
        use(tool, version.number)
        logger.info("tool %s: version %d is used now, by repair", tool.name, version.number)
    tool_notices.repaired(tool, version, waits=not apply)
    return Settled(state="applied" if apply else "proposed", version=version.number)


@transacted
def agree(tool_id: UUID, number: int, by: str) -> None:
    """Use a proposed version. Raises `NotOpen`."""
    tool, version = _repair(tool_id, number, PROPOSED)
    if version.evidence.get("base") != tool.current_version:
        raise NotOpen(
            f"It was made for version {version.evidence.get('base')}, which is not in use."
        )
    if not version.evidence.get("proof", {}).get("passed"):
        raise NotOpen("It was never proven in the sandbox, so it cannot be used.")
    mark(version, APPLIED, agreed_by=by)
    use(tool, number)
    tool_notices.seen_to(tool)


@transacted
def dismiss(tool_id: UUID, number: int, by: str) -> None:
    """Use a proposed version never. Raises `NotOpen`."""
    tool, version = _repair(tool_id, number, PROPOSED)
    mark(version, DISMISSED, dismissed_by=by)
    tool_notices.seen_to(tool)


@transacted
def undo(tool_id: UUID, number: int, by: str, why: str = "a person undid it") -> int:
    """Put the wrapper before an applied repair back, as a new version, whose number is returned.
    The same repair is only proposed from then on. Raises `NotOpen`."""
    tool, version = _repair(tool_id, number, APPLIED)
    if number != tool.current_version:
        raise NotOpen(f"Version {number} is not in use.")
    return put_back(tool, version, why, by=by)


@transacted
def revert(tool_id: UUID, number: int, by: str) -> None:
    """Call the tool as it was at version `number` again: that is a new version, so that nothing of
    its history is lost. A repair that was in use is only proposed from then on. Raises `NotOpen`
    where that version is in use, or was never used."""
    tool = _locked(tool_id)
    old = tool.versions.get(number=number)
    if old.evidence.get("state") in (PROPOSED, DISMISSED):
        raise NotOpen("This version was only proposed: agree to it as a repair.")
    if number == tool.current_version:
        raise NotOpen("This version is the one in use.")
    used = tool.versions.filter(number=tool.current_version).first()
    if used is not None and used.evidence.get("state") == APPLIED:
        mark(
            used, TAKEN_BACK, because=f"version {number} was put back by a person", taken_back_by=by
        )
    version = append_version(
        tool,
        ToolAuthor.STAFF,
        input_schema=old.input_schema,
        output_schema=old.output_schema,
        definition=old.definition,
        wrapper=old.wrapper,
        evidence={"reverted_to": number, "by": by},
    )
    use(tool, version.number)
    tool_notices.seen_to(tool)


def put_back(tool: Tool, version: ToolVersion, why: str, *, by: str = "") -> int:
    """The wrapper before repair `version`, which is in use, as a new version. Under the lock."""
    base = version.evidence.get("base")
    old = tool.versions.filter(number=base).first() if isinstance(base, int) else None
    if old is None:
        raise NotOpen(f"What stood before version {version.number} is gone.")
    mark(version, TAKEN_BACK, because=why, **({"taken_back_by": by} if by else {}))
    evidence = {"rolled_back": version.number, "to": base, "because": why}
    restored = appended(
        tool,
        version,
        old.wrapper,
        {**evidence, "by": by} if by else evidence,
        author=ToolAuthor.STAFF if by else ToolAuthor.AGENT,
    )
    use(tool, restored.number)
    tool_notices.seen_to(tool)
    return restored.number


def _repair(tool_id: UUID, number: int, state: str) -> tuple[Tool, ToolVersion]:
    tool = _locked(tool_id)
    version = tool.versions.filter(number=number).first()
    if version is None or version.evidence.get("state") != state:
        what = "proposal that waits" if state == PROPOSED else "repair in use"
        raise NotOpen(f"Version {number} is no {what}.")
    return tool, version


def mark(version: ToolVersion, state: str, **more: str) -> None:
    """Say what became of a repair. Under the lock."""
    version.evidence = {**version.evidence, "state": state, **more}
    version.save(update_fields=["evidence"])


def appended(
    tool: Tool,
    copied: ToolVersion,
    wrapper: str,
    evidence: dict[str, Any],
    author: str = ToolAuthor.AGENT,
) -> ToolVersion:
    """A version that differs from `copied` in its wrapper only; not yet the one in use."""
    used = tool.current_version
    version = append_version(
        tool,
        author,
        input_schema=copied.input_schema,
        output_schema=copied.output_schema,
        definition=copied.definition,
        wrapper=wrapper,
        patch=diff(copied.wrapper, wrapper),
        evidence=evidence,
    )
    tool.current_version = used
    return version


def use(tool: Tool, number: int) -> None:
    """Call version `number` from now on."""
    tool.current_version = number
    # What counted against the other version says nothing of this one.
    tool.recent = ""
    tool.save(update_fields=["current_version", "recent"])
