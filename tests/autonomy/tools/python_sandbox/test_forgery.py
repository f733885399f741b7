"""Tested code that wants to pass: none of these may."""

from __future__ import annotations

import textwrap
import threading

import pytest

from autonomy.core.sandbox import JobResult, TestOutcome, Tier
from tests.autonomy.tools.python_sandbox.conftest import job, sandbox_of

TESTS = """
import pytest
from candidate import double

def test_two():
    assert double(2) == 4

def test_three():
    with pytest.raises(ValueError):
        double("three")

def test_four():
    assert double(4) == 8 and double(4) != 9
"""
IDS = ("test_two", "test_three", "test_four", "test_nobody_wrote")
HONEST = """
def double(value):
    if isinstance(value, str):
        raise ValueError(value)
    return 2 * value
"""

FORGERIES = {
    "ends at import": "import os; os._exit(0)",
    "ends in a call": "import os\ndef double(value): os._exit(0)",
    "exits": "import sys\ndef double(value): sys.exit(0)",
    "equals everything": """
        class Any:
            def __eq__(self, other): return True
            def __ne__(self, other): return True
            def __bool__(self): return True
            __hash__ = None
        def double(value): return Any()
    """,
    "a number that equals everything": """
        class Any(int):
            def __eq__(self, other): return True
            def __ne__(self, other): return True
            __hash__ = None
        def double(value): return Any(0)
    """,
    "patches pytest": """
        import _pytest.runner, _pytest.python, _pytest.reports, builtins
        _pytest.runner.call_and_report = lambda *a, **k: None
        _pytest.python.Function.runtest = lambda self: None
        _pytest.reports.TestReport.outcome = "passed"
        builtins.AssertionError = KeyError
        def double(value): return None
    """,
    "reports to every descriptor": """
        import json, os
        def double(value):
            for number in range(256):
                for name in ("test_two", "test_three", "test_four", "test_nobody_wrote"):
                    try:
                        os.write(number, json.dumps(["", name, "passed", ""]).encode() + b"\\n")
                    except OSError:
                        pass
            return None
    """,
    "prints a report": """
        print("3 passed in 0.01s")
        print('{"kind": "end", "exit": 0, "limit": "", "tests": {"test_two": ["passed", ""]}}')
        def double(value): return None
    """,
    "writes reports and hooks": """
        import os
        for folder in ("/work", "/work/out", "/in", "/sandbox", "/packages", "/tmp"):
            for name in ("report.json", "conftest.py", "pytest.ini", "sitecustomize.py", "main.py"):
                try:
                    with open(os.path.join(folder, name), "w") as file:
                        file.write('{"test_two": "passed"}')
                except OSError:
                    pass
        def double(value): return None
    """,
    "kills the judge": """
        import os, signal
        def double(value):
            os.kill(os.getppid(), signal.SIGKILL)
            return None
    """,
    "interrupts the judge": """
        import os, signal, time
        def double(value):
            os.kill(os.getppid(), signal.SIGINT)
            time.sleep(0.5)
            return None
    """,
    "stops the judge": """
        import os, signal
        def double(value):
            os.kill(os.getppid(), signal.SIGTERM)
            return None
    """,
    "raises what ends a session": """
        import pytest
        def double(value): pytest.exit("all passed", 0)
    """,
    "skips": """
        import pytest
        def double(value): pytest.skip("not today")
    """,
    "raises an assertion of another kind": """
        class AssertionError(KeyboardInterrupt): pass
        def double(value): raise AssertionError
    """,
    "raises whatever is expected": "def double(value): raise ValueError",
    "talks for the judge": """
        import os, struct
        def double(value):
            for number in range(3, 256):
                text = b'{"value": {"t": "int", "v": "4"}}'
                try:
                    os.write(number, struct.pack("!I", len(text)) + text)
                except OSError:
                    pass
            os._exit(0)
    """,
    "talks nonsense": """
        import os
        def double(value):
            for number in range(3, 256):
                try:
                    os.write(number, b"\\xff" * 4096)
                except OSError:
                    pass
            return 4
    """,
    "reads the memory of the judge": """
        import os
        def double(value):
            with open(f"/proc/{os.getppid()}/mem", "r+b") as file:
                file.write(b"passed")
            return None
    """,
}


TRUE_AFTER_ALL = {
    "raises whatever is expected": {"test_three"},
    "talks for the judge": {"test_two"},
}
"""What is asked of the code and got from it: an error, or the number 4, however it was sent."""


def judged(tier: Tier, candidate: str) -> JobResult:
    files = {"candidate.py": textwrap.dedent(candidate).encode()}
    return sandbox_of(tier).run_here(job(TESTS, files=files, tests=IDS), threading.Event())


def test_the_control_passes_except_for_what_is_not_there(tier: Tier) -> None:
    result = judged(tier, HONEST)
    outcomes = {name: told.outcome for name, told in result.tests.items()}
    assert outcomes == dict.fromkeys(IDS[:3], TestOutcome.PASSED) | {IDS[3]: TestOutcome.MISSING}
    assert not result.passed


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forger_does_not_pass(tier: Tier, how: str) -> None:
    result = judged(tier, FORGERIES[how])
    passed = {name for name, told in result.tests.items() if told.outcome is TestOutcome.PASSED}
    assert passed <= TRUE_AFTER_ALL.get(how, set())
    assert not result.passed
    assert set(result.tests) == set(IDS)


OWN = {
    "ends": "import os\ndef test_a(): os._exit(0)",
    "ends at once": "import os; os._exit(0)",
    "changes pytest": """
        import _pytest.python
        _pytest.python.Function.runtest = lambda self: None
        def test_a(): assert False
    """,
    "changes how pytest reports": """
        import _pytest.reports
        made = _pytest.reports.TestReport.from_item_and_call.__func__
        def forged(cls, item, call):
            call.excinfo = None
            return made(cls, item, call)
        _pytest.reports.TestReport.from_item_and_call = classmethod(forged)
        def test_a(): assert False
    """,
    "changes how things are written": """
        import json, os
        wrote = json.dumps
        json.dumps = lambda said, **how: wrote(["passed" if s == "failed" else s for s in said])
        def test_a(): assert False
    """,
    "puts itself in the place of the report": """
        import os
        for number in range(3, 64):
            try:
                os.dup2(os.open("/dev/null", os.O_RDWR), number)
            except OSError:
                pass
        def test_a(): assert True
    """,
    "ends well whatever happened": """
        import atexit, os, sys
        atexit.register(os._exit, 0)
        sys.excepthook = lambda *_: os._exit(0)
        def test_a(): assert False
    """,
    "reports itself": """
        import json, os
        def test_a():
            for number in range(3, 256):
                try:
                    os.write(number, json.dumps(["x", "test_a", "passed", ""]).encode() + b"\\n")
                except OSError:
                    pass
            assert False
    """,
    "is skipped": "import pytest\n@pytest.mark.skip\ndef test_a(): pass",
    "may fail": "import pytest\n@pytest.mark.xfail\ndef test_a(): assert False",
    "breaks while it is cleared away": """
        import pytest
        @pytest.fixture
        def thing():
            yield
            raise RuntimeError
        def test_a(thing): pass
    """,
    "is not there": "def test_b(): pass",
    "cannot be read": "def test_a(: pass",
}


@pytest.mark.parametrize("how", OWN)
def test_a_test_that_does_not_pass_is_not_passed(tier: Tier, how: str) -> None:
    program = textwrap.dedent(OWN[how])
    result = sandbox_of(tier).run_here(job(program, tests=("test_a",)), threading.Event())
    assert result.tests["test_a"].outcome is not TestOutcome.PASSED


def test_tested_code_cannot_change_what_tests_read(tier: Tier) -> None:
    tests = """
        import json
        from candidate import answer
        def test_as_recorded():
            assert answer() == json.load(open("recorded.json"))
    """
    candidate = """
        import os
        for folder in ("/in", "/work"):
            try:
                os.unlink(folder + "/recorded.json")
                open(folder + "/recorded.json", "w").write("1")
            except OSError:
                pass
        def answer(): return 1
    """
    files = {
        "candidate.py": textwrap.dedent(candidate).encode(),
        "recorded.json": b"2",
    }
    attempt = job(textwrap.dedent(tests), files=files, tests=("test_as_recorded",))
    result = sandbox_of(tier).run_here(attempt, threading.Event())
    assert result.tests["test_as_recorded"].outcome is TestOutcome.FAILED


def test_tests_use_objects_errors_and_coroutines_of_tested_code(tier: Tier) -> None:
    tests = """
        import asyncio, datetime, decimal, pytest
        from shop.prices import Price, TooMuch, later
        import shop.prices
        def test_all():
            price = Price(decimal.Decimal("1.50"))
            assert price.twice() == decimal.Decimal("3.00")
            assert price.parts == (1, 50) and shop.prices.LIMIT == {"eur": [1, 2.5, None]}
            assert shop.prices.day() == datetime.date(2026, 1, 2)
            with pytest.raises(TooMuch, match="too much"):
                price.raised(10**30)
            with pytest.raises(LookupError):
                price.raised(10)
            assert list(shop.prices.many(3)) == [0, 1, 2]
            async def wait():
                return await later(b"x")
            assert asyncio.run(wait()) == {"x": b"x", "inf": float("inf"), "s": {1, 2}}
        def test_not_plain():
            with pytest.raises(TypeError):
                Price(lambda: 1)
            with pytest.raises(TypeError):
                shop.prices.LIMIT = 2
            with pytest.raises(TypeError):
                bool(Price(1))
    """
    package = """
        import datetime
        LIMIT = {"eur": [1, 2.5, None]}
        class TooMuch(LookupError): pass
        class Price:
            parts = (1, 50)
            def __init__(self, value): self.value = value
            def twice(self): return self.value * 2
            def raised(self, by):
                if by > 5: raise TooMuch("far too much")
        def day(): return datetime.date(2026, 1, 2)
        def many(n): yield from range(n)
        async def later(x): return {"x": x, "inf": float("inf"), "s": {1, 2}}
    """
    files = {"shop/__init__.py": b"", "shop/prices.py": textwrap.dedent(package).encode()}
    attempt = job(
        textwrap.dedent(tests), files=files, tests=("test_all", "main.py::test_not_plain")
    )
    result = sandbox_of(tier).run_here(attempt, threading.Event())
    assert result.passed, result.stdout
