"""What the page of one run shows below its fields: plan, timeline, checkpoints, evidence, money.

Every part is one bounded query; what is left out is counted and linked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.utils.safestring import SafeString

from autonomy.admin.checkpoint_state import ReadState, read_state
from autonomy.admin.display import admin_url, badge, json_block, json_text, short
from autonomy.admin.model_calls import calls_of
from autonomy.admin.run_controls import controls_for, forms_for
from autonomy.models import Checkpoint, EffectStatus, Episode, Run

TIMELINE_PAGE = 200
CHECKPOINTS_PAGE = 10
"""Decoding one costs a few queries, so a page shows few."""
ROWS = 100
"""Most rows of every other part; the list page of that table has the rest."""
DOWNLOADS = ("docx", "pdf", "md", "html", "tex", "bib", "ris")


@dataclass(frozen=True, slots=True)
class PlanRow:
    id: str
    title: str
    kind: str
    tool: str
    status: SafeString
    attempts: int
    depends_on: str
    summary: str


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    seq: int
    ts: object
    type: str
    source: str
    content: str
    task: str
    meta: SafeString | None
    superseded: bool
    """A later attempt of the same task was started after a restart."""


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    pk: int
    url: str
    checkpoint_id: str
    superstep: object
    origin: str
    created_at: object
    state: ReadState
    text: str


def run_page(run: Run, query: Mapping[str, str]) -> dict[str, Any]:
    """The context of the run's page.

    Args:
        run: the run shown.
        query: GET parameters: `after` (seq that the timeline starts behind) and `before`
            (checkpoint row that the checkpoints start before), and the filters of `calls_of`;
            anything else is ignored.
    """
    return {
        "run": run,
        "controls": controls_for(run),
        "forms": forms_for(run),
        "unknown_effects": run.effects.filter(status=EffectStatus.UNKNOWN).count(),
        "plan": plan_of(run),
        "plan_rows": plan_rows(run.plan),
        "timeline": timeline(run, _number(query.get("after"))),
        "checkpoints": checkpoints(run, _number(query.get("before"))),
        "citations": [
            (citation, badge(citation.verdict))
            for citation in run.citations.select_related("source").order_by("artifact", "marker")[
                :ROWS
            ]
        ],
        "artifacts": artifact_rows(run),
        "cycles": [
            (cycle, badge(cycle.status)) for cycle in run.turnitin_cycles.order_by("number")[:ROWS]
        ],
        "ledger": run.budget_entries.order_by("-created_at")[:ROWS],
        "model_calls": calls_of(run, query),
        "rows_shown": ROWS,
    }


def plan_of(run: Run) -> dict[str, Any]:
    plan = run.plan if isinstance(run.plan, dict) else {}
    return {key: plan.get(key, "") for key in ("version", "author", "title", "rationale")}


def plan_rows(plan: object) -> list[PlanRow]:
    """One row per step; what a damaged plan lacks is left blank."""
    steps = plan.get("steps") or () if isinstance(plan, dict) else ()
    return [
        PlanRow(
            id=str(step.get("id", "")),
            title=str(step.get("title", "")),
            kind=str(step.get("kind", "")),
            tool=str(step.get("tool") or ""),
            status=badge(str(step.get("status", ""))),
            attempts=int(step.get("attempts") or 0),
            depends_on=", ".join(map(str, step.get("depends_on") or ())),
            summary=short(str(step.get("summary", "")), 300),
        )
        for step in steps
        if isinstance(step, dict)
    ]


def timeline(run: Run, after: int | None) -> dict[str, Any]:
    """A page of episodes in order. Without `after` it is the newest page, because that is what
    one comes to see."""
    last = run.episodes.aggregate(last=Max("seq"))["last"] or 0
    start = max(0, last - TIMELINE_PAGE) if after is None else max(0, after)
    episodes = list(run.episodes.filter(seq__gt=start).order_by("seq")[:TIMELINE_PAGE])
    end = episodes[-1].seq if episodes else start
    return {
        "rows": episode_rows(episodes),
        "total": last,
        "first": episodes[0].seq if episodes else 0,
        "end": end,
        "earlier": max(0, start - TIMELINE_PAGE) if start > 0 else None,
        "later": end if end < last else None,
    }


def episode_rows(episodes: Iterable[Episode]) -> list[EpisodeRow]:
    rows = list(episodes)
    newest: dict[str, int] = {}
    for episode in rows:
        if episode.task_id:
            newest[episode.task_id] = max(newest.get(episode.task_id, 0), episode.attempt)
    return [
        EpisodeRow(
            seq=episode.seq,
            ts=episode.ts,
            type=episode.type,
            source=episode.source,
            content=short(episode.content, 1_000),
            task=f"{episode.task_id[:8]} #{episode.attempt}" if episode.task_id else "",
            meta=json_block(episode.meta) if episode.meta else None,
            superseded=episode.attempt < newest.get(episode.task_id, 0),
        )
        for episode in rows
    ]


def checkpoints(run: Run, before: int | None) -> dict[str, Any]:
    """The newest checkpoints first, each with its state."""
    found = Checkpoint.objects.filter(thread_id=str(run.pk)).order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: CHECKPOINTS_PAGE + 1])
    rows = []
    for checkpoint in page[:CHECKPOINTS_PAGE]:
        state = read_state(checkpoint)
        rows.append(
            CheckpointRow(
                pk=checkpoint.pk,
                url=admin_url("checkpoint", checkpoint.pk),
                checkpoint_id=checkpoint.checkpoint_id,
                superstep=checkpoint.metadata.get("step", ""),
                origin=str(checkpoint.metadata.get("source", "")),
                created_at=checkpoint.created_at,
                state=state,
                text=json_text(state.values),
            )
        )
    return {"rows": rows, "older": rows[-1].pk if len(page) > CHECKPOINTS_PAGE else None}


def artifact_rows(run: Run) -> list[dict[str, Any]]:
    artifacts = run.artifacts.defer("body").order_by("kind", "-version")[:ROWS]
    return [
        {
            "artifact": artifact,
            "url": admin_url("artifact", artifact.pk),
            "downloads": DOWNLOADS if artifact.kind == "document" else (),
        }
        for artifact in artifacts
    ]


def _number(text: str | None) -> int | None:
    """A row number from a query string; None for anything that is not one."""
    return int(text) if text is not None and text.isdecimal() and len(text) < 19 else None
