"""`manage.py up` as a person meets it: one sentence for whatever is wrong, and a clean stop."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack_process import ROOT, StackProcess, clean_environment, running


def refusal(*options: str, **environment: str) -> str:
    """What `manage.py up` says when it refuses to start."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up", *options],
        cwd=ROOT,
        env=clean_environment() | environment,
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip()


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="hw-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A `DATA_DIR` with a database in it and nothing running."""
    stack = StackProcess("--servers-only", "--throwaway")
    stack.start()
    assert stack.stop() == 0
    yield stack.data_dir
    stack.remove()


def test_a_port_in_use_is_found_before_anything_starts(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal("--port", str(port), "--data-dir", str(folder))
    assert said.startswith(f"Port {port} on 127.0.0.1 is in use")
    assert not (folder / "postgres").exists()


def test_a_wrong_setting_names_its_variable(folder: Path) -> None:
    assert "PORT is wrong" in refusal("--data-dir", str(folder), "--port", "70000")
    assert "HOST is wrong" in refusal("--data-dir", str(folder), "--host", "no.such.invalid")


def test_a_data_folder_that_is_a_file_is_refused(folder: Path) -> None:
    (folder / "file").touch()
    assert "there is a file in its place" in refusal("--data-dir", str(folder / "file"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_cannot_be_written_is_refused(folder: Path) -> None:
    folder.chmod(0o500)
    assert "permission denied" in refusal("--data-dir", str(folder / "data"))


def test_a_cluster_of_another_version_is_refused(made: Path) -> None:
    version = made / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    try:
        said = refusal("--servers-only", "--data-dir", str(made))
    finally:
        version.write_text("18\n")
    assert "was made by PostgreSQL 17 and this is 18" in said


def test_a_folder_that_is_no_cluster_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "letters.txt").touch()
    if os.geteuid() == 0:
        shutil.chown(folder / "postgres", "nobody")
    assert "it has no PG_VERSION" in refusal("--servers-only", "--data-dir", str(folder))
    assert (folder / "postgres" / "letters.txt").exists()


def test_a_damaged_cluster_is_refused_with_what_postgres_said(made: Path) -> None:
    control = made / "postgres" / "global" / "pg_control"
    whole = control.read_bytes()
    control.write_bytes(bytes(len(whole)))
    try:
        said = refusal("--servers-only", "--data-dir", str(made))
    finally:
        control.write_bytes(whole)
    assert said.startswith("PostgreSQL did not start:")
    assert "postgres.log" in said


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    stack = StackProcess("--servers-only", "--throwaway", data_dir=folder).start()
    assert stack.stop() == 0
    assert not (folder / "postgres.new").exists()


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(made: Path) -> None:
    stale = made / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{made / 'postgres'}\n1\n5432\n")
    stack = StackProcess("--servers-only", "--throwaway", data_dir=made).start()
    assert stack.pid("postgres") != os.getpid()
    assert stack.stop() == 0


def test_a_second_instance_on_one_data_folder_is_refused(made: Path) -> None:
    stack = StackProcess("--servers-only", "--throwaway", data_dir=made).start()
    try:
        said = refusal("--servers-only", "--data-dir", str(made))
    finally:
        stack.stop()
    assert f"already runs on {made} (pid {stack.supervisor})" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_it_all_in_order_with_code_0(made: Path, number: int) -> None:
    stack = StackProcess("--servers-only", "--throwaway", data_dir=made).start()
    pids = [stack.pid("postgres"), stack.pid("redis")]
    assert stack.stop(number) == 0
    assert not any(running(pid) for pid in pids)
    assert stack.said("Stopped.")
    assert "database system is shut down" in stack.log("postgres", 1)
    assert not list((made / "run").glob("*[!p].pid"))


def test_passwords_do_not_show_in_the_process_list(made: Path) -> None:
    stack = StackProcess("--servers-only", "--throwaway", data_dir=made).start()
    secret = (made / "stack-password").read_bytes().strip()
    try:
        for name in ("postgres", "redis"):
            assert secret not in Path(f"/proc/{stack.pid(name)}/cmdline").read_bytes()
            assert secret not in Path(f"/proc/{stack.pid(name)}/environ").read_bytes()
    finally:
        stack.stop()


def test_an_older_python_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from handywriterz.stack import up

    monkeypatch.setattr(up, "OLDEST_PYTHON", (99, 0))
    assert up.main([]) == 1
    assert "needs Python" in capsys.readouterr().err
