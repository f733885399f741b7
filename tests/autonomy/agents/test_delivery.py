"""What is handed over: without claims that the sources do not bear out, and with what is in doubt
written down."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import BaseModel

from autonomy.core.packing import Prompt
from autonomy.core.types import (
    CitationVerdict,
    ReferenceCheck,
    ReferenceVerdict,
    Source,
    StopReason,
)
from autonomy.export.structure import check_structure
from tests.autonomy.agents.test_loop import GOAL, Ride
from tests.autonomy.agents.world import NoModels, make_deps, make_library


class Inventive(NoModels):
    """A writer that adds an invented number to every section, and a critic who likes everything."""

    def __init__(self, verdict: str = "supported", invented: str = "") -> None:
        self.verdict = verdict
        self.invented = invented

    def available(self, role: str) -> bool:
        return role in ("writer", "critic")

    async def text(self, role: str, *, key: str, prompt: Prompt, on_token: Any = None) -> str:
        text = "\n".join(part.text for part in prompt.parts)
        ids = re.findall(r"<<<\w+ passage (\w+):", text)
        said = re.findall(r"<<<\w+ passage \w+:[^\n]*\n([^.]*\.)", text)
        true = [
            f"Here “{s.rstrip('.')}” is what stands there [[p:{i}]]."
            for i, s in zip(ids, said, strict=False)
        ]
        false = f"{self.invented} [[p:{ids[0]}]]." if ids and self.invented else ""
        return " ".join([*true[:3], false, *true[3:]]) or "The sections say what they say."

    async def structured(
        self, role: str, *, key: str, prompt: Prompt, output: type[BaseModel]
    ) -> Any:
        text = "\n".join(part.text for part in prompt.parts)
        markers = re.findall(r"<<<\w+ claim (\d+)\n", text)
        return output.model_validate(
            {
                "verdicts": [
                    {"marker": m, "verdict": self.verdict, "reason": "Said."} for m in markers
                ]
            }
        )


FISH = "Grazing fish and coral on closed reefs were counted for a decade by 4711 divers"


class Registries:
    """`ports.References` that says what it is told."""

    def __init__(self, *checks: ReferenceCheck) -> None:
        self.checks = {c.source_id: c for c in checks}

    async def check(
        self, sources: Sequence[Source], *, key: str, ask: bool = True
    ) -> list[ReferenceCheck]:
        return [self.checks[s.id] for s in sources if s.id in self.checks]


async def ride(models: NoModels | None = None, *checks: ReferenceCheck, goal: str = GOAL) -> Ride:
    deps = dataclasses.replace(
        make_deps(goal), models=models or NoModels(), references=Registries(*checks)
    )
    return await Ride(deps).go()


@pytest.mark.parametrize("verdict", ["unsupported", "contradicted"])
async def test_claims_that_stay_unborne_after_revision_are_taken_out(verdict: str) -> None:
    done = await ride(Inventive(verdict, FISH))
    deps: Any = done.deps

    assert done.state["revisions"] == deps.journey.max_revisions, "revision comes first"
    assert not any("4711" in s.markdown for s in done.document.sections)
    assert check_structure(done.document) == []
    report = deps.artifacts.bodies[[i for i in deps.artifacts.bodies if i.startswith("report")][-1]]
    assert any("4711" in r["text"] for r in report["removed"])
    gates = {g.gate: g for g in done.state["verdict"].gates}
    assert gates["citations"].passed


async def test_a_kind_judge_cannot_carry_an_invented_number_through_as_supported() -> None:
    done = await ride(Inventive("supported", FISH))
    deps: Any = done.deps

    invented = [c for c in deps.artifacts.checks if "4711" in c.claim]
    assert invented
    assert {c.verdict for c in invented} == {CitationVerdict.PARTLY}


async def test_a_retracted_work_is_not_cited_and_the_rest_is_delivered() -> None:
    gone = ReferenceCheck(source_id="reefs", verdict=ReferenceVerdict.VERIFIED, retracted=True)

    done = await ride(None, gone)

    assert {s.id for s in done.document.sources} == {"fishery"}
    assert check_structure(done.document) == []


async def test_a_library_that_knows_of_a_retraction_never_writes_from_it() -> None:
    library = make_library()
    reefs = library.works["reefs"]
    library.works["reefs"] = reefs.model_copy(update={"retracted": True})

    done = await Ride(make_deps(GOAL, library=library)).go()

    deps: Any = done.deps
    drafts = [b for i, b in deps.artifacts.bodies.items() if i.startswith("document")]
    assert drafts
    assert not any(s["id"] == "reefs" for draft in drafts for s in draft["sources"])


@pytest.mark.parametrize(("search", "asked"), [("files", False), ("auto", True)])
async def test_who_keeps_to_their_files_has_no_registry_told_of_them(
    search: str, asked: bool
) -> None:
    told: list[bool] = []

    class Noting(Registries):
        async def check(
            self, sources: Sequence[Source], *, key: str, ask: bool = True
        ) -> list[ReferenceCheck]:
            told.append(ask)
            return []

    await Ride(dataclasses.replace(make_deps(GOAL, search=search), references=Noting())).go()

    assert set(told) == {asked}


async def test_registries_that_cannot_be_asked_hold_nothing_back() -> None:
    silent = ReferenceCheck(
        source_id="reefs", verdict=ReferenceVerdict.UNREACHABLE, reason="Nobody answered."
    )

    done = await ride(None, silent)
    deps: Any = done.deps

    assert done.state["stop_reason"] == StopReason.COMPLETED
    gates = {g.gate: g for g in done.state["verdict"].gates}
    assert gates["registries"].observed == "1 unreachable"
    assert any(i.startswith("report") for i in deps.artifacts.bodies)
