"""Running code that nobody vouches for: what is asked of the sandbox, and what it says of the run."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from autonomy.core.value import Value


class Profile(StrEnum):
    """What the code is for; each has its own limits and its own read-only environment."""

    REPAIR = "repair"
    """Tests of a mended tool: the standard library and what the tests need, short limits."""
    ANALYSIS = "analysis"
    """Data analysis: numpy, pandas and matplotlib, with more time and memory."""


class Tier(StrEnum):
    """How code is held, strongest first."""

    BUBBLEWRAP = "bubblewrap"
    UNSHARE = "unshare"
    OFF = "off"


class Job(Value):
    """One program to run. It sees its own folder and the read-only environment, nothing else."""

    profile: Profile
    program: str
    """Python source, run as `main.py`."""
    files: dict[str, bytes] = {}
    """Copied in: relative path → bytes. Files that the program leaves under `out/` are copied out."""
    tests: tuple[str, ...] = ()
    """Ids of tests that must report; the program is then a pytest file. A verdict counts only when
    it comes from the process that watches the tests, never from the tested code."""


class TestOutcome(StrEnum):
    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    MISSING = "missing"
    """It never reported, so it did not pass."""


class TestResult(Value):
    __test__ = False

    outcome: TestOutcome
    message: str = ""


class JobResult(Value):
    tier: Tier
    exit: int | None
    """Exit status; negative for a signal; None when the job was ended for a limit."""
    limit: str = ""
    """The setting whose limit ended it, else empty."""
    stdout: str = ""
    stderr: str = ""
    """Both capped; a cut one ends with a line that says so."""
    files: dict[str, bytes] = {}
    tests: dict[str, TestResult] = {}
    """Every id of `Job.tests`, whatever happened."""
    seconds: float = Field(ge=0)

    @property
    def passed(self) -> bool:
        """Whether every expected test reported that it passed."""
        return bool(self.tests) and all(
            result.outcome is TestOutcome.PASSED for result in self.tests.values()
        )


class SandboxOff(Exception):
    """No usable isolation here; the message says what to install."""


class JobRefused(ValueError):
    """The job itself cannot be run; the message says why."""


Hearing = Callable[[str], None]
"""Takes one line of what a program prints, while it runs. It is the program's word, nobody's else."""


class Sandbox(Protocol):
    """Where code runs."""

    @property
    def tier(self) -> Tier: ...

    @property
    def reason(self) -> str:
        """Why it is off, and what to install; empty when it works."""
        ...

    async def run(self, job: Job, hear: Hearing | None = None) -> JobResult:
        """Run it within the limits of its profile.

        Args:
            hear: called in the caller's event loop with each whole line of `stdout`, as far as that
                is kept.

        Raises:
            JobRefused: a file has a bad name, or there are too many or too large ones.
            SandboxOff: there is no usable isolation.
        """
        ...


class NoSandbox:
    """Code execution is off."""

    tier = Tier.OFF

    def __init__(self, reason: str = "Code execution is off on this server.") -> None:
        self.reason = reason

    async def run(self, job: Job, hear: Hearing | None = None) -> JobResult:
        raise SandboxOff(self.reason)
