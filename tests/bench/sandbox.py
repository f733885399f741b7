"""How long code takes in the sandbox, against a bare interpreter that runs the same program.

Each figure is the median of several runs, taken in turns with the bare ones. The goals are of
processor time, of everything that a job starts and of the watching of it: programs in the sandbox
make way for others (`nice`), so that on a busy machine their time on the clock says more of the
others. `choosing` is what a process pays once, for the attacks on its tier.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from autonomy.core.sandbox import Job, Profile, Tier
from autonomy.tools.python_sandbox import tiers
from autonomy.tools.python_sandbox.sandbox import PythonSandbox
from tests.bench.figures import Figure

ROUNDS = 5
PROGRAMS = {
    "print": "print(1)",
    "numpy": "import numpy; print(numpy.arange(10).sum())",
    "pandas": "import io, pandas; print(pandas.read_csv(io.StringIO('a,b\\n1,2')).b.sum())",
    "figure": "import matplotlib.pyplot as p; p.plot([1, 2]); p.savefig('out/a.png'); print(1)",
}
MOST_TIMES = {"print": 15.0, "numpy": 3.0, "pandas": 1.7, "figure": 1.5}
"""Of the bare interpreter's processor time; the same 0.1 s weighs more beside a shorter program."""


class Took(NamedTuple):
    clock: float
    processor: float


def _timed(run: Callable[[], object]) -> Took:
    """Seconds that `run` took, children and all."""
    began, before = time.perf_counter(), _processor()
    run()
    return Took(time.perf_counter() - began, _processor() - before)


def _processor() -> float:
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def _bare(program: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "out").mkdir()
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            env={"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )


def _held(sandbox: PythonSandbox, program: str) -> None:
    job = Job(profile=Profile.ANALYSIS, program=program)
    result = sandbox.run_here(job, threading.Event())
    if result.exit != 0:
        raise RuntimeError(result.stderr)


def _compared(title: str, name: str, held: list[Took], bare: list[Took]) -> Figure:
    ours, theirs = (statistics.median(t.processor for t in times) for times in (held, bare))
    clock, bare_clock = (statistics.median(t.clock for t in times) for times in (held, bare))
    return Figure(
        title,
        1_000 * ours,
        "ms",
        f"of processor time, bare {1_000 * theirs:.0f} ms: {ours / theirs:.1f} times; "
        f"on the clock {1_000 * clock:.0f} and {1_000 * bare_clock:.0f} ms",
        f"<= {MOST_TIMES[name]:g} times",
        ours / theirs <= MOST_TIMES[name],
    )


def bench() -> list[Figure]:
    figures = []
    bubblewrap = shutil.which("bwrap") or ""
    for tier in (Tier.BUBBLEWRAP, Tier.UNSHARE):
        if tier is Tier.BUBBLEWRAP and not bubblewrap:
            continue
        sandbox = PythonSandbox(tier, bubblewrap=bubblewrap if tier is Tier.BUBBLEWRAP else "")
        for name, program in PROGRAMS.items():
            _held(sandbox, program)
            _bare(program)
            held, bare = [], []
            for _ in range(ROUNDS):
                held.append(_timed(partial(_held, sandbox, program)))
                bare.append(_timed(partial(_bare, program)))
            figures.append(_compared(f"{tier}: {name}", name, held, bare))
        trial = tiers.attacked(tier, sandbox.limits)
        figures.append(
            Figure(
                f"{tier}: choosing",
                trial.seconds,
                "s",
                goal="<= 2 s",
                ok=trial.seconds <= 2.0 and not trial.problem,
            )
        )
    return figures
