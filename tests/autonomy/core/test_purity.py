"""The loop runs without Django: imported in a process of its own, it brings none of it along."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PURE = ("core", "agents", "tools", "library", "export")
IMPURE = ("django", "celery", "channels", "ninja", "chat", "handywriterz")
OURS = ("autonomy.models", "autonomy.memory", "autonomy.runtime", "autonomy.services")

_IMPORT_ALL = """
import importlib, json, pkgutil, sys
names = []
for root in sys.argv[1:]:
    package = importlib.import_module(root)
    names.append(root)
    names += [found.name for found in pkgutil.walk_packages(package.__path__, root + ".")]
for name in names:
    importlib.import_module(name)
print(json.dumps({"imported": names, "loaded": sorted(sys.modules)}))
"""


def _modules(package: str) -> set[str]:
    folder = ROOT / "autonomy" / package
    dotted = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in folder.rglob("*.py")
    }
    return {name.removesuffix(".__init__") for name in dotted}


def test_no_pure_module_loads_django_or_what_rests_on_it() -> None:
    wanted = set().union(*(_modules(package) for package in PURE))
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, *(f"autonomy.{package}" for package in PURE)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])

    assert wanted <= set(told["imported"])
    assert {n for n in told["loaded"] if n.split(".")[0] in IMPURE or n.startswith(OURS)} == set()


def test_every_module_of_the_core_has_its_layer() -> None:
    """A layers contract says nothing of a module that it does not name."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = " ".join(config["tool"]["importlinter"]["contracts"][0]["layers"])
    named = set(re.findall(r"autonomy\.core\.(\w+)", layers))
    there = {path.stem for path in (ROOT / "autonomy/core").iterdir() if path.stem[0] != "_"}
    assert there == named
