"""Versions that the self-debugger makes: applied, proposed, agreed to, and taken back when they do
worse. All under the lock of the tool's row, so two runs that mend the same tool make one version."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from autonomy.core.learnt import Fix, Settled
from autonomy.models import Tool, ToolAuthor, ToolVersion
from autonomy.runtime.contention import transacted
from autonomy.runtime.tool_rows import append_version
from autonomy.runtime.tools import REMEMBERED
from autonomy.tools.learnt.patch import diff
from handywriterz.env import env

logger = logging.getLogger(__name__)

APPLIED, PROPOSED, DISMISSED, TAKEN_BACK = "applied", "proposed", "dismissed", "taken_back"
"""`evidence["state"]` of a version by the agent."""
BLAMES_WRAPPER = frozenset({"schema_drift", "bug", "bad_input"})
"""Failures that a wrapper may be the cause of; a dead host is none of its doing."""


class NotOpen(Exception):
    """A version is no proposal that can still be agreed to; the message says why."""


def settled_under(key: str) -> Settled | None:
    """What became of the fix of that key; None when there was none."""
    version = ToolVersion.objects.filter(evidence__key=key).order_by("number").last()
    if version is None:
        return None
    state = "proposed" if version.evidence.get("state") == PROPOSED else "applied"
    return Settled(state=state, version=version.number)


@transacted
def settle(tool_id: UUID, base: int, fix: Fix, key: str, *, apply: bool) -> Settled:
    """Make a version of `fix`, once for each `key`, while version `base` is the one in use.

    Only the wrapper is another than in `base`: schemas, contract and everything else are copied.

    Args:
        apply: it is used from now on; else it waits for staff.
    """
    tool = Tool.objects.select_for_update(no_key=True).get(pk=tool_id)
    before = settled_under(key)
    if before is not None:
        return before
    if tool.current_version != base:
        return Settled(state="overtaken", version=tool.current_version)
    same = tool.versions.filter(number__gt=base, wrapper=fix.wrapper, evidence__state=PROPOSED)
    waiting = same.first()
    if waiting is not None and not apply:
        return Settled(state="proposed", version=waiting.number)
    old = tool.versions.get(number=base)
    version = _appended(
        tool,
        old,
        fix.wrapper,
        {**fix.evidence, "key": key, "base": base, "state": APPLIED if apply else PROPOSED},
    )
    if apply:
        _use(tool, version.number)
        logger.info("tool %s: version %d is used now, by repair", tool.name, version.number)
    return Settled(state="applied" if apply else "proposed", version=version.number)


@transacted
def agree(tool_id: UUID, number: int, by: str) -> None:
    """Use a proposed version. Raises `NotOpen`."""
    tool, version = _proposal(tool_id, number)
    if version.evidence.get("base") != tool.current_version:
        raise NotOpen(
            f"It was made for version {version.evidence.get('base')}, which is not in use."
        )
    if not version.evidence.get("proof", {}).get("passed"):
        raise NotOpen("It was never proven in the sandbox, so it cannot be used.")
    version.evidence = {**version.evidence, "state": APPLIED, "agreed_by": by}
    version.save(update_fields=["evidence"])
    _use(tool, number)


@transacted
def dismiss(tool_id: UUID, number: int, by: str) -> None:
    """Use a proposed version never. Raises `NotOpen`."""
    _, version = _proposal(tool_id, number)
    version.evidence = {**version.evidence, "state": DISMISSED, "dismissed_by": by}
    version.save(update_fields=["evidence"])


def _proposal(tool_id: UUID, number: int) -> tuple[Tool, ToolVersion]:
    tool = Tool.objects.select_for_update(no_key=True).get(pk=tool_id)
    version = tool.versions.filter(number=number).first()
    if version is None or version.evidence.get("state") != PROPOSED:
        raise NotOpen(f"Version {number} is no proposal that waits.")
    return tool, version


@transacted
def take_back_if_worse(tool_id: UUID) -> int | None:
    """Put the wrapper before a repair back when, of the latest calls since, too many failed in ways
    that a wrapper may cause; the number of the new version, or None when all is well."""
    tool = Tool.objects.select_for_update(no_key=True).get(pk=tool_id)
    calls = tool.recent[-env().tool_rollback_calls :]
    if len(calls) < env().tool_rollback_calls or tool.last_failure not in BLAMES_WRAPPER:
        return None
    if len(tool.recent) >= REMEMBERED:
        return None  # it has long stood the test: what fails now is another change
    if calls.count("0") < env().tool_rollback_share * len(calls):
        return None
    version = tool.versions.get(number=tool.current_version)
    base = version.evidence.get("base")
    old = tool.versions.filter(number=base).first() if isinstance(base, int) else None
    if (
        version.author != ToolAuthor.AGENT
        or version.evidence.get("state") != APPLIED
        or old is None
    ):
        return None
    version.evidence = {**version.evidence, "state": TAKEN_BACK}
    version.save(update_fields=["evidence"])
    failed = f"{calls.count('0')} of {len(calls)} calls failed"
    restored = _appended(
        tool, version, old.wrapper, {"rolled_back": version.number, "to": base, "because": failed}
    )
    _use(tool, restored.number)
    logger.warning("tool %s: version %d taken back: %s", tool.name, version.number, failed)
    return restored.number


def _appended(
    tool: Tool, copied: ToolVersion, wrapper: str, evidence: dict[str, Any]
) -> ToolVersion:
    """A version that differs from `copied` in its wrapper only; not yet the one in use."""
    used = tool.current_version
    version = append_version(
        tool,
        ToolAuthor.AGENT,
        input_schema=copied.input_schema,
        output_schema=copied.output_schema,
        definition=copied.definition,
        wrapper=wrapper,
        patch=diff(copied.wrapper, wrapper),
        evidence=evidence,
    )
    tool.current_version = used
    return version


def _use(tool: Tool, number: int) -> None:
    tool.current_version = number
    # What counted against the other version says nothing of this one.
    tool.recent = ""
    tool.save(update_fields=["current_version", "recent"])
