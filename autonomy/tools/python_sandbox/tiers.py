"""Which tier holds here: each is attacked when the process first needs it, and used only if every
attack fails."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from autonomy.core.sandbox import Job, JobResult, NoSandbox, Profile, Sandbox, SandboxOff, Tier
from autonomy.tools.python_sandbox import canary, seccomp
from autonomy.tools.python_sandbox.limits import Limits, ProfileLimits
from autonomy.tools.python_sandbox.sandbox import PythonSandbox

ATTACKS = tuple(attack.__name__ for attack in canary.ATTACKS)
ENDLESS = "endless"
"""The last attack: a program that never ends."""
_ENDLESS_PROGRAM = "while True: pass"
_ENDLESS_SECONDS = 0.25
_TRIAL = {
    Profile.REPAIR: ProfileLimits(wall_seconds=60.0, cpu_seconds=20, memory_mb=512),
    Profile.ANALYSIS: ProfileLimits(wall_seconds=_ENDLESS_SECONDS, cpu_seconds=10, memory_mb=512),
}
_INSTALL = (
    "Install bubblewrap (Debian and Ubuntu: apt-get install bubblewrap), or allow user namespaces: "
    "sysctl -w user.max_user_namespaces=10000, on Ubuntu also "
    "kernel.apparmor_restrict_unprivileged_userns=0; in Docker, "
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined."
)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a tier stood up to its attacks."""

    tier: Tier
    got: dict[str, str]
    """Attack → what it got; empty = it failed, as it must."""
    problem: str = ""
    """Why the tier cannot be used; empty when it can."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    sandbox: Sandbox
    trials: tuple[Trial, ...] = ()


def choose(wanted: str = "auto", limits: Limits | None = None) -> Choice:
    """The strongest tier that holds, or one that is off and says what to install. Blocks for up to
    a second or two.

    Args:
        wanted: `auto`, `off`, or the only tier to try.
    """
    limits = limits or Limits()
    if wanted == Tier.OFF:
        return Choice(NoSandbox("Code execution is switched off on this server (SANDBOX=off)."))
    trials = []
    for tier in (Tier.BUBBLEWRAP, Tier.UNSHARE):
        if wanted in ("auto", tier):
            trial = attacked(tier, limits)
            trials.append(trial)
            if not trial.problem:
                return Choice(PythonSandbox(tier, limits, _program(tier)), tuple(trials))
    problems = "; ".join(f"{trial.tier}: {trial.problem}" for trial in trials)
    return Choice(
        NoSandbox(f"Code cannot be run safely on this server ({problems}). {_INSTALL}"),
        tuple(trials),
    )


def attacked(tier: Tier, limits: Limits) -> Trial:
    """Try to get out of `tier`."""
    began = time.monotonic()
    if sys.platform != "linux":
        return Trial(tier, {}, "it needs Linux")
    if not seccomp.supported():
        return Trial(tier, {}, f"there is no filter of system calls for {os.uname().machine}")
    program = _program(tier)
    if tier is Tier.BUBBLEWRAP and not program:
        return Trial(tier, {}, "bwrap is not installed")
    limits = replace(limits, profiles=_TRIAL)
    try:
        got = _attack(PythonSandbox(tier, limits, program), limits)
    except (SandboxOff, OSError) as error:
        return Trial(tier, {}, _one_line(str(error)), time.monotonic() - began)
    through = [name for name, what in got.items() if what]
    problem = f"it did not hold: {through[0]} got {got[through[0]]}" if through else ""
    return Trial(tier, got, problem, time.monotonic() - began)


def _program(tier: Tier) -> str:
    return (shutil.which("bwrap") or "") if tier is Tier.BUBBLEWRAP else ""


def _attack(sandbox: PythonSandbox, limits: Limits) -> dict[str, str]:
    """What each attack got.

    Raises:
        SandboxOff: the sandbox cannot be made, or the program in it does not run.
    """
    word = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        Path(folder).chmod(0o755)
        secret = Path(folder, "secret")
        secret.write_text(word)
        aim = {
            "secret": str(secret),
            "word": word,
            "port": server.getsockname()[1],
            "pid": os.getpid(),
            "disk_mb": limits.disk_mb,
        }
        program = Path(canary.__file__).read_text("utf-8")
        files = {"targets.json": json.dumps(aim).encode()}
        job = Job(profile=Profile.REPAIR, program=program, files=files)
        result = sandbox.run_here(job, threading.Event())
        if (Path(folder) / "planted").exists():
            raise SandboxOff("it wrote outside")
    got = _read(result, word)
    job = Job(profile=Profile.ANALYSIS, program=_ENDLESS_PROGRAM)
    ended = sandbox.run_here(job, threading.Event())
    got[ENDLESS] = "" if ended.limit else f"exit {ended.exit}"
    return got


def _read(result: JobResult, word: str) -> dict[str, str]:
    if result.limit:
        raise SandboxOff("the machine is too busy to try it")
    try:
        got = json.loads(result.stdout)
    except ValueError:
        got = None
    if result.files.get("alive") != word.encode() or not isinstance(got, dict):
        raise SandboxOff(_one_line(result.stderr) or f"a program ended with {result.exit}")
    missing = [name for name in ATTACKS if name not in got]
    if missing:
        raise SandboxOff(f"the attack {missing[0]} did not report")
    return {name: "" if got[name] is None else str(got[name]) for name in ATTACKS}


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
