"""The registry's tools as rows: what staff see, may switch off, and count the outcomes of."""

from __future__ import annotations

import logging
from functools import cache

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F

from autonomy.models import Tool, ToolOrigin, ToolVersion
from autonomy.runtime.db import run_db
from autonomy.tools.registry import ToolRegistry

logger = logging.getLogger(__name__)


@transaction.atomic
def mirror_tools(registry: ToolRegistry) -> None:
    """Have a row for every built-in tool and a new version for every contract that changed.
    Safe to call from several workers at once: the row is locked while its version is compared."""
    for schema in registry.schemas():
        Tool.objects.bulk_create(
            [Tool(name=schema["name"], origin=ToolOrigin.BUILTIN)], ignore_conflicts=True
        )
        tool = Tool.objects.select_for_update().get(name=schema["name"], owner=None)
        contract = {"input_schema": schema["input"], "output_schema": schema["output"]}
        latest = tool.versions.order_by("-number").first()
        if latest is None or contract != {
            "input_schema": latest.input_schema,
            "output_schema": latest.output_schema,
        }:
            number = latest.number + 1 if latest else 1
            ToolVersion.objects.create(tool=tool, number=number, **contract)
            tool.current_version = number
        tool.description = schema["description"]
        tool.save(update_fields=["description", "current_version"])


@cache
def _mirrored(registry: ToolRegistry) -> bool:
    """Mirror a registry once per process, when its first run is driven."""
    mirror_tools(registry)
    return True


NEEDED = frozenset({"library.survey", "library.search", "evidence.allocate", "draft.read"})
"""Tools that every plan rests on: switching one off is ignored, for nothing could be written."""


def usable_tools(registry: ToolRegistry) -> ToolRegistry:
    """`registry` without what staff switched off, counting what comes of each call."""
    _mirrored(registry)
    off = Tool.objects.filter(owner=None, enabled=False).values_list("name", flat=True)
    return registry.without(set(off) - NEEDED).watched(_count)


async def _count(name: str, succeeded: bool) -> None:
    rows = Tool.objects.filter(name=name, owner=None)
    failed = 0 if succeeded else 1
    try:
        await run_db(lambda: rows.update(calls=F("calls") + 1, failures=F("failures") + failed))
    except (DatabaseError, InterfaceError) as error:
        logger.warning("a call of %s was not counted: %s", name, error)
