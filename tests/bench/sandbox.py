"""How long code takes in the sandbox, against a bare interpreter that runs the same program.

Each figure is the median of several runs, taken in turns with the bare ones, because a busy machine
slows both. `choosing` is what a process pays once, for the attacks on its tier.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from autonomy.core.sandbox import Job, Profile, Tier
from autonomy.tools.python_sandbox import tiers
from autonomy.tools.python_sandbox.sandbox import PythonSandbox
from tests.bench.figures import Figure

ROUNDS = 9
PROGRAMS = {
    "print": "print(1)",
    "numpy": "import numpy; print(numpy.arange(10).sum())",
    "pandas": "import io, pandas; print(pandas.read_csv(io.StringIO('a,b\\n1,2')).b.sum())",
    "figure": "import matplotlib.pyplot as p; p.plot([1, 2]); p.savefig('out/a.png'); print(1)",
}
MOST_TIMES = {"print": 25.0, "numpy": 4.0, "pandas": 2.0, "figure": 2.5}
"""Of the bare interpreter's time; the same 0.1 to 0.2 s weigh more beside a shorter program."""


def _bare(program: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "out").mkdir()
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            env={"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        return time.perf_counter() - began


def _held(sandbox: PythonSandbox, program: str) -> float:
    began = time.perf_counter()
    job = Job(profile=Profile.ANALYSIS, program=program)
    result = sandbox.run_here(job, threading.Event())
    if result.exit != 0:
        raise RuntimeError(result.stderr)
    return time.perf_counter() - began


def bench() -> list[Figure]:
    figures = []
    bubblewrap = shutil.which("bwrap") or ""
    for tier in (Tier.BUBBLEWRAP, Tier.UNSHARE):
        if tier is Tier.BUBBLEWRAP and not bubblewrap:
            continue
        sandbox = PythonSandbox(tier, bubblewrap=bubblewrap if tier is Tier.BUBBLEWRAP else "")
        for name, program in PROGRAMS.items():
            _held(sandbox, program), _bare(program)
            pairs = [(_held(sandbox, program), _bare(program)) for _ in range(ROUNDS)]
            held, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
            figures.append(
                Figure(
                    f"{tier}: {name}",
                    1_000 * held,
                    "ms",
                    f"bare interpreter {1_000 * bare:.0f} ms: {held / bare:.1f} times",
                    f"<= {MOST_TIMES[name]:g} times",
                    held / bare <= MOST_TIMES[name],
                )
            )
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
