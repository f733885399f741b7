"""Attacks that must fail in every tier, and that succeed where nothing holds them."""

from __future__ import annotations

import json
import os
import platform
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from autonomy.core.sandbox import Profile, Tier
from autonomy.tools.python_sandbox import syscalls
from tests.autonomy.tools.python_sandbox import attacks
from tests.autonomy.tools.python_sandbox.arena import PROGRAM, Arena, arena
from tests.autonomy.tools.python_sandbox.conftest import job, sandbox_of

NAMES = [attack.__name__ for attack in attacks.ATTACKS]
CONTROLLED = [name for name in NAMES if name not in attacks.UNCONTROLLED]


@pytest.fixture(scope="module")
def place() -> Iterator[Arena]:
    with arena() as found:
        yield found


@pytest.fixture(scope="module")
def outside(place: Arena) -> dict[str, str]:
    return place.unconfined()


@dataclass
class Assault:
    got: dict[str, str]
    heard: list[str]


@pytest.fixture(scope="module")
def assaults(place: Arena, outside: dict[str, str]) -> dict[Tier, Assault]:
    """All attacks, in each tier; `outside` has found the listeners before."""
    assert set(place.heard) == {"path", "abstract", "tcp"}
    found = {}
    for tier in (Tier.BUBBLEWRAP, Tier.UNSHARE):
        place.heard.clear()
        files = {"targets.json": json.dumps(place.aims).encode()}
        attack = job(PROGRAM.read_text(), Profile.ANALYSIS, files=files)
        result = sandbox_of(tier).run_here(attack, threading.Event())
        assert (result.exit, result.limit) == (0, ""), result.stderr
        found[tier] = Assault(json.loads(result.stdout.splitlines()[-1]), list(place.heard))
    return found


@pytest.mark.parametrize("name", CONTROLLED)
def test_the_attack_succeeds_outside(outside: dict[str, str], name: str) -> None:
    if name in attacks.ROOT_ONLY and os.geteuid() != 0:
        pytest.skip("only root can do this at all")
    assert outside[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_attack_is_held(assaults: dict[Tier, Assault], tier: Tier, name: str) -> None:
    assert assaults[tier].got[name] == ""


def test_nobody_outside_was_reached(
    assaults: dict[Tier, Assault], tier: Tier, place: Arena
) -> None:
    assert assaults[tier].heard == []
    assert place.victim.poll() is None
    assert not (place.folder / "planted").exists()


_EVERY_CALL = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
nothing = [ctypes.c_long(-1)] * 6
known = set(json.load(open("known.json")))
answers = {}
for number in [n for n in range(1_100) if n not in known]:
    done = libc.syscall(ctypes.c_long(number), *nothing)
    answers[number] = 0 if done >= 0 else ctypes.get_errno()
print(json.dumps({n: e for n, e in answers.items() if e != 38}), len(answers))
"""


def test_every_other_system_call_does_not_exist(tier: Tier) -> None:
    """Those of kernels to come among them; each is made, with arguments that none takes."""
    column = syscalls.MACHINES[platform.machine()]
    table = {**syscalls.ALLOWED, **syscalls.EXAMINED}
    known = [numbers[column] for numbers in table.values()]
    # uretprobe and uprobe pass by every filter, and end whoever calls them without a probe.
    known += (335, 336) if platform.machine() == "x86_64" else ()
    files = {"known.json": json.dumps(known).encode()}
    result = sandbox_of(tier).run_here(job(_EVERY_CALL, files=files), threading.Event())

    strange, _, tried = result.stdout.strip().rpartition(" ")
    assert json.loads(strange) == {}, result.stderr
    assert int(tried) > 700
