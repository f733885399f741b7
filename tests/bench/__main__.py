"""All benches, one table: `python -m tests.bench [NAME …]` (or `make bench`).

Each bench runs in a process of its own with servers of its own, so none inherits another's warm
caches, threads or memory. The figures also go to `test-results/bench.json`. The exit code is 1 when
a goal is missed or a bench fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.bench.figures import Figure, table
from tests.bench.processes import machine
from tests.stack_process import ROOT

NAMES = (
    "product",
    "checkpointer",
    "overhead",
    "gateway",
    "throughput",
    "viewers",
    "fair_queue",
    "ladder",
    "drift",
    "ingest",
    "sandbox",
)
ON_DEMAND = ("integrity", "retrieval", "retrieval_scale", "similarity", "verification")
"""Benches that need data which is not part of the source, or minutes: only run when named."""
LIMIT_SECONDS = 180.0
LIMITS = {
    "ingest": 1_800.0,
    "integrity": 3_600.0,
    "retrieval": 14_400.0,
    "retrieval_scale": 3_600.0,
    "similarity": 900.0,
}
"""Seconds of those that take longer."""
RESULTS = ROOT / "test-results" / "bench.json"


def main(names: list[str]) -> int:
    unknown = set(names) - {*NAMES, *ON_DEMAND}
    if unknown:
        sys.stderr.write(
            f"There is no bench {', '.join(sorted(unknown))}: {', '.join((*NAMES, *ON_DEMAND))}.\n"
        )
        return 2
    where = machine()
    began = time.monotonic()
    sys.stdout.write(f"{where}\n")
    found: dict[str, list[Figure]] = {}
    broken: dict[str, str] = {}
    for name in names or NAMES:
        started = time.monotonic()
        try:
            found[name] = _run(name)
        except subprocess.SubprocessError as error:
            broken[name] = str(error)
        sys.stdout.write(f"\n{name} ({time.monotonic() - started:.0f} s)\n")
        sys.stdout.write(table(found[name]) if name in found else f"failed: {broken[name]}\n")
        sys.stdout.flush()
    missed = [f.name for figures in found.values() for f in figures if f.ok is False]
    seconds = time.monotonic() - began
    _keep(where, seconds, found, broken)
    sys.stdout.write(
        f"\n{seconds:.0f} s; {len(missed)} goals missed{': ' if missed else '.'}"
        f"{'; '.join(missed)}\n"
    )
    return 1 if missed or broken else 0


def _run(name: str) -> list[Figure]:
    """The figures of one bench, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        code = (
            "import importlib, json, sys; from dataclasses import asdict; from pathlib import Path;"
            "figures = importlib.import_module(sys.argv[1]).bench();"
            "Path(sys.argv[2]).write_text(json.dumps([asdict(f) for f in figures]))"
        )
        subprocess.run(
            [sys.executable, "-c", code, f"tests.bench.{name}", str(out)],
            cwd=ROOT,
            check=True,
            timeout=LIMITS.get(name, LIMIT_SECONDS),
        )
        return [Figure(**row) for row in json.loads(out.read_text())]


def _keep(
    where: str, seconds: float, found: dict[str, list[Figure]], broken: dict[str, str]
) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    told = {
        "machine": where,
        "seconds": round(seconds, 1),
        "figures": {name: [asdict(f) for f in figures] for name, figures in found.items()},
        "failed": broken,
    }
    RESULTS.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
