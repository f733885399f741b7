"""Candidates are proven in a real sandbox, whichever tier this machine must have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autonomy.core.sandbox import NoSandbox, Profile, Tier
from autonomy.tools.learnt.drift import Refused
from autonomy.tools.learnt.proof import prove
from autonomy.tools.learnt.wrapper import Wrapper
from autonomy.tools.python_sandbox.limits import Limits, ProfileLimits
from autonomy.tools.python_sandbox.sandbox import PythonSandbox
from tests.autonomy.tools.learnt import drift_suite
from tests.autonomy.tools.learnt.mutations import MUTATIONS, Mutation
from tests.autonomy.tools.python_sandbox.conftest import sandbox_of

PATIENT = Limits(
    profiles={
        Profile.REPAIR: ProfileLimits(wall_seconds=90.0, cpu_seconds=60, memory_mb=512),
        Profile.ANALYSIS: ProfileLimits(wall_seconds=40.0, cpu_seconds=30, memory_mb=1_024),
    }
)
"""A busy machine is waited for."""


@pytest.fixture(params=[Tier.BUBBLEWRAP, Tier.UNSHARE])
def sandbox(request: pytest.FixtureRequest) -> PythonSandbox:
    return sandbox_of(request.param, PATIENT)


def mutation(name: str) -> Mutation:
    return next(m for m in MUTATIONS if m.name == name)


async def candidate(name: str) -> tuple[Mutation, drift_suite.Mended]:
    found = await drift_suite.repaired(mutation(name))
    assert not isinstance(found, Refused)
    return mutation(name), found


@pytest.mark.parametrize(
    "name",
    [
        "two fields at once",
        "items and next in objects of their own",
        "CSV",
        "renamed, in the words of a framework",
        "202 with the whole answer",
    ],
)
async def test_what_is_right_is_proven(name: str, sandbox: PythonSandbox) -> None:
    change, found = await candidate(name)
    proof = await prove(
        change.api.tool(), found.candidate.text, change.api.recordings(), found.fresh, sandbox
    )
    assert proof.passed, proof.reason
    assert proof.recorded == len(change.api.recorded)
    assert proof.fresh > 1
    assert proof.broken >= 1
    assert proof.tier == sandbox.tier


BAD = {
    "an old answer gives another result": lambda w: replace(
        w, responses=(*w.responses, ("drop", {"at": "/items/*/subtitle"}))
    ),
    "a value is another": lambda w: replace(
        w, responses=(*w.responses, ("constant", {"at": "/total", "value": 1}))
    ),
    "nothing needs it": lambda w: replace(
        w, responses=(*w.responses, ("wrap", {"at": "/items/*/nothing"}))
    ),
    "half of it is missing": lambda w: replace(w, responses=w.responses[:1]),
}


@pytest.mark.parametrize("why", BAD)
async def test_what_is_wrong_is_not(why: str) -> None:
    change, found = await candidate("two fields at once")
    worse = BAD[why](Wrapper.parse(found.candidate.text)).text()
    proof = await prove(
        change.api.tool(),
        worse,
        change.api.recordings(),
        found.fresh,
        sandbox_of(Tier.UNSHARE, PATIENT),
    )
    assert not proof.passed
    assert "tests failed" in proof.reason


async def test_without_a_sandbox_nothing_is_proven_and_the_reason_is_told() -> None:
    change, found = await candidate("two fields at once")
    proof = await prove(
        change.api.tool(),
        found.candidate.text,
        change.api.recordings(),
        found.fresh,
        NoSandbox("Install bubblewrap."),
    )
    assert not proof.passed
    assert proof.off
    assert "Install bubblewrap" in proof.reason


async def test_a_candidate_that_changes_nothing_is_no_candidate() -> None:
    change, found = await candidate("two fields at once")
    tool = change.api.tool(found.candidate.text)
    proof = await prove(
        tool, found.candidate.text, change.api.recordings(), found.fresh, NoSandbox()
    )
    assert proof.reason == "It changes nothing."
