from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from handywriterz.stack import redis_server
from handywriterz.stack.addresses import StackError
from handywriterz.stack.redis_server import server


def program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def only(monkeypatch: pytest.MonkeyPatch, *programs: Path) -> None:
    monkeypatch.setattr(redis_server, "_candidates", lambda: iter(programs))


def test_the_first_recent_server_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = program(tmp_path, "old", "Redis server v=6.0.16 sha=0")
    new = program(tmp_path, "new", "Valkey server v=8.1.0 sha=0")
    only(monkeypatch, tmp_path / "missing", old, new)
    assert server() == new


def test_without_a_server_the_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, program(tmp_path, "broken", "not a server"))
    with pytest.raises(StackError, match="install redis-server or valkey-server"):
        server()


def test_the_systems_own_server_comes_before_the_packaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = program(tmp_path / "bin", "valkey-server", "Valkey server v=8.1.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(
        shutil,
        "which",
        lambda name, path: str(own) if name == own.name and str(own.parent) in path else None,
    )
    assert next(redis_server._candidates()) == own
