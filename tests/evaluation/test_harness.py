"""What a round leaves when it is ended early, and what becomes of a run that is given up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autonomy.evaluation import finished, harness
from autonomy.evaluation.harness import Harness, Job
from autonomy.evaluation.results import Result, Round
from autonomy.evaluation.task import Task
from tests.learnt.serving import Asked, Reply, serving

TASK = Task(
    name="idle",
    proves="Nothing.",
    switch="retries",
    setup={"request": {"goal": "Write about {topic}"}},
    rules=[],
    seconds=60.0,
)


async def new_key(name: str, without: str) -> str:
    return "hw_key"


async def test_each_result_is_written_as_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[tuple[int, bool]] = []

    async def run(self: Harness, job: Job) -> Result:
        if job.seed == 3:  # the round is killed here: what it has left is read
            found = Round.read((tmp_path / "results.json").read_text())
            left.append((len(found.results), found.finished))
        return Result(job.task.name, job.seed, job.without, [], run_id="r")

    monkeypatch.setattr(Harness, "_run", run)
    outside: Any = None
    made = Harness(
        "http://x",
        outside,
        new_key,
        "1",
        at_once=1,
        on_result=lambda _, so_far: so_far.write(tmp_path),
    )
    whole = await made.round([TASK], [1, 2, 3], [])

    assert left == [(2, False)]
    assert (len(whole.results), whole.finished) == (3, True)
    assert "idle" in (tmp_path / "junit.xml").read_text()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(("status", "cancelled"), [("running", True), ("succeeded", False)])
async def test_a_run_that_is_given_up_is_cancelled(
    monkeypatch: pytest.MonkeyPatch, status: str, cancelled: bool
) -> None:
    def product(asked: Asked) -> Reply:
        if asked.path == "/api/chat":
            return Reply({"run_id": "r1"}, 202)
        return Reply({}, 202 if asked.path.endswith("/cancel") else 500)

    looked: list[str] = []

    def told(run_id: str) -> str:
        looked.append(run_id)
        if cancelled and len(looked) == 1:
            raise TimeoutError  # the time is over while the run is watched
        return status

    monkeypatch.setattr(finished, "status", told)
    monkeypatch.setattr(harness, "sync_to_async", _directly)
    with serving(product) as served:
        outside: Any = None
        result = await Harness(served.base, outside, new_key, "1")._run(Job(TASK, 1, "retries"))

    asked = [f"{one.method} {one.path}" for one in served.asked]
    assert ("POST /api/v2/runs/r1/cancel" in asked) == cancelled
    assert not result.judged
    assert not result.as_it_should, "with its behaviour off it shows nothing"
    if cancelled:
        assert result.complaints == ["the run was not over after 60 s"]
        sent = json.loads(next(one.body for one in served.asked if one.path == "/api/chat"))
        assert sent["message"].startswith("Write about")


def _directly(function: Any) -> Any:
    async def call(*given: Any) -> Any:
        return function(*given)

    return call
