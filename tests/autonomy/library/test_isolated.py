"""Parsing in a bounded process: the same result, and no file that outlives its limits."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from autonomy.library import isolated
from autonomy.library.isolated import parse_in_subprocess
from autonomy.library.parse import parse
from autonomy.library.parsed import ParseFailure, ParseLimits
from tests.files import documents, hostile


def test_the_result_is_that_of_parsing_here(tmp_path: Path) -> None:
    path = documents.two_column_paper(tmp_path / "p.pdf")
    assert parse_in_subprocess(path, "p.pdf") == parse(path, "p.pdf")


def test_a_refusal_crosses_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(hostile.encrypted_pdf(tmp_path / "x.pdf"), "x.pdf")
    assert caught.value.code == "encrypted"
    assert "password" in caught.value.message


def test_time_that_runs_out_is_a_timeout(tmp_path: Path) -> None:
    """Python alone takes longer to start than this."""
    path = hostile.simple_pdf(tmp_path / "x.pdf")
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(path, "x.pdf", ParseLimits(timeout_seconds=0.01))
    assert caught.value.code == "timeout"


def test_memory_that_runs_out_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"All work and no play. " * 2_000_000)
    limits = ParseLimits(memory_bytes=350 * 1024 * 1024, max_chars=10**9)
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(path, "x.txt", limits)
    assert caught.value.code in ("too_large", "damaged")


def test_a_child_that_is_killed_leaves_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = isolated._start

    def start_and_kill(*args: Any) -> subprocess.Popen[bytes]:
        child = start(*args)
        os.kill(child.pid, signal.SIGKILL)
        return child

    monkeypatch.setattr(isolated, "_start", start_and_kill)
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(hostile.simple_pdf(tmp_path / "x.pdf"), "x.pdf")
    assert caught.value.code == "damaged"


def test_keys_of_this_process_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert not [value for value in isolated._environment().values() if "secret" in value]
