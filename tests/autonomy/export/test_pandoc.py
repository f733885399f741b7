from __future__ import annotations

import pytest

from autonomy.export import pandoc
from autonomy.export.pandoc import PandocError, run_pandoc


def test_pandoc_writes_what_it_is_given() -> None:
    assert run_pandoc(["-f", "commonmark", "-t", "plain"], "*hello*").decode() == "hello\n"


def test_the_sandbox_hides_files() -> None:
    text = ".. include:: /etc/passwd\n"
    assert b"root:" not in run_pandoc(["-f", "rst", "-t", "plain"], text)


def test_a_failure_carries_pandocs_words() -> None:
    with pytest.raises(PandocError, match="nosuchformat"):
        run_pandoc(["-f", "nosuchformat"], "")


def test_slow_work_is_stopped() -> None:
    with pytest.raises(PandocError, match="longer than"):
        run_pandoc(["-f", "markdown", "-t", "html"], "[" * 60_000, timeout=0.05)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandoc, "_MEMORY", ("+RTS", "-M4M", "-RTS"))
    with pytest.raises(PandocError, match="251"):
        run_pandoc(["-f", "commonmark", "-t", "native"], "word and *word*\n\n" * 5_000)
