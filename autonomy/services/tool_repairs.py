"""Repairs of learnt tools that wait for staff: agreed to, or dismissed."""

from __future__ import annotations

from django.contrib.auth.models import User

from autonomy.models import ToolVersion
from autonomy.runtime import tool_versions
from autonomy.services.errors import Conflict, NotAllowed


def agree_to_repair(user: User, version: ToolVersion) -> None:
    """Use a proposed version from now on.

    Raises:
        NotAllowed: only staff agree.
        Conflict: it is no proposal that waits, was never proven, or the tool has moved on.
    """
    _staff(user)
    try:
        tool_versions.agree(version.tool_id, version.number, user.get_username())
    except tool_versions.NotOpen as why:
        raise Conflict(str(why), code="no_open_proposal") from why


def dismiss_repair(user: User, version: ToolVersion) -> None:
    """Never use a proposed version. Raises as `agree_to_repair`."""
    _staff(user)
    try:
        tool_versions.dismiss(version.tool_id, version.number, user.get_username())
    except tool_versions.NotOpen as why:
        raise Conflict(str(why), code="no_open_proposal") from why


def _staff(user: User) -> None:
    if not user.is_staff:
        raise NotAllowed("Only staff decide on repairs.")
