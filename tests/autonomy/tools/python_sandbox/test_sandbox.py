"""What a job gets, and what comes back."""

from __future__ import annotations

import asyncio
import textwrap
import time

import pytest

from autonomy.core.sandbox import JobRefused, Profile
from autonomy.tools.python_sandbox import environment, fonts
from autonomy.tools.python_sandbox.sandbox import PythonSandbox
from tests.autonomy.tools.python_sandbox.conftest import job


async def test_files_go_in_and_come_out_by_copy(sandbox: PythonSandbox) -> None:
    program = """
        import sys
        text = open("data/table.csv").read()
        open("out/twice.csv", "w").write(text * 2)
        print("done", file=sys.stderr)
        sys.exit(3)
    """
    result = await sandbox.run(job(textwrap.dedent(program), files={"data/table.csv": b"a,b\n"}))

    assert result.files == {"twice.csv": b"a,b\na,b\n"}
    assert (result.exit, result.limit, result.stdout, result.stderr) == (3, "", "", "done\n")
    assert result.tier == sandbox.tier


async def test_analysis_has_its_libraries_and_draws(sandbox: PythonSandbox) -> None:
    program = """
        import pandas, matplotlib.pyplot as plt
        table = pandas.read_csv("points.csv")
        table.to_excel("out/points.xlsx")
        table.plot(x="x", y="y")
        plt.savefig("out/points.png")
        print(pandas.read_excel("out/points.xlsx").y.sum())
    """
    files = {"points.csv": b"x,y\n1,2\n2,4\n"}
    result = await sandbox.run(job(textwrap.dedent(program), Profile.ANALYSIS, files=files))

    assert result.stderr == ""
    assert result.stdout == "6\n"
    assert result.files["points.png"].startswith(b"\x89PNG")


async def test_what_is_the_same_in_every_job_was_made_before(sandbox: PythonSandbox) -> None:
    """Bytecode, and the list of fonts that figures are written with."""
    fonts.make()
    fonts.font_list.cache_clear()
    environment.environment.cache_clear()
    program = """
        import logging, os, sys
        logging.basicConfig(level=logging.INFO)
        import pandas, matplotlib.pyplot as plt
        plt.plot([1, 2])
        plt.savefig("out/a.png")
        modules = [m for n, m in sys.modules.items() if n != "__main__"]
        files = [m.__cached__ for m in modules if getattr(m, "__cached__", None)]
        print([f for f in files if f.startswith("/packages/") and not os.path.exists(f)], len(files))
    """
    result = await sandbox.run(job(textwrap.dedent(program), Profile.ANALYSIS))

    assert result.exit == 0, result.stderr
    assert "generated new fontManager" not in result.stderr
    missing, _, made = result.stdout.strip().rpartition(" ")
    assert missing == "[]"
    assert int(made) > 300


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/x",
        "a/../../x",
        ".x",
        "out/x",
        "main.py",
        "a\nb",
        "a//b",
        "x" * 300,
        "",
        "data/x",
        "out",
        "main.py/x",
    ],
)
async def test_a_bad_name_is_refused(sandbox: PythonSandbox, name: str) -> None:
    with pytest.raises(JobRefused):
        await sandbox.run(job("", files={name: b"", "data": b""}))


async def test_too_much_is_refused_before_it_starts(sandbox: PythonSandbox) -> None:
    with pytest.raises(JobRefused, match="SANDBOX_IN_FILES = 100"):
        await sandbox.run(job("", files={f"f{number}": b"" for number in range(101)}))
    with pytest.raises(JobRefused, match="SANDBOX_IN_MB = 64"):
        await sandbox.run(job("", files={"large": bytes(65 << 20)}))


async def test_a_cancelled_job_ends_at_once(sandbox: PythonSandbox) -> None:
    running = asyncio.ensure_future(sandbox.run(job("while True: pass")))
    await asyncio.sleep(0.3)
    began = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    # The only thread of its turn is free again soon.
    result = await sandbox.run(job("print(1)"))

    assert result.stdout == "1\n"
    assert time.monotonic() - began < 5


async def test_what_a_program_prints_is_heard_while_it_runs(sandbox: PythonSandbox) -> None:
    program = """
    import sys, time
    print("half", end="", flush=True)
    print(" and whole", flush=True)
    time.sleep(2)
    print("late")
    """
    heard: list[tuple[str, float]] = []
    result = await sandbox.run(
        job(textwrap.dedent(program)), lambda line: heard.append((line, time.monotonic()))
    )
    assert [line for line, _ in heard] == ["half and whole", "late"]
    assert heard[1][1] - heard[0][1] > 1.0
    assert result.stdout == "half and whole\nlate\n"
