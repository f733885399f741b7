"""The fault suite in short: a taste of each storm of processes, and proof that it would notice.

The whole of it is `make chaos`.
"""

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

pytestmark = pytest.mark.timeout(600)


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


@pytest.mark.parametrize("storm", ["sigkill", "sigstop", "poison"])
def test_every_promise_holds_in_a_short_storm(storm: str, chaos: Any) -> None:
    code, rows, said = chaos("--only", storm)
    assert rows, said
    assert [row for row in rows if not row["ok"]] == [], said
    assert code == 0


@pytest.mark.parametrize("storm", ["model_storm", "model_budget"])
def test_models_keep_their_promises_in_a_short_storm(storm: str, chaos: Any) -> None:
    code, rows, said = chaos("--only", storm)
    assert rows, said
    assert [row for row in rows if not row["ok"]] == [], said
    assert code == 0


def test_without_the_fence_the_suite_fails(chaos: Any) -> None:
    code, rows, said = chaos("--only", "sigstop", "--fence", "off")
    refused = next(row for row in rows if row["fault"] == "SIGSTOP: stale writes refused")
    assert not refused["ok"], said
    assert code == 1


def test_with_checkpoints_written_late_the_suite_fails(chaos: Any) -> None:
    late = ("--durability", "async", "--point", "in a slow put")
    code, rows, said = chaos("--only", "sigkill", *late)
    assert rows, said
    broken = {row["fault"] for row in rows if not row["ok"]}
    assert broken & {"SIGKILL: effects made twice", "SIGKILL: all other promises"}, said
    assert code == 1
