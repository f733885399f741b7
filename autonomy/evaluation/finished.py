"""A run that is over, with everything a rule may look at."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async

from autonomy.evaluation.papers import Made
from autonomy.evaluation.product import Person
from autonomy.evaluation.task import Drawn
from autonomy.models import (
    BudgetEntry,
    Effect,
    ModelCall,
    PassageChange,
    Run,
    Tool,
    ToolRecording,
    ToolVersion,
    TurnitinCycle,
)


@dataclass(frozen=True, slots=True)
class Finished:
    """What is left of one run."""

    drawn: Drawn
    run: dict[str, Any]
    """The snapshot, as the API gives it."""
    events: list[dict[str, Any]]
    document: str
    """Markdown; empty without one."""
    citations: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    cycles: list[dict[str, Any]]
    files: list[Made]
    requests: list[dict[str, Any]]
    """What the provider counted."""
    effects: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the run's exactly-once ledger: key, kind, status, attempts."""
    ledger: list[dict[str, Any]] = field(default_factory=list)
    """Rows of its budget ledger."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Requests to models as the product recorded them: role, outcome, rung of the parse ladder."""
    tools: list[str] = field(default_factory=list)
    """Names of the person's learnt tools."""
    versions: list[dict[str, Any]] = field(default_factory=list)
    """Theirs, oldest first: tool, number, author, wrapper, patch, evidence, `promises` (everything
    but the wrapper), `used` (whether it is the one in use)."""
    recordings: list[dict[str, Any]] = field(default_factory=list)
    """Calls of them, oldest first: tool, number (of the version), ok, failure, result."""
    word: bytes = b""
    """The document as DOCX, where a rule looks at it."""
    fence: int = 0
    """How often it was claimed."""
    reserved: int = 0
    """Tokens that are still set aside."""
    kills: int = 0
    """Workers that were killed meanwhile."""
    revisions: list[dict[str, Any]] = field(default_factory=list)
    """What each report led to: sections `before` and `after` by id, Markdown with markers, and
    `changes` with section, wording before and after, remedy, reason and teller."""

    def as_json(self) -> str:
        """For people who look into what went wrong; without files."""
        told = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("drawn", "files", "word")
        }
        told = {"drawn": self.drawn.model_dump()} | told
        return json.dumps(told, indent=1, ensure_ascii=False, default=str) + "\n"

    @property
    def retries(self) -> int:
        """Calls and steps that were tried again, as the run's log tells it."""
        return sum(event["type"] == "retry" for event in self.events)

    @property
    def similarity(self) -> list[float | None]:
        """By the product's own engine, per cent, of the draft of each cycle in turn: what is like
        the sources, quoted or not."""
        told = [(cycle["local_similarity"], cycle["local_quoted"]) for cycle in self.cycles]
        return [None if None in one else round(sum(one), 1) for one in told]


def status(run_id: str) -> str:
    """Of a run, as it stands."""
    return str(Run.objects.values_list("status", flat=True).get(pk=run_id))


async def collect(
    person: Person,
    run_id: str,
    drawn: Drawn,
    files: list[Made],
    requests: list[dict[str, Any]],
    kills: int,
) -> Finished:
    """Everything about a run that has ended."""
    rows = await sync_to_async(_rows)(run_id)
    return Finished(
        drawn=drawn,
        run=await person.run(run_id),
        events=await person.events(run_id),
        document=await person.markdown(run_id),
        citations=await person.citations(run_id),
        sources=await person.sources(run_id),
        cycles=await person.cycles(run_id) if drawn.setup.reports else [],
        files=files,
        requests=requests,
        word=await person.download(run_id, "docx") if _looked_at(drawn) else b"",
        kills=kills,
        **rows,
    )


def _looked_at(drawn: Drawn) -> bool:
    return any("word_file" in rule for rule in drawn.rules)


def _rows(run_id: str) -> dict[str, Any]:
    """What the API does not show: the ledgers themselves."""
    run = Run.objects.get(pk=run_id)
    effects = Effect.objects.filter(run=run).values("key", "kind", "status", "attempts")
    ledger = BudgetEntry.objects.filter(run=run).values(
        "key", "role", "input_tokens", "output_tokens", "usd", "assumed", "settled_at"
    )
    calls = ModelCall.objects.filter(run=run).values("role", "outcome", "rung")
    versions = ToolVersion.objects.filter(tool__owner=run.owner_id).select_related("tool")
    recordings = ToolRecording.objects.filter(version__in=versions).select_related("version")
    return {
        "calls": list(calls),
        "tools": list(Tool.objects.filter(owner=run.owner_id).values_list("name", flat=True)),
        "versions": [_version(row) for row in versions.order_by("tool", "number")],
        "recordings": [
            {
                "tool": row.version.tool_id,
                "number": row.version.number,
                "ok": row.ok,
                "failure": row.failure,
                "result": row.exchange.get("result"),
            }
            for row in recordings.order_by("created_at", "pk")
        ],
        "effects": list(effects),
        "ledger": list(ledger),
        "fence": run.fence,
        "reserved": run.tokens_reserved,
        "revisions": _revisions(run),
    }


def _revisions(run: Run) -> list[dict[str, Any]]:
    cycles = TurnitinCycle.objects.filter(run=run, revised__isnull=False).order_by("number")
    return [
        {
            "before": _sections(cycle.artifact.body),
            "after": _sections(cycle.revised.body) if cycle.revised else {},
            "changes": list(
                PassageChange.objects.filter(cycle=cycle)
                .order_by("ordinal")
                .values("section_id", "before", "after", "remedy", "reason", "told_by")
            ),
        }
        for cycle in cycles.select_related("artifact", "revised")
    ]


def _sections(body: dict[str, Any]) -> dict[str, str]:
    return {section["id"]: section["markdown"] for section in body["sections"]}


def _version(row: ToolVersion) -> dict[str, Any]:
    return {
        "tool": row.tool_id,
        "number": row.number,
        "author": row.author,
        "wrapper": row.wrapper,
        "patch": row.patch,
        "evidence": row.evidence,
        "promises": [row.input_schema, row.output_schema, row.definition],
        "used": row.number == row.tool.current_version,
    }
