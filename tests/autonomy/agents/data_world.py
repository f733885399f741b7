"""The small world of the agents with data files in it, and a sandbox that is real."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import tempfile
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from autonomy.core.analysis import Provenance, TableRead, TableUnreadable
from autonomy.core.ports import Deps
from autonomy.core.sandbox import Sandbox
from autonomy.core.types import Passage, Source
from autonomy.export.document import Document
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.library.tabular import read_table
from autonomy.tools.python_sandbox.limits import Limits
from autonomy.tools.python_sandbox.tiers import choose
from tests.autonomy.agents.world import FISHERY, REEFS, MemoryLibrary, make_deps, make_source


@cache
def real_sandbox() -> Sandbox:
    """The strongest that this machine has; tests need one."""
    chosen = choose("auto", Limits()).sandbox
    assert not chosen.reason, chosen.reason
    return chosen


class MemoryTables:
    """Tables by source id, read in this process."""

    def __init__(self, files: Mapping[str, tuple[str, bytes]]) -> None:
        self._files = files

    async def read(self, source_id: str) -> TableRead:
        name, content = self._files[source_id]
        with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as file:
            file.write(content)
            file.flush()
            try:
                table = read_table(Path(file.name), name, ParseLimits(max_table_rows=200_000))
            except ParseFailure as failure:
                raise TableUnreadable(failure.message) from failure
        digest = hashlib.sha256(content).hexdigest()
        return table.model_copy(update={"source_sha256": digest})


class DataLibrary(MemoryLibrary):
    """Rows of a table are no opening, as in the real library."""

    async def opening(self, source_id: str, *, limit: int = 6) -> list[Passage]:
        if source_id.endswith(".csv"):
            return []
        return await super().opening(source_id, limit=limit)


def data_source(name: str, content: bytes) -> tuple[Source, list[Passage]]:
    text = "\n".join(content.decode("utf-8", "replace").splitlines()[:5])
    csl = {"type": "dataset", "title": name.rpartition(".")[0]}
    passage = Passage(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        source_id=name,
        text=text,
        char_end=len(text),
    )
    return Source(id=name, csl=csl, file_name=name, passages=1), [passage]


def data_deps(
    goal: str,
    files: Mapping[str, bytes],
    *,
    sandbox: Sandbox | None = None,
    papers: bool = False,
    **settings: Any,
) -> Deps:
    """Deps of a run with `files` (name to bytes) attached, and the two test papers if wanted."""
    works = [data_source(name, content) for name, content in files.items()]
    ids = tuple(files)
    if papers:
        works = [
            make_source("reefs", "Ten years on the reefs of Marra", "Okoye", 2019, REEFS),
            make_source("fishery", "Closed seasons and grazing fish", "Lindqvist", 2021, FISHERY),
            *works,
        ]
        ids = ("reefs", "fishery", *ids)
    deps = make_deps(goal, library=DataLibrary(*works), source_ids=ids, **settings)
    return dataclasses.replace(
        deps,
        sandbox=sandbox or real_sandbox(),
        tables=MemoryTables({name: (name, content) for name, content in files.items()}),
    )


def filled(document: Document, deps: Deps) -> Document:
    """The document as it is exported: pictures and provenance put in."""
    bodies: dict[str, dict[str, Any]] = deps.artifacts.bodies  # type: ignore[attr-defined]
    exhibits = [
        exhibit.model_copy(update={"png": base64.b64decode(bodies[exhibit.artifact_id]["png"])})
        if exhibit.kind == "figure"
        else exhibit
        for exhibit in document.exhibits
    ]
    provenance = [Provenance.model_validate(bodies[a]["provenance"]) for a in document.analyses]
    return document.model_copy(
        update={"exhibits": tuple(exhibits), "provenance": tuple(provenance)}
    )
