"""`make evaluate`: a product of its own, the simulated outside, all tasks, and their results kept.

Each round keeps its results in a folder of its own below `test-results/evaluation/`. They also go into
the database of the product in DATA_DIR (or DATABASE_URL), whose staff see them on the operator's page.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.evaluation.outside import OutsideServer
from tests.registries.server import registries
from tests.stack_process import ROOT, StackProcess

RESULTS = ROOT / "test-results" / "evaluation"


@dataclass(frozen=True)
class Evaluated:
    """A deployment that is there to be evaluated, and its outside."""

    stack: StackProcess
    outside: str

    def command(self, *arguments: str, results: Path) -> list[str]:
        """`manage.py evaluate run` with these arguments."""
        options = (f"--base-url={self.stack.base_url}", f"--outside={self.outside}")
        run = (sys.executable, "manage.py", "evaluate", "run", *arguments)
        return [*run, *options, f"--results={results}"]

    def run(self, *arguments: str, results: Path) -> int:
        """Run tasks, printing as they go; the exit code."""
        command = self.command(*arguments, results=results)
        return subprocess.run(command, cwd=ROOT, env=self.stack.environment, check=False).returncode


@contextmanager
def evaluated() -> Iterator[Evaluated]:
    """Start everything; stop and remove it at the end of the block."""
    with OutsideServer().on_a_thread() as server, registries() as world:
        stack = StackProcess(
            "--throwaway",
            ready_made=True,
            **{k: v for k, v in world.environment.items() if k != "OUTSIDE_PRIVATE_HOSTS"},
            OUTSIDE_PRIVATE_HOSTS=f"{world.host},127.0.0.1:{server.port}",
            EVALUATION="on",
            MODEL_PRIVATE_ADDRESSES="everyone",
            OUTSIDE_CACHE_HOURS="0",
            RUNS_PER_USER="20",
            # Many runs share the machine, and what is proven is not how fast it is.
            SANDBOX_REPAIR_SECONDS="120",
        )
        try:
            stack.start()
            yield Evaluated(stack, server.root_url)
        finally:
            stack.stop()
            stack.remove()


def keep(results: Path) -> None:
    """Put a round into the product of the surrounding environment, whose servers are started for it
    when they are not running."""
    record = [sys.executable, "manage.py", "evaluate", "record", str(results / "results.json")]
    if subprocess.run(record, cwd=ROOT, capture_output=True, check=False).returncode == 0:
        print("The results are on the operator's page.")
        return
    if os.environ.get("DATABASE_URL"):
        print("The database at DATABASE_URL did not take the results; `manage.py evaluate record`")
        print(f"{results / 'results.json'} puts them there.")
        return
    data_dir = Path(os.environ.get("DATA_DIR", ROOT / ".data")).resolve()
    servers = StackProcess("--servers-only", data_dir=data_dir)
    try:
        servers.start()
        servers.manage("migrate", "--verbosity=0")
        servers.manage("evaluate", "record", str(results / "results.json"))
        print("The results will be on the operator's page when the product is started.")
    finally:
        servers.stop()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make evaluate")
    parser.add_argument("tasks", nargs="*")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--off", action="store_true", help="every behaviour also switched off")
    parser.add_argument("--at-once", type=int, default=6)
    parser.add_argument("--keep", action="store_true", help="put the results into the product")
    parser.add_argument("--results", type=Path, help="folder; one of its own unless given")
    options = parser.parse_args(arguments)
    results = options.results or own_folder()
    with evaluated() as deployment:
        code = deployment.run(
            *options.tasks,
            f"--seeds={options.seeds}",
            f"--first-seed={options.first_seed}",
            f"--off={options.seeds if options.off else 0}",
            f"--at-once={options.at_once}",
            results=results,
        )
    if (results / "results.json").exists():
        print(f"results.json and junit.xml are in {results}.")
        if options.keep and json.loads((results / "results.json").read_text("utf-8"))["finished"]:
            keep(results)
    return code


def own_folder() -> Path:
    """A new folder named after the moment: rounds that go on at once keep apart."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{datetime.now():%Y-%m-%d-%H%M%S}-", dir=RESULTS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
