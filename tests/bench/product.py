"""The whole product as people meet it: starting and stopping, memory, the first sign of life of a
message, and an answer from end to end.

    python -m tests.bench.product
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure, percentile, table
from tests.bench.processes import resident_mb
from tests.journeys.client import Caller
from tests.stack_process import StackProcess

START_GOAL = 5.0
FIRST_EVENT_GOAL_MS = 300.0
ANSWER_GOAL = 1.5
MESSAGES = 25
ANSWERS = 5
PORT = 21_410

SOURCE = (
    "Tides are the rise and fall of sea levels. They are caused by the gravitational pull of the "
    "Moon and the Sun and by the rotation of the Earth. Spring tides come at new and full moon, "
    "when the pulls of the Moon and the Sun add up. Neap tides come at the quarters of the Moon, "
    "when the pulls are at right angles and partly cancel each other.\n\n"
)
QUESTION = "When do spring tides come?"


def bench() -> list[Figure]:
    stack = StackProcess(port=PORT, SIGNUP="open")
    figures = []
    try:
        figures.append(Figure("first start (new database)", stack.start().ready_seconds, "s"))
        began = time.monotonic()
        stack.stop()
        figures.append(Figure("stop", time.monotonic() - began, "s"))
        again = stack.start().ready_seconds
        figures.append(
            Figure("second start", again, "s", "", f"< {START_GOAL:g} s", again < START_GOAL)
        )
        caller = Caller(stack, "bench@example.org")
        figures += _messages(caller)
        figures += _memory(stack)
    finally:
        stack.stop()
        stack.remove()
    return figures


def _messages(caller: Caller) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tides.txt"
        path.write_text(SOURCE * 8)
        (file_id,) = caller.upload(path)
    _until_ready(caller, file_id)
    first: list[float] = []
    whole: list[float] = []
    for number in range(MESSAGES + 1):
        seen, ended = _ask(caller, file_id, to_the_end=number <= ANSWERS)
        if number:  # the first warms up
            first.append(seen * 1e3)
            whole += [ended] if number <= ANSWERS else []
    p95 = percentile(first, 0.95)
    slowest = max(whole)
    return [
        Figure("POST /api/chat to first event, p50", percentile(first, 0.5), "ms"),
        Figure(
            "POST /api/chat to first event, p95",
            p95,
            "ms",
            f"{MESSAGES} messages, one at a time",
            f"< {FIRST_EVENT_GOAL_MS:g} ms",
            p95 < FIRST_EVENT_GOAL_MS,
        ),
        Figure("answer in rule mode, end to end, p50", percentile(whole, 0.5), "s"),
        Figure(
            "answer in rule mode, end to end, slowest",
            slowest,
            "s",
            f"{ANSWERS} answers",
            f"< {ANSWER_GOAL:g} s",
            slowest < ANSWER_GOAL,
        ),
    ]


def _until_ready(caller: Caller, file_id: str) -> None:
    from tests.stack_process import eventually

    def ready() -> bool:
        return bool(caller.http.get(f"/api/files/{file_id}").json()["status"] == "ready")

    if not eventually(ready, 60, every=0.1):
        raise AssertionError("the file was not read")


def _ask(caller: Caller, file_id: str, *, to_the_end: bool) -> tuple[float, float]:
    """Seconds from sending a message to its first event at this client, and to the run's end."""
    body = {"message": QUESTION, "journey": "answer", "file_ids": [file_id]}
    began = time.monotonic()
    reply = caller.http.post("/api/chat", json=body)
    assert reply.status_code == 202, reply.text
    seen = 0.0
    with caller.http.stream("GET", f"/api/stream/{reply.json()['conversation_id']}") as stream:
        for line in stream.iter_lines():
            if not line.startswith("data:"):
                continue
            event = json.loads(line.removeprefix("data:"))
            seen = seen or time.monotonic() - began
            if event["type"] == "run.finished":
                assert event["meta"]["status"] == "succeeded", event
                return seen, time.monotonic() - began
            if not to_the_end:
                break
    assert seen, "the stream ended before an event"
    # The next message must find an idle machine.
    caller.until(str(reply.json()["run_id"]), "succeeded")
    return seen, 0.0


def _memory(stack: StackProcess) -> list[Figure]:
    names = sorted(path.stem for path in (stack.data_dir / "run").glob("*.pid"))
    sizes = [(name, resident_mb(stack.pid(name))) for name in names]
    return [Figure(f"memory: {name}", size, "MB") for name, size in sizes]


if __name__ == "__main__":
    sys.stdout.write(table(bench()))
