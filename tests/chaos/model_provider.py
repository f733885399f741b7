"""A simulated provider in a process of its own: what storms of model calls hurt and count.

The storm's own process must stay without threads, because its workers are forked from it; and what
a provider counts should not wait for what it counts. Orders go in as lines of JSON, each is
answered by one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.stack_process import ROOT

HURT = ("429", "5xx", "cut", "malformed")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the provider counted it; times are Unix time."""

    at: float
    account: str
    path: str
    role: str
    request_id: str
    fault: str
    status: int | None
    outcome: str
    """open, answered, refused, cut, stalled or hung_up."""
    input_tokens: int | None
    output_tokens: int | None
    produced_tokens: int
    read_tokens: int
    ended_at: float | None

    @property
    def call(self) -> str:
        """What the attempts of one call have in common."""
        return self.request_id.rpartition("#")[0]


class ProviderProcess:
    """Use it with `with`.

    Args:
        faults: shares and times, as `Faults.parse` reads them.
        refused, spent: keys that are refused, and keys whose accounts are empty.
    """

    def __init__(
        self,
        faults: str = "",
        *,
        seed: int = 0,
        refused: Sequence[str] = (),
        spent: Sequence[str] = (),
    ) -> None:
        self._command = [sys.executable, "-m", "tests.chaos.model_provider", f"--seed={seed}"]
        self._command += [f"--faults={faults}"]
        self._command += [f"--refused={key}" for key in refused]
        self._command += [f"--spent={key}" for key in spent]
        self.port = 0

    def __enter__(self) -> ProviderProcess:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.port = int(self._answer()["port"])
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    @property
    def root_url(self) -> str:
        """For Anthropic's dialect."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """For OpenAI's."""
        return f"{self.root_url}/v1"

    def enter(self, state: str) -> float:
        """Go `up`, `down` (connections are refused) or into a fault that every request meets; when
        it was so, in Unix time."""
        return float(self._tell(enter=state)["at"])

    def count(self) -> list[Request]:
        """Every request so far, in the order of arrival."""
        return [Request(**row) for row in self._tell()["requests"]]

    def _tell(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the simulated provider has died"
        found: dict[str, Any] = json.loads(line)
        return found


def faults_met(requests: Iterable[Request]) -> str:
    """How many requests met which fault, for a row of the table."""
    requests = list(requests)
    met = Counter(request.fault for request in requests)
    return ", ".join(f"{name} {met[name] / max(1, len(requests)):.0%}" for name in HURT)


# ----------------------------------------------------------------------------- the process itself


def main() -> None:
    from tests.providers.faults import Faults
    from tests.providers.simulator import Simulator

    parser = argparse.ArgumentParser()
    parser.add_argument("--faults", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--refused", action="append", default=[])
    parser.add_argument("--spent", action="append", default=[])
    options = parser.parse_args()
    simulator = Simulator(faults=Faults.parse(options.faults, seed=options.seed))
    simulator.refused_keys = set(options.refused)
    simulator.spent_keys = set(options.spent)
    fields = Request.__slots__  # type: ignore[attr-defined]

    def say(**answer: Any) -> None:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    with simulator.on_a_thread():
        say(port=simulator.port)
        for line in sys.stdin:
            order = json.loads(line)
            if "enter" in order:
                state = order["enter"]
                simulator.state = "" if state in ("up", "down") else state
                (simulator.down if state == "down" else simulator.up)()
                say(at=simulator.count.now())
            else:
                rows = simulator.count.requests()
                say(requests=[{name: getattr(row, name) for name in fields} for row in rows])


if __name__ == "__main__":
    main()
