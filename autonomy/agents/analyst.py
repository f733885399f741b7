"""Analyst: carries out a code step: a program over one table, run in the sandbox, its result taken in.

A model writes the program where there is one; otherwise, and after it has failed, a rule does. What a
program leaves counts only as far as it keeps the contract of a result, whoever wrote it.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import re
from typing import Any, NamedTuple

from autonomy.agents.data_plan import ANSWER
from autonomy.agents.headway import Computing, headway
from autonomy.agents.length import asked_words
from autonomy.core import prompts
from autonomy.core.analysis import (
    AnalysisResult,
    Provenance,
    TableRead,
    TableUnreadable,
)
from autonomy.core.phrases import clause, counted
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.sandbox import Job, JobRefused, JobResult, Profile, SandboxOff
from autonomy.core.types import Author, EventDraft, Observation, Step, StopReason
from autonomy.export.exhibits import own_part
from autonomy.tools.analysis.contract import BrokenResult, take_result
from autonomy.tools.analysis.plain_question import asked
from autonomy.tools.analysis.program import answering, prelude, program, reading
from autonomy.tools.analysis.questions import questions, questions_named
from autonomy.tools.registry import ToolFailure

FAILED = "code_failed"
BY_RULE = "by_rule"
"""In the input of a code step: a rule writes the program, whatever models there are."""
PROGRAM = "program_id"
"""In the input of a code step: the artifact of a mended program."""
_ANSWER_PARTS = 2
"""Of what a table holds, where the question put to it is not plain."""
_LEAST_PARTS = 4
_WORDS_OF_PART = 75
"""Words of a document for which one more question is asked of the table, up to the limit."""
_SPENT = (
    ("CPU_SECONDS", "computing time"),
    ("_SECONDS", "time"),
    ("_MEMORY_MB", "memory"),
    ("_OUTPUT_KB", "room for its output"),
    ("_PROCESSES", "processes"),
    ("_FILES", "files"),
)
"""What a program has used up, by the end of its setting's name: people are not told of settings."""
_TRACE_CHARS = 2_000
_SHOWN_CHARS = 12_000
"""Of a program, in the run's events."""
_FENCE = re.compile(r"^\s*```[a-z]*\n(?P<code>.*?)\n```\s*$", re.DOTALL)


class Written(NamedTuple):
    """A program and who wrote it."""

    text: str
    author: Author
    simulated: bool = False
    reason: str = ""
    """Why a rule wrote it although a model was wanted, as it goes on after "because"."""


async def analyse(step: Step, deps: Deps, task: str) -> tuple[Observation, list[EventDraft]]:
    """Compute the step's table.

    Raises:
        ToolFailure: `no_table`, `sandbox_off`, or `code_failed` with the program's artifact and
            what went wrong.
        BudgetExhausted: the run has no time left.
    """
    await deps.events.emit(headway(step, f"Reading {step.input.get('file_name') or 'the table'}."))
    table = await _table(step, deps)
    written = await _program(step, table, deps, task)
    await deps.events.emit(
        EventDraft(
            type="action",
            source="analyst",
            content=f"Runs a program written by {'a language model' if written.author is Author.MODEL else 'rule'}"
            f" over {table.profile.rows:,} rows of {table.profile.file_name}.",
            meta={
                "step_id": step.id,
                "tool": "python_sandbox",
                "program": own_part(written.text)[:_SHOWN_CHARS],
                "author": written.author,
            },
        )
    )
    ran = await _run(step, table, written, deps)
    try:
        result, files = take_result(ran.files, deps.analysis, table.profile.names)
    except BrokenResult as broken:
        raise await _failure(step, written, str(broken), "", deps) from broken
    return await _kept(step, table, written, ran, result, files, deps)


async def _table(step: Step, deps: Deps) -> TableRead:
    if deps.tables is None:
        raise ToolFailure("no_table", "Tables cannot be read here.")
    try:
        return await deps.tables.read(str(step.input["source_id"]))
    except TableUnreadable as error:
        raise ToolFailure("no_table", str(error)) from error


# ------------------------------------------------------------------------------ the program


def rule_program(table: TableRead, deps: Deps, *, answers: bool = False) -> str:
    """The program of the rule path: questions that fit the table and the request, or, when it
    `answers`, the one that was put."""
    if answers and (question := asked(table.profile, deps.task.goal)) is not None:
        return answering(table.profile, question)
    goal = deps.task.goal
    if answers:
        put = questions_named(table.profile, goal)[:_ANSWER_PARTS]
        return program(table.profile, put or questions(table.profile, goal, most=_ANSWER_PARTS))
    return program(table.profile, questions(table.profile, goal, most=_parts(deps)))


def _parts(deps: Deps) -> int:
    """How many questions are asked of a table: as many as fill the document."""
    words = asked_words(deps) or deps.journey.default_words
    return min(deps.analysis.parts, max(_LEAST_PARTS, round(words / _WORDS_OF_PART)))


async def _program(step: Step, table: TableRead, deps: Deps, task: str) -> Written:
    if kept := step.input.get(PROGRAM):
        body = await deps.artifacts.load(str(kept))
        return Written(str(body["program"]), Author(body["author"]), bool(body.get("simulated")))
    answers = bool(step.input.get(ANSWER))
    by_rule = Written(rule_program(table, deps, answers=answers), Author.RULE)
    if step.input.get(BY_RULE):
        return by_rule
    if not deps.models.available("writer"):
        return by_rule._replace(reason=deps.models.unavailable("writer"))
    key = f"{task}:program"
    said = f"{table.profile.rows:,} rows are read; a language model writes the program."
    await deps.events.emit(headway(step, said))
    prompt = prompts.analyst(
        task=deps.task,
        profile=table.profile,
        parts=1 if answers else deps.analysis.parts,
        guidance=deps.guidance,
    )
    try:
        answer = await deps.models.text("writer", key=key, prompt=prompt)
    except ModelUnavailable as error:
        return by_rule._replace(reason=error.reason)
    except BudgetExhausted as limit:
        if limit.stop_reason == StopReason.BUDGET_SECONDS:
            raise
        return by_rule._replace(reason=clause(str(limit)))
    return Written(whole(answer, table), Author.MODEL, deps.models.simulated(key))


def whole(answer: str, table: TableRead) -> str:
    """A model's lines made the program that is run: behind the functions that they may use and the
    reading of the table."""
    fenced = _FENCE.match(answer)
    body = (fenced["code"] if fenced else answer).strip()
    ending = "" if re.search(r"^finish\(\)\s*$", body, re.MULTILINE) else "\n\nfinish()"
    return f"{prelude()}{reading(table.profile)}\n{body}{ending}\n"


# ------------------------------------------------------------------------------ the run


async def _run(step: Step, table: TableRead, written: Written, deps: Deps) -> JobResult:
    if len(written.text) > deps.analysis.program_chars + len(prelude()):
        said = f"The program is longer than {deps.analysis.program_chars:,} characters."
        raise await _failure(step, written, said, "", deps)
    try:
        ast.parse(written.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = getattr(error, "lineno", None)
        said = f"The program is no Python: {error}" + (f" (line {where})" if where else "")
        raise await _failure(step, written, said, "", deps) from error
    job = Job(
        profile=Profile.ANALYSIS,
        program=written.text,
        files={"data.csv": table.csv.encode()},
    )
    try:
        async with Computing(step, written.text, deps.events) as computing:
            ran = await deps.sandbox.run(job, computing.hear)
    except JobRefused as refused:
        raise ToolFailure(
            "no_table", f"The table is too large to compute with: {refused}"
        ) from refused
    except SandboxOff as off:
        raise ToolFailure("sandbox_off", str(off)) from off
    if ran.limit:
        spent = next((word for end, word in _SPENT if ran.limit.endswith(end)), "room")
        said = f"The program needed more {spent} than this server gives to one analysis."
        trace = f"{ran.stderr}\nIt went over {ran.limit}."
        raise await _failure(step, written, said, trace, deps)
    if ran.exit != 0:
        lines = [line for line in ran.stderr.strip().splitlines() if line.strip()]
        last = lines[-1][:300] if lines else f"exit status {ran.exit}"
        raise await _failure(step, written, f"The program failed: {last}", ran.stderr, deps)
    return ran


async def _failure(
    step: Step, written: Written, message: str, trace: str, deps: Deps
) -> ToolFailure:
    """The failure with what the self-debugger needs: the program by its artifact, the end of what it
    said, and who wrote it."""
    program_id = await keep_program(step, written, deps)
    return ToolFailure(
        FAILED,
        message,
        program_id=program_id,
        trace=trace[-_TRACE_CHARS:],
        author=written.author,
    )


async def keep_program(step: Step, written: Written, deps: Deps) -> str:
    """Store a program that is not (yet) beside a result; its artifact id."""
    body = {
        "program": written.text,
        "author": written.author,
        "simulated": written.simulated,
        "file_name": str(step.input.get("file_name", "")),
    }
    return await deps.artifacts.save("data", f"Program for {step.input.get('file_name', '')}", body)


# ------------------------------------------------------------------------------ the result


async def _kept(
    step: Step,
    table: TableRead,
    written: Written,
    ran: JobResult,
    result: AnalysisResult,
    files: dict[str, bytes],
    deps: Deps,
) -> tuple[Observation, list[EventDraft]]:
    pictures, events = await _keep_figures(step, table, result, files, deps)
    whole_result: dict[str, Any] = {
        "source_id": str(step.input["source_id"]),
        "profile": table.profile.model_dump(mode="json"),
        "result": result.model_dump(mode="json"),
        "figures": pictures,
        "provenance": _provenance(table, written, ran, result).model_dump(mode="json"),
    }
    title = f"Computed from {table.profile.file_name}"
    artifact_id = await deps.artifacts.save("data", title, whole_result)
    return _computed(step, table, written, ran, result, artifact_id), events


async def _keep_figures(
    step: Step, table: TableRead, result: AnalysisResult, files: dict[str, bytes], deps: Deps
) -> tuple[dict[str, str], list[EventDraft]]:
    """Store the figures: the artifact of each by its id in the result, and the events of that."""
    pictures: dict[str, str] = {}
    events: list[EventDraft] = []
    for figure in result.figures:
        body = {
            "title": figure.title,
            "alt": figure.alt,
            "note": figure.note,
            "png": base64.b64encode(files[figure.png]).decode(),
            "svg": files.get(figure.svg, b"").decode("utf-8", "replace"),
            "file_name": table.profile.file_name,
        }
        pictures[figure.id] = await deps.artifacts.save("figure", figure.title, body)
        meta = {
            "artifact_id": pictures[figure.id],
            "kind": "figure",
            "title": figure.title,
            "step_id": step.id,
        }
        said = f"Figure: {figure.title}"[:500]
        events.append(
            EventDraft(type="artifact.created", source="analyst", content=said, meta=meta)
        )
    return pictures, events


def _provenance(
    table: TableRead, written: Written, ran: JobResult, result: AnalysisResult
) -> Provenance:
    return Provenance(
        program=written.text,
        author=written.author,
        simulated=written.simulated,
        file_name=table.profile.file_name,
        sheet=table.profile.sheet,
        source_sha256=table.source_sha256,
        data_sha256=hashlib.sha256(table.csv.encode()).hexdigest(),
        program_sha256=hashlib.sha256(written.text.encode()).hexdigest(),
        versions=result.versions,
        tier=ran.tier,
        seconds=round(ran.seconds, 2),
    )


def _computed(
    step: Step,
    table: TableRead,
    written: Written,
    ran: JobResult,
    result: AnalysisResult,
    artifact_id: str,
) -> Observation:
    figures = counted(len(result.figures), "figure")
    tables = counted(len([t for t in result.tables if t.display]), "table")
    return Observation(
        step_id=step.id,
        ok=True,
        summary=f"{figures} and {tables} from {table.profile.rows:,} rows of "
        f"{table.profile.file_name}, in {ran.seconds:.1f} seconds.",
        result={
            "artifact_id": artifact_id,
            "figures": len(result.figures),
            "rows": table.profile.rows,
            "reason": written.reason,
        },
        author=written.author,
    )
