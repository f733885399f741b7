"""Looking for literature outside: ask, judge, keep, and follow references."""

from __future__ import annotations

from typing import Any

from autonomy.tools.literature.asking import asking_tools
from autonomy.tools.literature.keeping import keeping_tools
from autonomy.tools.literature.web_tools import web_tools
from autonomy.tools.registry import Tool

SCHOLARLY = frozenset({"scholarly.search", "scholarly.follow", "scholarly.keep"})
WEB = frozenset({"web.search", "web.read"})
"""Names of the tools that reach outside: a run that may not has none of them."""


def literature_tools() -> list[Tool[Any, Any]]:
    """`scholarly.search`, `.follow`, `.keep`, `web.search` and `.read`, ready for a registry."""
    return [*asking_tools(), *keeping_tools(), *web_tools()]
