from __future__ import annotations

from pathlib import Path

import pytest

from handywriterz.stack import preparation
from handywriterz.stack.addresses import StackError, logs_dir, run_dir
from handywriterz.stack.preparation import collect_static, migrate


class Database:
    """Stands for PostgreSQL: answers with the fingerprint that the test gives it."""

    def __init__(self) -> None:
        self.applied = ""

    async def query(self, sql: str) -> str:
        if not self.applied:
            raise StackError("no such table")
        return self.applied


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one migration and one static file; commands are only recorded."""
    (tmp_path / "app" / "migrations").mkdir(parents=True)
    (tmp_path / "app" / "migrations" / "0001_initial.py").write_text("operations = []")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "site.css").write_text("a {}")
    monkeypatch.setattr(preparation, "BASE_DIR", tmp_path)
    monkeypatch.setattr(preparation, "PACKAGES", ())
    return tmp_path


@pytest.fixture
def data_dir(project: Path) -> Path:
    folder = project / ".data"
    run_dir(folder).mkdir(parents=True)
    logs_dir(folder).mkdir()
    return folder


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    given: list[str] = []

    async def manage(data_dir: Path, *arguments: str) -> None:
        given.append(arguments[0])
        if arguments[0] == "collectstatic":
            (data_dir / "static").mkdir(exist_ok=True)
            (data_dir / "static" / "staticfiles.json").touch()

    monkeypatch.setattr(preparation, "_manage", manage)
    return given


async def go(data_dir: Path, database: Database | None) -> None:
    await migrate(data_dir, database, lambda _: None)  # type: ignore[arg-type]


async def test_migrations_run_once_while_nothing_changes(
    data_dir: Path, commands: list[str]
) -> None:
    database = Database()
    database.applied = "12.12"
    for _ in range(3):
        await go(data_dir, database)
    assert commands == ["migrate"]


async def test_a_changed_migration_or_another_database_runs_them_again(
    project: Path, data_dir: Path, commands: list[str]
) -> None:
    database = Database()
    database.applied = "12.12"
    await go(data_dir, database)
    (project / "app" / "migrations" / "0002_more.py").write_text("operations = []")
    await go(data_dir, database)
    database.applied = "3.3"
    await go(data_dir, database)
    database.applied = ""
    await go(data_dir, database)
    assert commands == ["migrate"] * 4


async def test_a_database_of_ones_own_is_always_asked(data_dir: Path, commands: list[str]) -> None:
    await go(data_dir, None)
    await go(data_dir, None)
    assert commands == ["migrate"] * 2


async def test_static_files_are_collected_when_one_changes_or_the_result_is_gone(
    project: Path, data_dir: Path, commands: list[str]
) -> None:
    def say(sentence: str) -> None:
        assert sentence == "Collecting static files …"

    await collect_static(data_dir, say)
    await collect_static(data_dir, say)
    assert len(commands) == 1
    (project / "static" / "site.css").write_text("a { color: red }")
    await collect_static(data_dir, say)
    assert len(commands) == 2
    (data_dir / "static" / "staticfiles.json").unlink()
    await collect_static(data_dir, say)
    assert len(commands) == 3


async def test_a_command_that_fails_is_told_by_its_last_line(project: Path, data_dir: Path) -> None:
    (project / "manage.py").write_text("raise SystemExit('relation exists already')")
    with pytest.raises(StackError, match=r"manage.py migrate failed: relation exists already"):
        await go(data_dir, None)
