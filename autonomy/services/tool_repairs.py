"""Repairs of learnt tools, for the people who decide on them: a tool's owner, or staff where it is
for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from autonomy.models import Tool, ToolAuthor, ToolVersion
from autonomy.runtime import tool_versions
from autonomy.services.errors import Conflict, NotAllowed, NotFound

MOST_SAID = 20


@dataclass(frozen=True, slots=True)
class RepairState:
    """What the agent did to a tool last, for people."""

    version: int
    state: str
    """applied, proposed or taken_back."""
    said: list[str] = field(default_factory=list)
    """What changed, a sentence each."""
    recorded: int = 0
    """Recorded answers that it was tested on."""
    fresh: int = 0
    """New answers."""
    proven: bool = False
    open: bool = False
    """It can be agreed to (proposed, proven, its base in use) or undone (in use)."""
    why: str = ""
    """Why it was not proven, or taken back."""
    patch: str = ""


def latest_repair(tool: Tool, versions: Sequence[ToolVersion]) -> RepairState | None:
    """The repair that people should know of: one that waits for them, else the one that is in use,
    else the one that was taken back for what is in use now. None when there is none."""
    by_number = {version.number: version for version in versions}
    used = by_number.get(tool.current_version)
    waiting = [
        version
        for version in versions
        if version.evidence.get("state") == tool_versions.PROPOSED
        and version.evidence.get("base") == tool.current_version
    ]
    if waiting:
        return _told(waiting[-1], tool)
    if used is None:
        return None
    if used.author == ToolAuthor.AGENT and used.evidence.get("state") == tool_versions.APPLIED:
        return _told(used, tool)
    undone = by_number.get(used.evidence.get("rolled_back", 0))
    return _told(undone, tool) if undone is not None else None


def _told(version: ToolVersion, tool: Tool) -> RepairState:
    evidence = version.evidence
    proof = evidence.get("proof", {})
    state = str(evidence.get("state", ""))
    proven = bool(proof.get("passed"))
    may_undo = state == tool_versions.APPLIED and version.number == tool.current_version
    said = [str(change.get("said", "")) for change in evidence.get("changes", [])]
    return RepairState(
        version=version.number,
        state=state,
        said=[line for line in said if line][:MOST_SAID],
        recorded=int(proof.get("recorded", 0)),
        fresh=int(proof.get("fresh", 0)),
        proven=proven,
        open=may_undo or (state == tool_versions.PROPOSED and proven),
        why=str(evidence.get("because") or proof.get("reason") or ""),
        patch=version.patch,
    )


def repair_of(tool: Tool, number: int) -> ToolVersion:
    """The version of that number. Raises `NotFound`."""
    version = tool.versions.filter(number=number).first()
    if version is None:
        raise NotFound(f"This tool has no version {number}.")
    return version


def agree_to_repair(user: User, version: ToolVersion) -> None:
    """Use a proposed version from now on.

    Raises:
        NotAllowed: it is for everybody and `user` is no staff, or it is somebody else's.
        Conflict: it is no proposal that waits, was never proven, or the tool has moved on.
        NotFound: the tool has been removed.
    """
    _may_decide(user, version)
    with open_or_refused("no_open_proposal"):
        tool_versions.agree(version.tool_id, version.number, user.get_username())


def dismiss_repair(user: User, version: ToolVersion) -> None:
    """Never use a proposed version. Raises as `agree_to_repair`."""
    _may_decide(user, version)
    with open_or_refused("no_open_proposal"):
        tool_versions.dismiss(version.tool_id, version.number, user.get_username())


def undo_repair(user: User, version: ToolVersion) -> None:
    """Call the tool as before a repair that is in use; the same repair is only proposed from then
    on. Raises as `agree_to_repair`."""
    _may_decide(user, version)
    with open_or_refused("repair_not_in_use"):
        tool_versions.undo(version.tool_id, version.number, user.get_username())


@contextmanager
def open_or_refused(code: str) -> Iterator[None]:
    """Refuse, with that code, what `tool_versions` says is not open; what is gone is not found."""
    try:
        yield
    except tool_versions.Removed as gone:
        raise NotFound(str(gone)) from gone
    except tool_versions.NotOpen as why:
        raise Conflict(str(why), code=code) from why


def _may_decide(user: User, version: ToolVersion) -> None:
    if not user.is_staff and version.tool.owner_id != user.pk:
        raise NotAllowed("Only a tool's owner decides on its repairs, or staff.")
