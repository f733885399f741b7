"""Programs that take too much, or will not end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from autonomy.core.sandbox import JobResult, Profile, Tier
from autonomy.tools.python_sandbox import watching
from autonomy.tools.python_sandbox.limits import ProfileLimits
from tests.autonomy.tools.python_sandbox.as_user import BOMB
from tests.autonomy.tools.python_sandbox.conftest import SHORT, job, sandbox_of
from tests.stack_process import ROOT


def run(tier: Tier, program: str, wall: float = 100.0, cpu: int = 20) -> JobResult:
    profiles = {Profile.REPAIR: ProfileLimits(wall, cpu_seconds=cpu, memory_mb=128)}
    sandbox = sandbox_of(tier, replace(SHORT, profiles=profiles))
    return sandbox.run_here(job(textwrap.dedent(program)), threading.Event())


def alive(mark: str) -> list[int]:
    """Processes whose command line has `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in text:
                found.append(int(entry.name))
    return found


def gone(mark: str, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while alive(mark) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(mark)


def comes(mark: str, count: int = 1, seconds: float = 60.0) -> bool:
    """Whether so many are there: a process has its command line a moment after it has begun."""
    until = time.monotonic() + seconds
    while len(alive(mark)) < count and time.monotonic() < until:
        time.sleep(0.05)
    return len(alive(mark)) >= count


def test_the_control_sees_processes_by_their_mark() -> None:
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()", mark], stdin=subprocess.PIPE
    ):
        assert comes(mark)
    assert gone(mark)


def test_a_fork_bomb_is_bounded_and_leaves_nothing(tier: Tier) -> None:
    mark = uuid.uuid4().hex
    result = run(
        tier,
        f"""
        import os, subprocess, sys
        count = 0
        try:
            while count < 500:
                subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(99)", "{mark}"])
                count += 1
        except OSError:
            pass
        print(count)
        """,
    )
    assert result.limit in ("", "SANDBOX_PROCESSES", "SANDBOX_REPAIR_MEMORY_MB")
    if not result.limit:
        assert 0 < int(result.stdout) <= SHORT.processes
    assert gone(mark)


def test_one_process_cannot_take_all_memory(tier: Tier) -> None:
    result = run(tier, "x = bytearray(1 << 30)")
    assert result.exit == 1
    assert "MemoryError" in result.stderr


def test_many_processes_cannot_either(tier: Tier) -> None:
    result = run(
        tier,
        BOMB,
        wall=100.0,
    )
    assert (result.exit, result.limit) == (None, "SANDBOX_REPAIR_MEMORY_MB")


def test_shared_memory_counts(tier: Tier) -> None:
    result = run(
        tier,
        """
        import mmap, os, time
        for _ in range(6):
            if os.fork() == 0:
                block = mmap.mmap(-1, 60 << 20)
                for place in range(0, len(block), 4096):
                    block[place] = 1
                time.sleep(99)
        time.sleep(99)
        """,
        wall=100.0,
    )
    assert (result.exit, result.limit) == (None, "SANDBOX_REPAIR_MEMORY_MB")


def test_the_disk_is_bounded(tier: Tier) -> None:
    result = run(
        tier,
        """
        import os
        written = 0
        try:
            for number in range(100):
                with open(f"f{number}", "wb") as file:
                    written += file.write(bytes(1 << 20))
        except OSError as error:
            print(written >> 20, error.errno)
        """,
    )
    megabytes, number = map(int, result.stdout.split())
    assert megabytes <= SHORT.disk_mb
    assert number == 28


def test_the_number_of_files_is_bounded(tier: Tier) -> None:
    result = run(
        tier,
        """
        import time
        for number in range(1_000_000):
            open(f"f{number}", "w").close()
        """,
    )
    full = result.exit == 1 and "No space left" in result.stderr
    assert full or result.limit == "SANDBOX_DISK_FILES"


def test_much_output_is_cut_and_endless_output_ends_the_job(tier: Tier) -> None:
    result = run(tier, "print('x' * 50_000)")
    assert result.exit == 0
    assert len(result.stdout) < SHORT.output_kb * 1_024 + 50
    assert result.stdout.endswith("\n[cut here: there was more]")

    for stream, other in (("stdout", "stderr"), ("stderr", "stdout")):
        result = run(tier, f"import sys\nwhile True: sys.{stream}.write('x' * 10_000)")
        assert (result.exit, result.limit) == (None, "SANDBOX_OUTPUT_KB")
        assert len(getattr(result, stream)) < SHORT.output_kb * 1_024 + 50
        assert getattr(result, other) == ""


def test_cpu_time_is_bounded(tier: Tier) -> None:
    result = run(tier, "while True: pass", wall=150.0, cpu=1)
    assert (result.exit, result.limit) == (None, "SANDBOX_REPAIR_CPU_SECONDS")


def test_a_program_that_ignores_signals_ends_with_all_it_started(tier: Tier) -> None:
    mark = uuid.uuid4().hex
    result = run(
        tier,
        f"""
        import os, signal, subprocess, sys, time
        for number in range(1, 64):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(99)", "{mark}"],
                         start_new_session=True)
        time.sleep(99)
        """,
        wall=2.0,
    )
    assert (result.exit, result.limit) == (None, "SANDBOX_REPAIR_SECONDS")
    assert result.seconds < 8
    assert gone(mark)


def test_a_daemon_does_not_outlive_its_program(tier: Tier) -> None:
    mark = uuid.uuid4().hex
    result = run(
        tier,
        f"""
        import os, subprocess, sys
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                subprocess.run([sys.executable, "-S", "-c", "import time; time.sleep(99)", "{mark}"])
            os._exit(0)
        print("over")
        """,
    )
    assert (result.exit, result.stdout) == (0, "over\n")
    assert gone(mark)


def test_killing_everybody_kills_only_what_is_inside(tier: Tier) -> None:
    result = run(
        tier,
        """
        import os, signal
        open("out/before", "w").close()
        for number in (1, os.getppid(), -1):
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                pass
        print("alive")
        """,
    )
    assert (result.exit, result.stdout, list(result.files)) == (0, "alive\n", ["before"])


def test_there_is_nothing_to_read_and_arguments_may_be_long(tier: Tier) -> None:
    result = run(
        tier,
        """
        import subprocess, sys
        print(repr(sys.stdin.read()))
        try:
            subprocess.run([sys.executable, "-S", "-c", "", *["x" * 100_000] * 50])
            print("ran")
        except OSError as error:
            print(error.errno)
        """,
    )
    assert result.stdout.splitlines()[0] == "''"
    assert result.stdout.splitlines()[1] in ("7", "ran")


_TRY = "import contextlib\nwith contextlib.suppress(OSError)"


@pytest.mark.parametrize(
    ("making", "expected"),
    [
        ("os.symlink('/in/main.py', 'out/x')", []),
        ("os.rmdir('out'); os.symlink('/in', 'out')", []),
        ("os.symlink('/in', 'out/folder')", []),
        ("open('a', 'w').write('1'); os.link('a', 'out/a')", ["a"]),
        ("os.truncate(os.open('out/sparse', os.O_CREAT | os.O_RDWR), 1 << 20)", ["sparse"]),
        ("os.truncate(os.open('out/sparse', os.O_CREAT | os.O_RDWR), 7 << 20)", []),
        ("[open(f'out/{n}', 'w').close() for n in range(9)]", list("01234")),
        ("open('out/bad\\nname', 'w').close()", []),
        ("open('out/a\\\\..\\\\b', 'w').close()", []),
        ("open('out/ends ', 'w').close(); open('out/\\u202egnp.exe', 'w').close()", []),
        (
            "open('out/' + 'x' * 201, 'w').close(); open('out/' + 'é' * 100, 'w').close()",
            ["é" * 100],
        ),
        (f"{_TRY}: os.link('/in/main.py', 'out/x')", []),
        (f"{_TRY}: os.link('/dev/zero', 'out/x')", []),
        (f"{_TRY}: os.mkfifo('out/x')", []),
        (f"{_TRY}: os.mknod('out/x', 0o666 | 0o020000, os.makedev(1, 5))", []),
        (f"{_TRY}: os.rename('/in/main.py', 'out/x')", []),
        ("os.symlink('x', 'out/x'); os.symlink('/proc/1/environ', 'out/y')", []),
        (
            "os.makedirs('out/' + '/'.join('a' * 40)); open('out/' + '/'.join('a' * 40) + '/f', 'w')",
            [],
        ),
        ("open(b'out/\\xff', 'w').close()", []),
        ("open('out/.hidden', 'w').close()", []),
        ("os.makedirs('out/a/b/c/d/e'); open('out/a/b/c/d/e/f', 'w').close()", []),
        ("os.makedirs('out/a/b'); open('out/a/b/f', 'w').close()", ["a/b/f"]),
        ("open('out/x', 'w').close(); os.chmod('out/x', 0)", []),
    ],
)
def test_only_plain_files_come_out(tier: Tier, making: str, expected: list[str]) -> None:
    result = run(tier, f"import os\n{making}")
    assert result.exit == 0, result.stderr
    assert sorted(result.files) == expected


def test_who_changes_files_while_they_are_copied_out_is_gone_by_then(tier: Tier) -> None:
    """Else a file that was looked at could be another one when it is read."""
    result = run(
        tier,
        """
        import os, time
        open("mine", "w").write("mine")
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                while True:
                    for name in ("out/x", "out/y"):
                        try:
                            os.symlink("/in/main.py", "out/new")
                            os.rename("out/new", name)
                            os.link("mine", "out/new")
                            os.rename("out/new", name)
                        except OSError:
                            pass
        time.sleep(0.3)
        """,
    )
    assert result.exit == 0, result.stderr
    assert set(result.files) <= {"x", "y", "new"}
    assert set(result.files.values()) <= {b"mine"}


def test_the_program_has_its_three_streams_and_nothing_else_open(tier: Tier) -> None:
    """No way into what the first process says of it, whoever ended."""
    result = run(
        tier,
        """
        import atexit, errno, os, signal
        for number in range(3, 256):
            try:
                os.fstat(number)
                print("open", number)
            except OSError:
                pass
        atexit.register(os.write, 1, b'{"kind": "end", "exit": 0, "limit": "", "tests": {}}')
        if os.fork() == 0:
            os.kill(0, signal.SIGKILL)
        os.wait()
        """,
    )
    assert (result.exit, result.stdout, result.limit) == (-9, "", "")


_SERVER = """
import shutil, sys, threading
from autonomy.core.sandbox import Job, Profile, Tier
from autonomy.tools.python_sandbox.sandbox import PythonSandbox
tier, mark = Tier(sys.argv[1]), sys.argv[2]
sandbox = PythonSandbox(tier, bubblewrap=shutil.which("bwrap") if tier is Tier.BUBBLEWRAP else "")
program = '''
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(99)", "%s"],
                 start_new_session=True)
time.sleep(99)
'''
sandbox.run_here(Job(profile=Profile.REPAIR, program=program % f"{mark} within"), threading.Event())
"""


def test_a_server_that_is_killed_leaves_no_process_and_no_mount(tier: Tier) -> None:
    mark = uuid.uuid4().hex
    mounts = Path("/proc/self/mounts").read_text()
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER, tier, mark],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as server:
        # Not two that have the mark: on its way to another program the server has a twin.
        assert comes(f"{mark} within")
        server.kill()
    assert gone(mark)
    assert Path("/proc/self/mounts").read_text() == mounts


def test_processes_are_found_where_the_kernel_does_not_list_them() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert child.pid in watching._by_parent()[os.getpid()]
        assert child.pid in watching._children(os.getpid())
        child.kill()
