"""Telling a tool's owner, or staff where it is for everybody, of its repairs."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db.models.functions import Now

from autonomy.core.types import NotificationKind
from autonomy.models import Notification, Tool, ToolVersion
from autonomy.runtime.notifications import tell

PAGE = "/settings/tools/"


def page_of(tool: Tool) -> str:
    """Where its repairs are looked at."""
    return f"{PAGE}#tool-{quote(tool.name)}"


def repaired(tool: Tool, version: ToolVersion, *, waits: bool) -> None:
    """A repair is in use, or waits to be agreed to."""
    if not waits:
        said = "Its API changed. The agent repaired it, and uses the repair now; you can undo it."
    elif version.evidence.get("proof", {}).get("passed"):
        said = "Its API changed. A repair was made and waits for you to agree."
    else:
        said = "Its API changed. A repair was found and could not be proven here: look at it."
    kind = NotificationKind.WAITING if waits else NotificationKind.DONE
    _tell(tool, version, kind, said, "waits" if waits else "used")


def taken_back(tool: Tool, version: ToolVersion, why: str) -> None:
    """A repair did worse than what it replaced."""
    said = f"The repair in version {version.number} was taken back by itself: {why}."
    _tell(tool, version, NotificationKind.FAILED, said, "taken-back")


def seen_to(tool: Tool) -> None:
    """Somebody decided: whoever was told that a repair waits need not look any more."""
    Notification.objects.filter(
        kind=NotificationKind.WAITING, url=page_of(tool), owner__in=_whom(tool), read_at=None
    ).update(read_at=Now())


def _tell(tool: Tool, version: ToolVersion, kind: NotificationKind, said: str, about: str) -> None:
    for owner_id in _whom(tool):
        cause = f"tool:{tool.pk}:{version.number}:{about}"
        tell(owner_id, kind, cause, said, title=tool.name, url=page_of(tool))


def _whom(tool: Tool) -> Iterable[int]:
    if tool.owner_id is not None:
        return [tool.owner_id]
    return User.objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True)
