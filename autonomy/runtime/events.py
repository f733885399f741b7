"""The event log of a run: `seq` is per run, gapless and in commit order.

The number is taken in the same statement that inserts the event, by an UPDATE of the run's row:
the row lock is held until commit, so a later number can never become visible before an earlier.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from pydantic import BaseModel
from pydantic_core import to_json, to_jsonable_python

from autonomy.core.types import EventDraft
from autonomy.memory.still_there import sources_still_there
from autonomy.models import Run, RunSource
from autonomy.runtime.couriers import hint
from autonomy.runtime.db import run_db
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.prepared import execute
from autonomy.runtime.tokens import TokenStream

APPEND = """
WITH guard AS (
    UPDATE autonomy_runs SET last_seq = last_seq + %(count)s
    WHERE id = %(run)s AND ({allowed})
    RETURNING last_seq, conversation_id
), added AS (
    INSERT INTO autonomy_episodic_logs
        (run_id, seq, type, source, content, meta, task_id, attempt, fence, ts)
    SELECT %(run)s, guard.last_seq - %(count)s + e.ord, e.type, e.source, e.content,
           e.meta::jsonb, %(task)s, %(attempt)s, %(fence)s,
           clock_timestamp()
    FROM guard, unnest(%(types)s::text[], %(sources)s::text[], %(contents)s::text[],
                       %(metas)s::text[]) WITH ORDINALITY AS e(type, source, content, meta, ord)
)
SELECT last_seq, conversation_id FROM guard
"""
APPEND_FENCED = APPEND.format(allowed="fence = %(fence)s AND status = 'running'")
APPEND_OPEN = APPEND.format(allowed="true")


def storable(value: Any) -> Any:
    """`value` without what PostgreSQL cannot store as text or JSON (NUL, lone surrogates, NaN)."""
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "")
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {storable(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, float) and value - value != 0:  # NaN or infinite
        return None
    return value


def json_text(value: Any) -> str:
    """`value` (a model, or plain data with models in it) as JSON that PostgreSQL can store."""
    try:
        text = to_json(value, inf_nan_mode="null").decode()
    except ValueError:  # a lone surrogate
        text = _NUL
    if _NUL in text:
        plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        return json.dumps(storable(plain), default=to_jsonable_python)
    return text


_NUL = "\\u0000"


def columns(drafts: Sequence[EventDraft]) -> dict[str, list[str]]:
    """The arrays that the inserting statement unnests."""
    return {
        "types": [str(draft.type) for draft in drafts],
        "sources": [storable(draft.source)[:40] for draft in drafts],
        "contents": [storable(draft.content) for draft in drafts],
        "metas": [json_text(draft.meta) for draft in drafts],
    }


def append(
    run_id: object,
    drafts: Sequence[EventDraft],
    *,
    fence: Fence | None = None,
    task_id: str = "",
    attempt: int = 1,
) -> int:
    """Log `drafts` in one statement and return the last sequence number.

    Raises:
        FencedOut: `fence` is given and stale.
        Run.DoesNotExist: there is no such run.
    """
    parameters: dict[str, Any] = {
        "run": str(run_id),
        "count": len(drafts),
        "task": task_id,
        "attempt": attempt,
        "fence": fence.number if fence else 0,
        **columns(drafts),
    }
    rows = execute(APPEND_FENCED if fence else APPEND_OPEN, parameters)
    if not rows:
        if fence is not None:
            raise FencedOut(fence)
        raise Run.DoesNotExist(str(run_id))
    last_seq, conversation_id = int(rows[0][0]), rows[0][1]
    transaction.on_commit(lambda: hint(run_id, conversation_id, last_seq))
    return last_seq


def current_task_id() -> str:
    """LangGraph's id of the task that calls, or "" outside a node."""
    # Imported here: web processes log events too, and LangGraph would slow their start.
    from langgraph.config import get_config
    from langgraph.runtime import get_runtime

    try:
        get_config()
    except RuntimeError:
        return ""
    info = get_runtime().execution_info
    return info.task_id if info else ""


def record_source(run_id: str, meta: Mapping[str, Any]) -> None:
    """Keep that the run found a source, or a work that it dropped, as the event of it says."""
    said = {
        "query": storable(str(meta.get("query") or "")),
        "provider": storable(str(meta.get("provider") or ""))[:120],
        "kept": bool(meta.get("kept", True)),
        "reason": storable(str(meta.get("reason") or "")),
    }
    work = storable(str(meta.get("work") or ""))[:200]
    described = meta.get("source") or {}
    source_id = _uuid(str(described.get("id", "")))
    if source_id is not None and sources_still_there([source_id]):
        # That a source bears on the outline says less than why it was looked for and chosen.
        found = {} if work else {"provider__gt": "", "kept": True}
        if (
            not found
            or not RunSource.objects.filter(run_id=run_id, source_id=source_id, **found).exists()
        ):
            RunSource.objects.update_or_create(run_id=run_id, source_id=source_id, defaults=said)
        # A later round may keep what an earlier one had dropped.
        RunSource.objects.filter(run_id=run_id, source=None, work=work).exclude(work="").delete()
        return
    if not work or said["kept"]:
        return
    RunSource.objects.update_or_create(
        run_id=run_id,
        source=None,
        work=work,
        defaults={
            **said,
            "csl": storable(described.get("csl") or {}),
            "url": storable(str(meta.get("url") or "")),
        },
    )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class RunEvents:
    """`ports.Events` of one segment: progress is appended at once, under the segment's fence."""

    def __init__(self, fence: Fence, attempt: int, tokens: TokenStream) -> None:
        self._fence = fence
        self._attempt = attempt
        self._tokens = tokens

    async def emit(self, event: EventDraft) -> None:
        """Log one progress event.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        task_id = current_task_id()
        if event.type in ("attempt.restarted", "step.started"):
            self._tokens.restart(task_id)
        found = event.type == "source.found"
        await run_db(self._append_source if found else self._append, event, task_id)

    def _append(self, event: EventDraft, task_id: str) -> None:
        append(
            self._fence.run_id,
            [event],
            fence=self._fence,
            task_id=task_id,
            attempt=self._attempt,
        )

    @transaction.atomic
    def _append_source(self, event: EventDraft, task_id: str) -> None:
        self._append(event, task_id)
        record_source(self._fence.run_id, event.meta)

    async def token(self, task_id: str, text: str) -> None:
        self._tokens.add(task_id or current_task_id(), text)
