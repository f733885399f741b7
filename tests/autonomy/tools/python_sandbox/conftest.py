"""Every test of the sandbox runs in each tier that this machine must have."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from autonomy.core.sandbox import Job, JobResult, Profile, Tier
from autonomy.tools.python_sandbox.limits import Limits, ProfileLimits
from autonomy.tools.python_sandbox.sandbox import PythonSandbox

SHORT = Limits(
    profiles={
        Profile.REPAIR: ProfileLimits(wall_seconds=60.0, cpu_seconds=10, memory_mb=256),
        Profile.ANALYSIS: ProfileLimits(wall_seconds=150.0, cpu_seconds=60, memory_mb=1_024),
    },
    disk_mb=8,
    disk_files=300,
    output_kb=16,
    out_mb=2,
    out_files=5,
    at_once=4,
)

Run = Callable[..., JobResult]


def sandbox_of(tier: Tier, limits: Limits = SHORT) -> PythonSandbox:
    bubblewrap = shutil.which("bwrap") or ""
    if tier is Tier.BUBBLEWRAP and not bubblewrap:
        pytest.fail("bubblewrap is missing; deploy/test-tools.sh installs it")
    return PythonSandbox(tier, limits, bubblewrap if tier is Tier.BUBBLEWRAP else "")


@pytest.fixture(params=[Tier.BUBBLEWRAP, Tier.UNSHARE])
def tier(request: pytest.FixtureRequest) -> Tier:
    found: Tier = request.param
    return found


@pytest.fixture
def sandbox(tier: Tier) -> PythonSandbox:
    return sandbox_of(tier)


def job(program: str, profile: Profile = Profile.REPAIR, **more: object) -> Job:
    return Job.model_validate({"profile": profile, "program": program, **more})
