"""How a repaired version of a learnt tool does beside the one before it; one that does worse is
taken back."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Concat, Right

from autonomy.core.learnt import Exchange
from autonomy.core.phrases import counted
from autonomy.models import Tool, ToolAuthor, ToolVersion
from autonomy.runtime import tool_notices
from autonomy.runtime.contention import transacted
from autonomy.runtime.tool_versions import APPLIED, NotOpen, put_back
from autonomy.runtime.tools import REMEMBERED
from autonomy.tools.learnt.failing import blames_wrapper
from handywriterz.env import env

logger = logging.getLogger(__name__)


def outcome_of(failure: str, exchange: Exchange | None) -> str:
    """What one call says of its version: "1" it does well, "0" it does not; empty for nothing."""
    if not failure:
        return "1"
    return "0" if blames_wrapper(failure, exchange.status if exchange else None) else ""


def count_outcome(version_id: UUID, failure: str, exchange: Exchange | None) -> None:
    """Count a run's call for its version, and take that back where it is a repair that does worse
    than what it replaced."""
    outcome = outcome_of(failure, exchange)
    if not outcome:
        return
    rows = ToolVersion.objects.filter(pk=version_id)
    rows.update(outcomes=Right(Concat(F("outcomes"), Value(outcome)), REMEMBERED))
    if outcome == "1":
        return
    repairs = rows.filter(author=ToolAuthor.AGENT, evidence__state=APPLIED)
    if (tool_id := repairs.values_list("tool_id", flat=True).first()) is not None:
        take_back_if_worse(tool_id)


@transacted
def take_back_if_worse(tool_id: UUID) -> int | None:
    """Put the wrapper before a repair back when the repair's latest calls went worse, by
    `TOOL_ROLLBACK_WORSE`, than those of the version before; the number of the version that does so,
    or None when all is well, or the tool was removed."""
    tool = Tool.objects.select_for_update(no_key=True).filter(pk=tool_id).first()
    if tool is None:
        return None
    version = tool.versions.filter(number=tool.current_version).first()
    if version is None or version.author != ToolAuthor.AGENT:
        return None
    if version.evidence.get("state") != APPLIED or len(version.outcomes) >= REMEMBERED:
        return None  # one that has long stood the test: what fails now is another change
    latest = version.outcomes[-env().tool_rollback_calls :]
    if len(latest) < env().tool_rollback_calls or latest.endswith("1"):
        return None
    old = tool.versions.filter(number=version.evidence.get("base")).first()
    before = old.outcomes if old is not None else ""
    # A version of which nothing is known was good enough to be kept.
    worse = (_share(before) if before else 1.0) - _share(latest)
    if round(worse, 9) < env().tool_rollback_worse:
        return None
    failed = f"{latest.count('0')} of its latest {counted(len(latest), 'call')} failed"
    earlier = (
        f", and {before.count('0')} of {len(before)} with the version before it" if before else ""
    )
    why = failed + earlier
    try:
        restored = put_back(tool, version, why)
    except NotOpen:
        return None
    tool_notices.taken_back(tool, version, why)
    logger.warning("tool %s: version %d taken back: %s", tool.name, version.number, why)
    return restored


def _share(outcomes: str) -> float:
    return outcomes.count("1") / len(outcomes)
