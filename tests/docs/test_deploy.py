"""`deploy/compose.yaml` runs the same commands as the embedded stack."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from handywriterz.env import Env
from handywriterz.stack.parts import WORKERS, web, worker

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())


def as_container(command: list[str]) -> list[str]:
    return ["python" if part == sys.executable else part for part in command]


def test_the_web_container_runs_what_make_run_runs() -> None:
    assert COMPOSE["services"]["web"]["command"] == as_container(web("0.0.0.0", 8000))  # noqa: S104


@pytest.mark.parametrize("queue", WORKERS)
def test_the_workers_run_what_make_run_runs(queue: str) -> None:
    assert COMPOSE["services"][queue]["command"] == as_container(worker(queue))


def test_every_variable_it_sets_is_one_that_the_program_reads() -> None:
    known = {name.upper() for name in Env.model_fields}
    providers = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"}
    assert set(COMPOSE["x-app"]["environment"]) <= known | providers


def test_the_files_that_the_image_copies_exist() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (.+)$", text, re.M):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
