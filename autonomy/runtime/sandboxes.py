"""The sandbox of this process: chosen once, from the settings, by attacking it."""

from __future__ import annotations

import asyncio
import logging
import os
import threading

from autonomy.core.sandbox import Hearing, Job, JobResult, Profile, Sandbox, Tier
from autonomy.tools.python_sandbox.limits import Limits, ProfileLimits
from autonomy.tools.python_sandbox.tiers import Choice, choose
from handywriterz.env import Env, env

logger = logging.getLogger(__name__)


def limits(settings: Env) -> Limits:
    """The limits of one program, as they are set."""
    return Limits(
        profiles={
            Profile.REPAIR: ProfileLimits(
                settings.sandbox_repair_seconds,
                settings.sandbox_repair_cpu_seconds,
                settings.sandbox_repair_memory_mb,
            ),
            Profile.ANALYSIS: ProfileLimits(
                settings.sandbox_analysis_seconds,
                settings.sandbox_analysis_cpu_seconds,
                settings.sandbox_analysis_memory_mb,
            ),
        },
        processes=settings.sandbox_processes,
        disk_mb=settings.sandbox_disk_mb,
        disk_files=settings.sandbox_disk_files,
        output_kb=settings.sandbox_output_kb,
        in_mb=settings.sandbox_in_mb,
        in_files=settings.sandbox_in_files,
        out_mb=settings.sandbox_out_mb,
        out_files=settings.sandbox_out_files,
        at_once=settings.sandbox_at_once,
    )


class _Current:
    """The choice of this process; a fork chooses anew, since threads do not survive it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._choice: Choice | None = None

    def get(self) -> Choice:
        with self._lock:
            if self._choice is None or self._owner != os.getpid():
                settings = env()
                self._choice = choose(settings.sandbox, limits(settings))
                self._owner = os.getpid()
                _tell(self._choice)
            return self._choice


_current = _Current()


def _tell(choice: Choice) -> None:
    sandbox = choice.sandbox
    if sandbox.tier is Tier.OFF:
        logger.warning("code execution is off: %s", sandbox.reason)
    else:
        logger.info("code execution is on (%s)", sandbox.tier)


def sandbox_choice() -> Choice:
    """The sandbox of this process and how the tiers stood up to their attacks. The first call
    blocks for up to two seconds."""
    return _current.get()


class ProcessSandbox:
    """The sandbox of this process as a port (`core.sandbox.Sandbox`): chosen when first needed."""

    @property
    def tier(self) -> Tier:
        return sandbox_choice().sandbox.tier

    @property
    def reason(self) -> str:
        return sandbox_choice().sandbox.reason

    async def run(self, job: Job, hear: Hearing | None = None) -> JobResult:
        sandbox: Sandbox = (await asyncio.to_thread(sandbox_choice)).sandbox
        return await sandbox.run(job, hear)
