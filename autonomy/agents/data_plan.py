"""Code steps of a plan: which tables of the person are computed with, and which sections tell of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from autonomy.core.analysis import TableUnreadable
from autonomy.core.brief import Brief
from autonomy.core.phrases import clause, counted, sentence_case
from autonomy.core.ports import Deps
from autonomy.core.sandbox import Tier
from autonomy.core.types import Plan, Source, SourceOrigin, Step, StepKind, StepStatus
from autonomy.library.tabular import holds_table
from autonomy.tools.analysis.plain_question import asked
from autonomy.tools.analysis.questions import questions_named

DATA = "data"
"""The role of a writing step that tells what was computed."""
CODE = "code-"
"""Beginning of the ids of code steps."""
WRITE_DATA = "write-data"
"""Beginning of the ids of the steps that write computed sections."""
NOT_COMPUTED = "not_computed"
"""In the input of the assembling step: why no figures were computed, a sentence for the first page."""
OPENING, RESULTS, LIMITS = "opening", "results", "limits"
"""Parts of a document that rests on data alone."""
ANSWER = "answer"
"""The one part of an answer that is computed; also in the input of its code step."""
DATA_SHARE = 0.3
"""Of the words of a document that has other sections too, for the computed ones together."""
_LEAST_WORDS = 150
_OPENING_WORDS, _LIMITS_WORDS = 90, 110

_ABOUT_DATA = re.compile(
    r"\b(?:csv|tsv|xlsx?|excel|spreadsheets?|work(?:book|sheet)s?|data\s?(?:set|file|base)?s?|charts?|"
    r"figures?|graphs?|plots?|diagrams?|histograms?|tables?)\b",
    re.IGNORECASE,
)


def is_data(step: Step) -> bool:
    """Whether the step writes a computed section."""
    return step.kind is StepKind.WRITE and step.input.get("role") == DATA


def of_data_alone(plan: Plan) -> bool:
    """Whether nothing of the document is written from passages."""
    writes = [step for step in plan.steps if step.kind is StepKind.WRITE]
    return bool(writes) and all(is_data(step) for step in writes)


def tables_of(deps: Deps, sources: Sequence[Source]) -> list[Source]:
    """The tables that are to be computed with, at most as many as one document may have: those
    attached, or, with nothing attached, those of the library that the request speaks of."""
    if not deps.journey.analyses or deps.tables is None:
        return []
    own = [s for s in sources if s.origin is SourceOrigin.UPLOAD and holds_table(s.file_name)]
    if not deps.task.source_ids:
        goal = deps.task.goal.lower()
        named = [s for s in own if s.file_name.lower().rpartition(".")[0] in goal]
        own = named or (own if len(own) == 1 and _ABOUT_DATA.search(goal) else [])
    return own[: deps.analysis.files]


async def attached_tables(deps: Deps, brief: Brief) -> list[Source]:
    """The attached files, when they are nothing but tables and nothing else is asked for: computing
    with them need not wait until they can be searched."""
    wanted = deps.task.source_ids
    outside = brief.asks_literature or deps.task.settings.search in ("scholarly", "everything")
    if not deps.journey.analyses or deps.tables is None or not wanted or outside:
        return []
    states = await deps.library.files(wanted)
    tables = [
        Source(id=state.source_id, csl={}, file_name=state.file_name)
        for state in states
        if holds_table(state.file_name)
    ]
    return tables if len(tables) == len(states) <= deps.analysis.files else []


async def not_computed(deps: Deps, tables: Sequence[Source]) -> str:
    """Why no figure can be computed here although there are data, as a sentence for the document;
    empty when it can."""
    if not tables:
        return ""
    # The first question may take a second or two: the sandbox is tried out before it says yes.
    sandbox = deps.sandbox
    if await asyncio.to_thread(lambda: sandbox.tier) is not Tier.OFF:
        return ""
    why = (
        clause(deps.sandbox.reason)
        if deps.sandbox.reason
        else "code execution is off on this server."
    )
    return (
        f"No tables and figures were computed from the {counted(len(tables), 'data file')}, because {why} "
        "The data are quoted as text instead."
    )


def keep_computed(made: Plan, former: Plan | None) -> Plan:
    """The new plan with what was computed under the former one taken over as done."""
    done = {
        step.input.get("source_id"): step
        for step in (former.steps if former else ())
        if step.kind is StepKind.CODE and step.status is StepStatus.DONE
    }
    return made.replace(
        *(
            step.model_copy(
                update={
                    "status": StepStatus.DONE,
                    "attempts": old.attempts,
                    "summary": old.summary,
                    "result": old.result,
                }
            )
            for step in made.steps
            if step.kind is StepKind.CODE
            and (old := done.get(step.input.get("source_id"))) is not None
        )
    )


def code_steps(tables: Sequence[Source], after: Sequence[str]) -> list[Step]:
    """One for each table."""
    return [
        Step(
            id=f"{CODE}{number}",
            kind=StepKind.CODE,
            title=f"Analyse the data: {source.file_name}",
            input={"source_id": source.id, "file_name": source.file_name},
            depends_on=tuple(after),
        )
        for number, source in enumerate(tables, start=1)
    ]


def data_words(words: int, tables: Sequence[Source]) -> int:
    """Words of the computed sections together, of a document of `words` that has others too."""
    return max(round(words * DATA_SHARE), _LEAST_WORDS * len(tables)) if tables else 0


def results_steps(tables: Sequence[Source], words: int, topic: str) -> list[Step]:
    """The sections that tell what came of each code step, one after another: the numbers of their
    tables and figures go on from one to the next."""
    steps: list[Step] = []
    for number, source in enumerate(tables, start=1):
        only = len(tables) == 1
        heading = "What the data show" if only else f"What the data show: {source.file_name}"
        before = tuple(step.id for step in steps)
        steps.append(
            _write(
                f"{WRITE_DATA}-{number}",
                heading,
                RESULTS,
                max(words // len(tables), _LEAST_WORDS),
                topic,
                (f"{CODE}{number}", *before),
                code=[f"{CODE}{number}"],
            )
        )
    return steps


def data_alone(
    tables: Sequence[Source], brief: Brief, words: int, *, version: int, done: Sequence[Step]
) -> Plan:
    """The plan of a document that rests on data alone.

    Args:
        done: steps that come first. One that is not done yet, such as the reading of the files for
            search, goes on beside the computing; what is written waits for both.
    """
    codes = code_steps(tables, [step.id for step in done if step.status is StepStatus.DONE])
    named = [step.id for step in codes]
    waiting = [step.id for step in done if step.status is not StepStatus.DONE]
    topic = brief.topic
    body = max(words - _OPENING_WORDS - _LIMITS_WORDS, _LEAST_WORDS)
    results = [
        step.model_copy(update={"depends_on": (*step.depends_on, *waiting)})
        for step in results_steps(tables, body, topic)
    ]
    after = [*waiting, *named]
    opening = _write(
        f"{WRITE_DATA}-{OPENING}", "Introduction", OPENING, _OPENING_WORDS, topic, after, code=named
    )
    limits = _write(
        f"{WRITE_DATA}-{LIMITS}",
        "Limits of this analysis",
        LIMITS,
        _LIMITS_WORDS,
        topic,
        after,
        code=named,
    )
    writes = [opening, *results, limits]
    assemble = Step(
        id="assemble",
        kind=StepKind.ASSEMBLE,
        title="Assemble the document and check its numbers",
        depends_on=tuple(step.id for step in writes),
    )
    return Plan(
        version=version,
        title=_title(brief, tables),
        rationale="Your files are data, so they are computed with: each number of the text is a computed one.",
        steps=(*done, *codes, *writes, assemble),
    )


async def answer_from_data(deps: Deps, brief: Brief, *, version: int = 1) -> Plan | None:
    """The plan that computes the answer to a question; None where the attached files have no table
    that the question is about, or nothing can be computed here.

    A rule answers plain questions only. A model is asked for any other, when there is nothing
    attached but tables.
    """
    tables = await attached_tables(deps, brief)
    alone = bool(tables)
    if not alone and deps.task.source_ids:
        tables = tables_of(deps, await deps.library.sources(deps.task.source_ids))
    for table in tables:
        if await _is_about(deps, table) or (
            alone and len(tables) == 1 and deps.models.available("writer")
        ):
            if await not_computed(deps, [table]):
                return None
            return _answering(table, brief, deps.journey.default_words, version)
    return None


async def _is_about(deps: Deps, table: Source) -> bool:
    if deps.tables is None:
        return False
    try:
        profile = (await deps.tables.read(table.id)).profile
    except TableUnreadable:
        return False
    goal = deps.task.goal
    return asked(profile, goal) is not None or bool(questions_named(profile, goal))


def _answering(table: Source, brief: Brief, words: int, version: int) -> Plan:
    (code,) = code_steps([table], ())
    code = code.model_copy(
        update={
            "title": f"Compute the answer from {table.file_name}",
            "input": {**code.input, ANSWER: True},
        }
    )
    written = _write(
        f"{WRITE_DATA}-1", "", ANSWER, words, brief.topic, (code.id,), code=[code.id]
    ).model_copy(update={"title": "Write the answer"})
    assemble = Step(
        id="assemble",
        kind=StepKind.ASSEMBLE,
        title="Assemble the answer and check its numbers",
        depends_on=(written.id,),
    )
    return Plan(
        version=version,
        title=sentence_case(brief.topic),
        rationale="The question is about your data, so the answer is computed from them.",
        steps=(code, written, assemble),
    )


def _title(brief: Brief, tables: Sequence[Source]) -> str:
    topic = brief.topic.strip()
    if brief.named and len(topic) <= 90:
        return sentence_case(topic)
    return f"Analysis of {tables[0].file_name}" if len(tables) == 1 else "Analysis of the data"


def _write(
    step_id: str,
    heading: str,
    part: str,
    words: int,
    topic: str,
    after: Sequence[str],
    *,
    code: Sequence[str],
) -> Step:
    return Step(
        id=step_id,
        kind=StepKind.WRITE,
        title=f"Write: {heading}",
        input={
            "role": DATA,
            "part": part,
            "code": list(code),
            "heading": heading,
            "purpose": "",
            "topic": topic,
            "queries": [],
            "words": words,
        },
        depends_on=tuple(after),
    )
