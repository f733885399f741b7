"""The registry's tools as rows: what people see, may switch off, and count the outcomes of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from uuid import UUID

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import Case, F, FloatField, Value, When
from django.db.models.functions import Concat, Now, Right

from autonomy.models import Tool, ToolOrigin, ToolVersion
from autonomy.runtime.db import run_db
from autonomy.tools.registry import Outcome, ToolRegistry

logger = logging.getLogger(__name__)

REMEMBERED = 50
"""Latest outcomes that a tool's health is counted of."""
FORGETTING = 0.2
"""Weight of the newest call in a tool's latency."""


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
    """The built-in tools without what staff switched off, counting what comes of each call."""
    _mirrored(registry)
    builtin = Tool.objects.filter(owner=None, origin=ToolOrigin.BUILTIN)
    off = builtin.exclude(enabled=True, killed=False).values_list("name", flat=True)
    return registry.without(set(off) - NEEDED).watched(_count)


async def _count(name: str, outcome: Outcome) -> None:
    await counted(lambda: count(outcome, name=name))


async def counted(count_it: Callable[[], object]) -> None:
    """Count in the pool; a call is never lost because it could not be counted."""
    try:
        await run_db(count_it)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("a call of a tool was not counted: %s", error)


def count(outcome: Outcome, *, name: str = "", tool_id: UUID | None = None) -> None:
    """Add one call to the health of a built-in tool by its name, or of any by its id."""
    rows = Tool.objects.filter(pk=tool_id) if tool_id else None
    if rows is None:
        rows = Tool.objects.filter(name=name, owner=None, origin=ToolOrigin.BUILTIN)
    failed = bool(outcome.failure)
    changes: dict[str, object] = {
        "calls": F("calls") + 1,
        "failures": F("failures") + int(failed),
        "recent": Right(Concat(F("recent"), Value("0" if failed else "1")), REMEMBERED),
        "latency_seconds": Case(
            When(latency_seconds=None, then=Value(outcome.seconds)),
            default=F("latency_seconds") * (1 - FORGETTING) + Value(outcome.seconds * FORGETTING),
            output_field=FloatField(),
        ),
    }
    if failed:
        changes |= {"last_failure": outcome.failure[:40], "last_failure_at": Now()}
    rows.update(**changes)
