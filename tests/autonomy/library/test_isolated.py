"""Parsing in a bounded process: the same result, and no file that outlives its limits."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from autonomy.library import isolated
from autonomy.library.isolated import parse_in_subprocess
from autonomy.library.parse import parse
from autonomy.library.parsed import ParsedPage, ParseFailure, ParseLimits
from tests.files import documents, hostile


def test_the_result_is_that_of_parsing_here(tmp_path: Path) -> None:
    path = documents.two_column_paper(tmp_path / "p.pdf")
    assert parse_in_subprocess(path, "p.pdf") == parse(path, "p.pdf")


def test_a_refusal_crosses_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(hostile.encrypted_pdf(tmp_path / "x.pdf"), "x.pdf")
    assert caught.value.code == "encrypted"
    assert "password" in caught.value.message


def test_pages_come_in_batches_that_make_up_the_document(tmp_path: Path) -> None:
    path = documents.book_of_pages(tmp_path / "x.pdf", 21)
    batches: list[list[int | None]] = []

    def take(pages: Sequence[ParsedPage], total: int | None) -> None:
        assert total == 21
        batches.append([page.number for page in pages])

    document = parse_in_subprocess(path, "x.pdf", on_pages=take)
    assert len(batches) > 1
    assert [number for batch in batches for number in batch] == list(range(1, 22))
    assert [page.number for page in document.pages] == list(range(1, 22))
    assert document == parse(path, "x.pdf")


def test_a_resumed_document_has_the_pages_that_the_whole_one_has(tmp_path: Path) -> None:
    path = documents.book_of_pages(tmp_path / "x.pdf", 21)
    whole = parse(path, "x.pdf")
    rest = parse_in_subprocess(path, "x.pdf", first_page=18)
    assert rest.pages == whole.pages[17:]
    assert (rest.page_count, rest.metadata) == (21, whole.metadata)


def test_what_the_asker_raises_ends_the_parse(tmp_path: Path) -> None:
    def stop(pages: Sequence[ParsedPage], total: int | None) -> None:
        raise KeyError("enough")

    path = documents.book_of_pages(tmp_path / "x.pdf", 21)
    with pytest.raises(KeyError):
        parse_in_subprocess(path, "x.pdf", on_pages=stop)
    assert parse_in_subprocess(path, "x.pdf").page_count == 21


def test_time_that_runs_out_is_a_timeout(tmp_path: Path) -> None:
    path = documents.book_of_pages(tmp_path / "x.pdf", 60)
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(path, "x.pdf", ParseLimits(timeout_seconds=0.001))
    assert caught.value.code == "timeout"


def test_memory_that_runs_out_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"All work and no play. " * 2_000_000)
    limits = ParseLimits(memory_bytes=350 * 1024 * 1024, max_chars=10**9)
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(path, "x.txt", limits)
    assert caught.value.code in ("too_large", "damaged")


def test_more_output_than_allowed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"All work and no play. " * 20_000)
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(path, "x.txt", ParseLimits(max_output_bytes=100_000))
    assert caught.value.code == "too_large"


def test_a_process_that_is_killed_leaves_a_sentence_and_the_next_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hostile.simple_pdf(tmp_path / "x.pdf")
    ask = isolated._Server.ask

    def ask_and_kill(server: isolated._Server, request: Any) -> socket.socket:
        os.killpg(server._process.pid, signal.SIGSTOP)  # it must not be done before it dies
        answers = ask(server, request)
        os.killpg(server._process.pid, signal.SIGKILL)
        return answers

    with monkeypatch.context() as patch:
        patch.setattr(isolated._Server, "ask", ask_and_kill)
        with pytest.raises(ParseFailure) as caught:
            parse_in_subprocess(path, "x.pdf")
    assert caught.value.code == "damaged"
    assert parse_in_subprocess(path, "x.pdf").page_count == 2


def test_the_server_ends_with_the_process_that_started_it() -> None:
    code = (
        "import os, sys; from autonomy.library import isolated;"
        "print(isolated._current.get()._process.pid, flush=True); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    server = int(done.stdout)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{server}").exists() and time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(server, os.WNOHANG)
    assert not Path(f"/proc/{server}").exists()


def test_a_confined_process_reaches_no_network() -> None:
    code = (
        "from autonomy.library.confine import confine; from autonomy.library.parsed import ParseLimits;"
        "import socket; confine(ParseLimits())\n"
        "try: socket.socket()\nexcept PermissionError: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "refused\n"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "a\x00b.pdf", "x" * 4096, "", "…\u202e.pdf"]
)
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    assert parse_in_subprocess(hostile.simple_pdf(tmp_path / "x"), name).page_count == 2


def test_keys_of_this_process_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert not [value for value in isolated._environment().values() if "secret" in value]
