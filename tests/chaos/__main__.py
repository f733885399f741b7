"""The fault suite as a program: every scenario in a process of its own, then one table.

Exit code 0 means that each figure met its goal. `--fence off` and `--durability async` break the
product on purpose: with them the suite has to fail.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests import ready_made
from tests.chaos.scenario import NAMES, Row, available, load
from tests.patience import patience

RESULTS = Path("test-results") / "chaos.json"
"""Where the report goes, unless `--results` says otherwise."""
LIMIT_SECONDS = 420.0
"""Of one scenario, where a core is free for it: a hang is a failure with a name."""


def main() -> int:
    options = _options()
    if options.into:  # the child of one scenario
        Path(options.into).write_text(json.dumps(_one(options.only[0], options)))
        return 0
    names = options.only or available()
    print(f"chaos: seed {options.seed}, scale {options.scale:g}: {', '.join(names)}", flush=True)
    ready_made.models()  # made before the clock of the first scenario runs
    began = time.monotonic()
    rows: list[Row] = []
    for name in names:
        found = _in_a_process(name, options)
        rows += found
        for row in found:
            print(_line(row), flush=True)
    seconds = time.monotonic() - began
    failed = [row for row in rows if not row.ok]
    _write(options, rows, seconds)
    print(_table(rows))
    verdict = f"{len(failed)} of {len(rows)} goals missed" if failed else "all goals met"
    print(f"\n{verdict}; seed {options.seed}; {seconds:.0f} s; {options.results}")
    return 1 if failed or not rows else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help=str(NAMES))
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the full storm")
    parser.add_argument("--fence", choices=["on", "off"], default="on")
    parser.add_argument("--durability", choices=["sync", "async"], default="sync")
    parser.add_argument("--point", default="", help="where each worker dies (see points.NAMES)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="file for the report")
    parser.add_argument("--into", help=argparse.SUPPRESS)
    return parser.parse_args()


def _one(name: str, options: argparse.Namespace) -> list[dict[str, object]]:
    rows = load(name).run(options.seed, options.scale)
    return [dataclasses.asdict(row) for row in rows]


def _in_a_process(name: str, options: argparse.Namespace) -> list[Row]:
    """The rows of one scenario; a crash or a hang of it is a row that failed."""
    began = time.monotonic()
    limit = patience(LIMIT_SECONDS)
    with tempfile.NamedTemporaryFile(suffix=".json") as into:
        command = [sys.executable, "-m", "tests.chaos", f"--only={name}", f"--into={into.name}"]
        command += [f"--seed={options.seed}", f"--scale={options.scale}"]
        environment = os.environ | {
            "CHAOS_FENCE": options.fence,
            "CHAOS_DURABILITY": options.durability,
            **({"CHAOS_POINT": options.point} if options.point else {}),
        }
        try:
            code = subprocess.run(command, env=environment, timeout=limit).returncode
            if code == 0:
                return [Row(**item) for item in json.loads(Path(into.name).read_text())]
            figure = f"the scenario ended with exit code {code}"
        except subprocess.TimeoutExpired:
            figure = f"the scenario did not end within {limit:.0f} s"
        except (OSError, ValueError):
            figure = traceback.format_exc(limit=1)
    return [Row(name, figure, "the scenario runs", False, time.monotonic() - began)]


def _line(row: Row) -> str:
    return f"  {'ok  ' if row.ok else 'FAIL'} {row.fault}: {row.figure} (goal: {row.goal})"


def _table(rows: list[Row]) -> str:
    lines = ["", "| fault | seen | goal | | s |", "|---|---|---|---|---|"]
    for row in rows:
        mark = "ok" if row.ok else "**FAIL**"
        lines.append(f"| {row.fault} | {row.figure} | {row.goal} | {mark} | {row.seconds:.0f} |")
    return "\n".join(lines)


def _write(options: argparse.Namespace, rows: list[Row], seconds: float) -> None:
    options.results.parent.mkdir(exist_ok=True)
    report = {
        "seed": options.seed,
        "scale": options.scale,
        "fence": options.fence,
        "durability": options.durability,
        "seconds": round(seconds, 1),
        "cores": os.cpu_count(),
        "rows": [dataclasses.asdict(row) for row in rows],
    }
    options.results.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
