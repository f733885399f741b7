"""One job of the product over our own papers, done in this process against a given provider."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from langgraph.runtime import RunControl
from pydantic import SecretStr

from autonomy import services
from autonomy.core.llm import Access, Gateway, Portfolio, Providers
from autonomy.core.ports import Deps
from autonomy.core.types import RunStatus, TaskSettings, TaskSpec
from autonomy.memory.embedding import shared_embedder
from autonomy.memory.ingestion import ingest_file
from autonomy.models import Artifact, Job, Run, Source
from autonomy.runtime import queue
from autonomy.runtime.budgets_ledger import RunLedger
from autonomy.runtime.context import Segment, build_deps
from autonomy.runtime.effects import RunEffects
from autonomy.runtime.runner import Runner

GOAL = "Write a 300-word review of how cities stay cool in summer from these PDFs, Harvard style"
ROLES = ("planner", "writer", "critic", "debugger", "small")

MODELS = {
    "chat": "openai:simulated",
    "responses": "openai-responses:simulated",
    "anthropic": "anthropic:simulated",
}
"""Protocol to the model string that speaks it."""


def read_papers(owner: Any, papers: Sequence[Path]) -> None:
    """Put the papers into the owner's library."""
    for path in papers:
        name = default_storage.save(f"uploads/{uuid.uuid4()}", ContentFile(path.read_bytes()))
        source = Source.objects.create(owner=owner, file=name, file_name=path.name)
        assert ingest_file(source.id, shared_embedder()) == "ready"


def portfolio(model: str, root_url: str, key: str | None) -> Portfolio:
    """One model for everything, at one address."""
    slug = model.split(":")[0]
    secret = SecretStr(key) if key else None
    provider = "anthropic" if slug == "anthropic" else "openai"
    base = root_url if provider == "anthropic" else f"{root_url}/v1"
    return Portfolio(
        models=dict.fromkeys(ROLES, (model,)), access={slug: Access(provider, secret, base, slug)}
    )


def done(owner: Any, chosen: Portfolio, goal: str = GOAL) -> Run:
    """Start the run and drive it to its end."""
    run = services.start_run(
        owner, TaskSpec(goal=goal, journey="write", settings=TaskSettings(length_words=300))
    )

    def deps(segment: Segment) -> Deps:
        made = build_deps(segment)
        ledger, effects = RunLedger(segment.claim.fence), RunEffects(segment.claim.fence)
        models = Gateway(
            portfolio=chosen,
            ledger=ledger,
            effects=effects,
            on_event=made.events.emit,
            seconds_left=ledger.seconds_left,
            providers=Providers(),
        )
        return dataclasses.replace(made, models=models, effects=effects, budget=ledger)

    for _ in range(20):
        run.refresh_from_db()
        if run.status != RunStatus.QUEUED:
            return run
        Job.objects.filter(run=run).update(available_at=Now())  # Nobody needs to wait here.
        claim = queue.claim(1)
        assert claim is not None
        asyncio.run(Runner(deps=deps).drive(claim, RunControl()))
    raise AssertionError(f"still {run.status}")


def markdown(run: Run) -> bytes:
    """The document as Markdown, without the line that says on which day it was made."""
    document = Artifact.objects.filter(run=run, kind="document").order_by("-version").first()
    assert document is not None, run.status
    text = services.export_document(document, "md").data.decode()
    return re.sub(r"^\*\d{1,2} \w+ \d{4}\*\n\n", "", text, count=1, flags=re.MULTILINE).encode()
