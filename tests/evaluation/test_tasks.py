"""Each task of the evaluation passes with one seed, and fails without the behaviour it proves.

`make evaluate` does the same with many seeds.
"""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy.evaluation import task
from autonomy.evaluation.results import Result, Round
from tests.evaluation.__main__ import Evaluated, evaluated
from tests.stack_process import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SEED = 1


@pytest.fixture(scope="module")
def deployment() -> Iterator[Evaluated]:
    with evaluated() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluation")


@pytest.fixture(scope="module")
def made(deployment: Evaluated, folder: Path) -> Round:
    """One round: all tasks at once, as `make evaluate` runs them."""
    arguments = ("--seeds=1", f"--first-seed={SEED}", "--off=1", "--at-once=8")
    done = subprocess.run(
        deployment.command(*arguments, results=folder),
        cwd=ROOT,
        env=deployment.stack.environment,
        text=True,
        capture_output=True,
        timeout=800,
        check=False,
    )
    print(done.stdout)
    assert (folder / "results.json").exists(), done.stdout + done.stderr + deployment.stack.logs()
    return Round.read((folder / "results.json").read_text(encoding="utf-8"))


def result(made: Round, name: str, *, off: bool) -> Result:
    (found,) = (r for r in made.results if r.task == name and bool(r.without) == off)
    return found


@pytest.mark.parametrize("name", task.names())
def test_a_task_passes(made: Round, name: str) -> None:
    found = result(made, name, off=False)

    assert found.complaints == []


@pytest.mark.parametrize("name", task.names())
def test_a_task_fails_without_the_behaviour_that_it_proves(made: Round, name: str) -> None:
    found = result(made, name, off=True)

    assert found.without == task.load(name).switch
    assert found.complaints
    assert found.run_id, f"the run was never judged: {found.complaints}"


def test_the_round_is_told_as_junit_as_json_and_on_the_operator_s_page(
    made: Round, folder: Path, deployment: Evaluated
) -> None:
    suites = ET.parse(folder / "junit.xml").getroot()  # noqa: S314 - our own file
    cases = suites.findall("testsuite/testcase")
    assert len(cases) == len(made.results) == 2 * len(task.names())

    first = deployment.stack.manage("evaluate", "record", str(folder / "results.json")).stdout
    again = deployment.stack.manage("evaluate", "record", str(folder / "results.json")).stdout
    assert "Kept" in first
    assert "already" in again
