from __future__ import annotations

import os
from pathlib import Path

import pytest

from handywriterz.stack import account
from handywriterz.stack.account import (
    CAP_DAC_OVERRIDE,
    CAP_DAC_READ_SEARCH,
    Account,
    choose_account,
)
from handywriterz.stack.addresses import StackError

NOBODY = 65534


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account, "_lent", lambda: (NOBODY, NOBODY))


def closed(path: Path) -> Path:
    """`path` below a folder that only its owner may enter."""
    (path / "closed").mkdir(mode=0o700)
    return path / "closed" / "postgres"


def test_an_ordinary_user_runs_the_servers_as_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid)
    if os.geteuid() == 0:
        monkeypatch.setattr(os, "geteuid", lambda: 4321)
        os.chown(tmp_path, 4321, 4321)
    assert choose_account(tmp_path, [tmp_path]) == Account()


def test_another_users_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(StackError, match="start as that user"):
        choose_account(tmp_path, [])


@pytest.mark.usefixtures("as_root")
def test_root_keeps_no_capability_where_the_lent_user_can_go(tmp_path: Path) -> None:
    assert choose_account(Path("/usr/new"), [Path("/usr/bin/env")]) == Account((NOBODY, NOBODY))


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize(
    ("held", "kept"),
    [
        (1 << CAP_DAC_READ_SEARCH | 1 << CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH),
        (1 << CAP_DAC_OVERRIDE, CAP_DAC_OVERRIDE),
    ],
)
def test_root_keeps_the_least_capability_that_passes_closed_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int, kept: int
) -> None:
    monkeypatch.setattr(account, "_held", lambda: held)
    state = closed(tmp_path)
    assert choose_account(state, [state]) == Account((NOBODY, NOBODY), kept)


@pytest.mark.usefixtures("as_root")
def test_root_without_capabilities_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "_held", lambda: 0)
    state = closed(tmp_path)
    with pytest.raises(StackError, match="start HandyWriterz as an ordinary user"):
        choose_account(state, [state])
