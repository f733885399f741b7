"""Choosing a tier: attacks decide, and where none holds the reason says what to install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autonomy.core.sandbox import Job, NoSandbox, Profile, SandboxOff, Tier
from autonomy.tools.python_sandbox import canary, linux, sandbox, tiers
from tests.autonomy.tools.python_sandbox.conftest import SHORT
from tests.stack_process import ROOT


def test_all_attacks_on_the_tier_fail(tier: Tier) -> None:
    trial = tiers.attacked(tier, SHORT)

    assert trial.problem == ""
    assert set(trial.got) == {*tiers.ATTACKS, tiers.ENDLESS}
    assert not any(trial.got.values())


def test_the_strongest_tier_that_holds_is_chosen() -> None:
    assert tiers.choose("auto", SHORT).sandbox.tier is Tier.BUBBLEWRAP
    assert tiers.choose("unshare", SHORT).sandbox.tier is Tier.UNSHARE


def test_a_tier_without_its_filter_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of one step that allows everything: the attacks must notice."""
    monkeypatch.setattr(sandbox.seccomp, "program", lambda: bytes.fromhex("060000000000ff7f"))
    trial = tiers.attacked(Tier.UNSHARE, SHORT)

    assert trial.problem.startswith("it did not hold")
    assert {"sockets", "calls"} <= {name for name, got in trial.got.items() if got}


async def test_none_is_usable_without_bubblewrap_and_namespaces(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sandbox, "LAUNCHER", _that_cannot(tmp_path))
    choice = tiers.choose("auto", SHORT)

    assert choice.sandbox.tier is Tier.OFF
    assert "bwrap is not installed" in choice.sandbox.reason
    assert "Operation not permitted" in choice.sandbox.reason
    assert "apt-get install bubblewrap" in choice.sandbox.reason
    with pytest.raises(SandboxOff, match="apt-get install bubblewrap"):
        await choice.sandbox.run(Job(profile=Profile.REPAIR, program=""))


def _that_cannot(folder: Path) -> Path:
    """A launcher whose kernel refuses namespaces."""
    script = folder / "launch.py"
    script.write_text(
        "import sys; sys.stderr.write('[Errno 1] unshare: Operation not permitted'); sys.exit(125)"
    )
    return script


def test_switched_off_is_off_without_an_attack() -> None:
    choice = tiers.choose("off", SHORT)

    assert isinstance(choice.sandbox, NoSandbox)
    assert choice.trials == ()
    assert "SANDBOX=off" in choice.sandbox.reason


def test_outside_the_canary_gets_through(tmp_path: Path) -> None:
    """The control: nothing but the sandbox keeps these attacks from succeeding."""
    (tmp_path / "secret").write_text("word")
    aim = {"secret": str(tmp_path / "secret"), "word": "word", "port": 1, "pid": os.getpid()}
    harmless = "files, writing, sockets, signals, calls, privileges"
    code = (
        f"import json, sys; sys.path.insert(0, {str(ROOT)!r});"
        f"from autonomy.tools.python_sandbox.canary import {harmless};"
        f"aim = json.loads({json.dumps(aim)!r});"
        f"print(json.dumps([bool(attack(aim)) for attack in ({harmless})]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=tmp_path, text=True
    )
    assert json.loads(done.stdout) == [True] * 6
    assert {"files", "writing", "forks", "space"} <= set(tiers.ATTACKS)
    assert canary.ATTACKS


AS_SOMEBODY = """
import json, sys
from autonomy.tools.python_sandbox import tiers
from tests.autonomy.tools.python_sandbox import as_user
print(json.dumps(as_user.told()))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="all other tests ran as an ordinary user")
def test_an_ordinary_user_has_both_tiers_too() -> None:
    """In mounts of our own, where the interpreter can be reached by somebody who is not root."""
    done = subprocess.run(
        [sys.executable, "-c", f"{_BECOME}\n{AS_SOMEBODY}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["user"] == 12345
    for tier in (Tier.BUBBLEWRAP, Tier.UNSHARE):
        assert told[tier]["problem"] == ""
        assert told[tier]["got"] == {}
        assert told[tier]["stdout"] == "65534\n"
        assert told[tier]["bomb"] == "SANDBOX_REPAIR_MEMORY_MB"


_BECOME = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from autonomy.tools.python_sandbox import linux
linux.unshare(linux.NEW_MOUNTS)
linux.mount("none", "/", "", linux.RECURSIVE | linux.PRIVATE)
home = Path({str(Path.home())!r})
base = Path(sys.base_prefix).resolve()
if base.is_relative_to(home):
    kept = os.open(base, os.O_PATH)
    linux.mount("tmpfs", str(home), "tmpfs", 0, "mode=755")
    base.mkdir(parents=True)
    linux.mount(f"/proc/self/fd/{{kept}}", str(base), "", linux.BIND | linux.RECURSIVE)
    os.close(kept)
os.setgroups([])
os.setresgid(12345, 12345, 12345)
os.setresuid(12345, 12345, 12345)
linux.prctl(linux.PR_SET_DUMPABLE, 1)
os.environ["HOME"] = str(home)
"""
assert linux.NEW_MOUNTS
