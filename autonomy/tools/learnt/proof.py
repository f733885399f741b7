"""A candidate wrapper has to prove itself in the sandbox before it is used.

The tests are made of what was recorded and of what the tool promises:

- each recorded answer gives the recorded result. Old answers must go on working, because an API may
  be rolled back and its machines may change one after the other; a wrapper that only knows the new
  form is refused;
- each new answer gives a result that the output schema allows, with every promised value that was
  recorded for the same arguments;
- the candidate without any one of its new operations fails them. Tests that a broken wrapper
  passes would prove nothing, and an operation that nothing needs has no business there.

What is tested (the interpreter of the wrapper language with the candidate's text) runs in a process
of its own; the expected values are never there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autonomy.core.learnt import Exchange, LearntTool
from autonomy.core.sandbox import Job, JobResult, Profile, Sandbox, SandboxOff, TestOutcome
from autonomy.tools.learnt.evidence import Pair, Steadiness, good, pairs_of
from autonomy.tools.learnt.leaves import leaves_of, promised
from autonomy.tools.learnt.pointers import EVERY, key
from autonomy.tools.learnt.pointers import Path as Place
from autonomy.tools.learnt.wrapper import Wrapper

RECORDED_MAX = 40
"""Recordings that are tested, the latest."""
VARIANTS_MAX = 30
_HERE = Path(__file__).resolve().parent
_MODULES = ("pointers", "coercions", "tables", "operations", "wrapper")
"""The interpreter."""
_PACKAGE = "wrapping"


@dataclass(frozen=True)
class Proof:
    """What the tests said."""

    passed: bool
    reason: str
    """Why it is not proven, for people; empty when it is."""
    recorded: int = 0
    """Recorded answers that still give their results."""
    fresh: int = 0
    """New answers that were held against recordings or the promise."""
    broken: int = 0
    """Broken variants, all of which failed."""
    tier: str = ""
    """How the code was held."""
    off: bool = False
    """There is no sandbox: nothing was tested."""

    def evidence(self) -> dict[str, Any]:
        """As a version keeps it."""
        return {
            "passed": self.passed,
            "reason": self.reason,
            "recorded": self.recorded,
            "fresh": self.fresh,
            "broken_variants": self.broken,
            "sandbox": self.tier,
        }


async def prove(
    tool: LearntTool,
    text: str,
    recordings: Sequence[Exchange],
    fresh: Sequence[Exchange],
    sandbox: Sandbox,
) -> Proof:
    """Test a candidate for `tool`, whose wrapper is the one that failed."""
    kept = good(recordings)[-RECORDED_MAX:]
    pairs = pairs_of(recordings, fresh)
    candidate = Wrapper.parse(text)
    variants = _variants(Wrapper.parse(tool.wrapper), candidate)
    if not pairs or not kept:
        return Proof(False, "Nothing was recorded that it could be tested on.")
    if not variants:
        return Proof(False, "It changes nothing.")
    cases = _cases(tool, candidate, kept, pairs, fresh, Steadiness(recordings))
    tests = _names(len(kept), len(fresh))
    broken = tuple(f"test_broken_{n}" for n in range(len(variants)))
    job = Job(
        profile=Profile.REPAIR,
        program=_program(text, cases, [v.text() for v in variants], (*tests, *broken)),
        files=_files(),
        tests=(*tests, *broken),
    )
    try:
        result = await sandbox.run(job)
    except SandboxOff as off:
        return Proof(False, f"It could not be tested: {off}", off=True)
    reason = _failed(result)
    return Proof(
        passed=not reason,
        reason=reason,
        recorded=len(kept),
        fresh=len(fresh),
        broken=len(variants),
        tier=result.tier,
    )


def _variants(before: Wrapper, after: Wrapper) -> list[Wrapper]:
    """The candidate without one of what it adds, for each."""
    found = []
    for number, operation in enumerate(after.responses):
        if operation not in before.responses:
            rest = after.responses[:number] + after.responses[number + 1 :]
            found.append(Wrapper(after.requests, rest, after.statuses))
    for number, operation in enumerate(after.requests):
        if operation not in before.requests:
            rest = after.requests[:number] + after.requests[number + 1 :]
            found.append(Wrapper(rest, after.responses, after.statuses))
    for status in sorted(after.statuses - before.statuses):
        found.append(Wrapper(after.requests, after.responses, after.statuses - {status}))
    return found[:VARIANTS_MAX]


def _cases(
    tool: LearntTool,
    candidate: Wrapper,
    kept: Sequence[Exchange],
    pairs: Sequence[Pair],
    fresh: Sequence[Exchange],
    steadiness: Steadiness,
) -> dict[str, Any]:
    """All that the tests expect, as JSON."""
    recorded_of = {id(pair.fresh): pair.recorded for pair in pairs}
    return {
        "schema": tool.output_schema,
        "recorded": [{"answer": r.answer, "result": r.result} for r in kept],
        "fresh": [
            {
                "arguments": f.arguments,
                "sent": _sent(candidate, f),
                "status": f.status,
                "answer": f.answer,
                "values": _values(tool, recorded_of.get(id(f)), steadiness),
            }
            for f in fresh
        ],
    }


def _sent(candidate: Wrapper, exchange: Exchange) -> list[str]:
    """Names that the wrapper brought into the query of a call that was answered."""
    query = exchange.request.get("query") or ()
    names = {str(name) for name in (query if isinstance(query, dict) else [p[0] for p in query])}
    brought = candidate.request(exchange.arguments).keys() - exchange.arguments.keys()
    return sorted(names & brought)


def _values(
    tool: LearntTool, recorded: Exchange | None, steadiness: Steadiness
) -> list[tuple[list[str | int], Any]]:
    """Where each promised value that was recorded stands in a result."""
    if recorded is None:
        return []
    found: list[tuple[list[str | int], Any]] = []
    for path, values in leaves_of(recorded.result).items():
        if path not in steadiness.varying and promised(tool.output_schema, path):
            found += [(_spot(path, at), value) for at, value in values.items()]
    return found


def _spot(path: Place, position: tuple[int, ...]) -> list[str | int]:
    numbers = iter(position)
    return [next(numbers) if token == EVERY else key(token) for token in path]


def _names(recorded: int, fresh: int) -> tuple[str, ...]:
    return (
        *(f"test_recorded_{n}" for n in range(recorded)),
        *(f"test_fresh_{n}" for n in range(fresh)),
    )


def _files() -> dict[str, bytes]:
    """The interpreter under a name of its own, with one way in that takes and gives plain values."""
    files = {
        f"{_PACKAGE}/{name}.py": (_HERE / f"{name}.py")
        .read_text("utf-8")
        .replace("autonomy.tools.learnt", _PACKAGE)
        .encode()
        for name in _MODULES
    }
    return {**files, f"{_PACKAGE}/__init__.py": b"", "way_in.py": _WAY_IN.encode()}


_WAY_IN = f"""\
import json

from {_PACKAGE}.wrapper import Wrapper


def response(text, answer):
    return json.dumps(Wrapper.parse(text).response(json.loads(answer)))


def request(text, arguments):
    return json.dumps(Wrapper.parse(text).request(json.loads(arguments)))


def accepts(text, status):
    return Wrapper.parse(text).accepts(status)
"""

_TESTS = '''\
import json

import jsonschema
import way_in

TEXT = {text!r}
VARIANTS = {variants!r}
CASES = json.loads({cases!r})


def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def recorded(n, text):
    case = CASES["recorded"][n]
    result = json.loads(way_in.response(text, json.dumps(case["answer"])))
    assert same(result, case["result"]), "an old answer gives another result"


def fresh(n, text):
    case = CASES["fresh"][n]
    assert way_in.accepts(text, case["status"]), "the status is not accepted"
    result = json.loads(way_in.response(text, json.dumps(case["answer"])))
    jsonschema.Draft202012Validator(CASES["schema"]).validate(result)
    for spot, value in case["values"]:
        here = result
        for token in spot:
            here = here[token]
        assert same(here, value), f"{{spot}} was {{value!r}} and is {{here!r}}"
    made = json.loads(way_in.request(text, json.dumps(case["arguments"])))
    lacking = set(case["sent"]) - set(made)
    assert not lacking, f"the request lacks {{lacking}}"


def broken(n):
    """A variant that lacks something fails somewhere."""
    kinds = [(recorded, "recorded"), (fresh, "fresh")]
    for check, name in kinds:
        for case in range(len(CASES[name])):
            try:
                check(case, VARIANTS[n])
            except Exception:
                return
    raise AssertionError("nothing needs what this variant lacks")


'''


def _program(
    text: str, cases: dict[str, Any], variants: Sequence[str], tests: Sequence[str]
) -> str:
    lines = [
        _TESTS.format(
            text=text, variants=list(variants), cases=json.dumps(cases, ensure_ascii=True)
        )
    ]
    for test in tests:
        kind, number = test.removeprefix("test_").rsplit("_", 1)
        given = number if kind == "broken" else f"{number}, TEXT"
        lines.append(f"def {test}():\n    {kind}({given})\n\n")
    return "\n".join(lines)


def _failed(result: JobResult) -> str:
    """Why the tests do not prove it; empty when they do."""
    if result.passed:
        return ""
    if result.limit:
        return f"Its tests took more than {result.limit} allows."
    bad = [name for name, test in result.tests.items() if test.outcome is not TestOutcome.PASSED]
    if not bad:
        return f"Its tests did not report. {result.stderr[-300:]}".strip()
    message = result.tests[bad[0]].message.strip().splitlines()
    said = next((line for line in reversed(message) if line.startswith("E ")), "")
    said = said.removeprefix("E ").strip() or (message[-1] if message else "It did not report.")
    return f"{len(bad)} of {len(result.tests)} tests failed, the first ({bad[0]}): {said[:300]}"
