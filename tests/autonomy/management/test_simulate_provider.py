"""`manage.py simulate_provider` as a process: it says what it is, serves, and stops on a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[3]
Start = Callable[..., tuple[str, str]]


@pytest.fixture
def start(free_port: int) -> Iterator[Start]:
    """Starts the command; its address and what it said."""
    running: list[subprocess.Popen[str]] = []

    def go(*options: str) -> tuple[str, str]:
        command = [sys.executable, "manage.py", "simulate_provider", "--port", str(free_port)]
        process = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        return f"http://127.0.0.1:{free_port}", said

    yield go
    for process in running:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_it_says_that_it_makes_its_answers_up_and_how_to_use_it(start: Start) -> None:
    url, said = start("--api-key", "sk-mine", "--plan", "503,")

    assert "made up by rules" in said
    assert f"OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY=sk-mine" in said
    assert f"ANTHROPIC_BASE_URL={url} " in said
    body = {"model": "simulated", "max_tokens": 99, "messages": [{"role": "user", "content": "Hi"}]}
    codes = [
        httpx.post(f"{url}/v1/messages", json=body, headers={"x-api-key": key}).status_code
        for key in ("sk-other", "sk-mine", "sk-mine")
    ]
    assert codes == [401, 529, 200]


def test_a_recording_is_served_without_a_key(start: Start) -> None:
    file = ROOT / "tests" / "providers" / "recordings" / "review.jsonl"
    url, said = start("--replay", str(file))

    assert "nothing leaves this machine" in said
    answer = httpx.post(f"{url}/v1/chat/completions", json={"model": "simulated"})
    assert answer.json()["error"]["code"] == "not_in_recording"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--faults", "flood=1"], "no fault “flood”"),
        (["--record", "somewhere.jsonl"], "belong together"),
        (["--replay", "/nowhere.jsonl"], "nowhere"),
        (["--schedule", "up"], "not a state and its seconds"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(options: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate_provider", *options)


def test_an_installation_without_the_tests_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tests.providers.command_line", None)
    monkeypatch.delattr("tests.providers.command_line", raising=False)

    with pytest.raises(CommandError, match="checkout of the whole repository"):
        call_command("simulate_provider")
