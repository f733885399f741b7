"""The fault suite as its tests run it: in short, and in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stack_process import ROOT, clean_environment

SEED = "7"
SCALE = "0.05"


@pytest.fixture
def chaos(tmp_path: Path) -> Any:
    """Runs `python -m tests.chaos` with some options: its exit code, its rows, what it printed."""

    def run(*options: str) -> tuple[int, list[dict[str, Any]], str]:
        results = tmp_path / "chaos.json"
        command = [sys.executable, "-m", "tests.chaos", "--seed", SEED, "--scale", SCALE]
        done = subprocess.run(
            [*command, "--results", str(results), *options],
            cwd=ROOT,
            env=clean_environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        rows = json.loads(results.read_text())["rows"] if results.exists() else []
        return done.returncode, rows, done.stdout

    return run
