"""Runs the tests and reports to the first process; what they test runs in a process of its own.

Arguments: the descriptor of the report, and one with a secret that shows that a report is ours.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

if __name__ == "__main__":
    sys.path[0] = "/sandbox"

import pytest

from autonomy.tools.python_sandbox.inside import landlock, remote

_PROGRAM = "main.py"
_MESSAGE_CHARS = 2_000
_OPTIONS = ["-q", "--noconftest", "-c", os.devnull, "--rootdir=/in", "--import-mode=importlib"]
_OPTIONS += ["-p", "no:cacheprovider", "--tb=short", "--strict-markers", f"/in/{_PROGRAM}"]
_ADJUSTED = ("_pytest.assertion", "_pytest.logging")
"""pytest sets variables of these for each test."""


class Verdicts:
    """What became of each test, written when it is over."""

    def __init__(self, report: int, secret: str, tested: remote.Tested) -> None:
        self._report = report
        self._secret = secret
        self._tested = tested
        self._passed: dict[str, int] = {}
        self._messages: dict[str, str] = {}
        self._before = dict(_makeup())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid
        if report.passed and not hasattr(report, "wasxfail"):
            self._passed[name] = self._passed.get(name, 0) + 1
        elif name not in self._messages:
            text = str(report.longrepr or getattr(report, "wasxfail", ""))
            self._messages[name] = f"{report.when}: {report.outcome}\n{text[-_MESSAGE_CHARS:]}"

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        whole = self._passed.get(nodeid) == 3 and nodeid not in self._messages
        message = self._messages.get(nodeid, "")
        if self._tested.ended:
            whole, message = False, "The tested code ended its process."
        name = nodeid.removeprefix(f"{_PROGRAM}::")
        self._write(name, "passed" if whole else "failed", message)

    def finish(self) -> None:
        """Say that all is told, unless pytest is no longer what it was."""
        changed = [name for name, made in _makeup() if self._before.get(name, made) is not made]
        if changed:
            sys.stderr.write(f"The tests changed {changed[0]}; none of them counts.\n")
        else:
            self._write("", "finished", "")

    def _write(self, name: str, outcome: str, message: str) -> None:
        line = json.dumps([self._secret, name, outcome, message]).encode() + b"\n"
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._report, rest) :]


def _makeup() -> Iterator[tuple[str, Any]]:
    """The code of pytest's functions, ours and Python's own, by name."""
    for name, module in list(sys.modules.items()):
        top = name.split(".")[0]
        ours = top in ("_pytest", "pluggy", "pytest", "builtins", "json") or module is _SELF
        if ours and isinstance(module, ModuleType) and not name.startswith(_ADJUSTED):
            yield from _parts(name, vars(module))
    yield "os.write", os.write


def _parts(name: str, members: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in list(members.items()):
        if isinstance(value, FunctionType):
            yield f"{name}.{key}", value.__code__
        elif isinstance(value, type) and value.__module__ == members.get("__name__"):
            yield f"{name}.{key}", value
            for inner, method in list(vars(value).items()):
                code = getattr(getattr(method, "__func__", method), "__code__", None)
                if code is not None:
                    yield f"{name}.{key}.{inner}", code
        elif name == "builtins" and callable(value):
            yield f"{name}.{key}", value


_SELF = sys.modules[__name__]


def main() -> None:
    landlock.forbid_inspection()
    report, secrets = int(sys.argv[1]), int(sys.argv[2])
    for descriptor in (report, secrets):
        os.set_inheritable(descriptor, False)
    secret = os.read(secrets, 64).decode()
    os.close(secrets)
    sys.argv = ["pytest"]
    del sys.path[0]
    tested = remote.Tested((os.dup(1), os.dup(2)))
    sys.meta_path.insert(0, remote.Finder(tested, _copied_modules()))
    verdicts = Verdicts(report, secret, tested)
    status = pytest.main(_OPTIONS, plugins=[verdicts])
    verdicts.finish()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _copied_modules() -> frozenset[str]:
    found = set()
    with os.scandir("/in") as entries:
        for entry in entries:
            if entry.is_dir():
                found.add(entry.name)
            elif entry.name.endswith(".py") and entry.name != _PROGRAM:
                found.add(entry.name[:-3])
    return frozenset(found)


if __name__ == "__main__":
    main()
