"""The sandbox of a process, from its settings."""

from __future__ import annotations

import asyncio

import pytest

from autonomy.core.sandbox import Job, Profile, Sandbox, Tier
from autonomy.runtime import sandboxes
from handywriterz.env import Env


def test_every_limit_is_the_setting_s() -> None:
    found = sandboxes.limits(
        Env(sandbox_analysis_seconds=7, sandbox_repair_memory_mb=300, sandbox_at_once=3)
    )
    assert found.profiles[Profile.ANALYSIS].wall_seconds == 7
    assert found.profiles[Profile.REPAIR].memory_mb == 300
    assert found.at_once == 3


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "_current", sandboxes._Current())


@pytest.mark.usefixtures("afresh")
async def test_the_port_runs_code_and_is_chosen_once() -> None:
    port: Sandbox = sandboxes.ProcessSandbox()
    job = Job(profile=Profile.REPAIR, program="print(6 * 7)")
    results = await asyncio.gather(port.run(job), port.run(job))

    assert [result.stdout for result in results] == ["42\n", "42\n"]
    assert port.tier is Tier.BUBBLEWRAP
    assert port.reason == ""
    assert sandboxes.sandbox_choice() is sandboxes.sandbox_choice()


@pytest.mark.usefixtures("afresh")
async def test_switched_off_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "env", lambda: Env(sandbox="off"))
    port = sandboxes.ProcessSandbox()

    assert port.tier is Tier.OFF
    assert "SANDBOX=off" in port.reason
