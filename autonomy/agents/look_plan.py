"""The part of a plan that looks for sources: ask, choose and read, follow references.

The same steps stand at the beginning of a run without files and, already carried out, in a plan
that was widened. They carry questions and source ids, never works.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from autonomy.agents.reach import Reach, kept_wanted
from autonomy.agents.tool_calls import ToolCall
from autonomy.agents.tool_choice import fitting_tools
from autonomy.core.brief import Brief
from autonomy.core.period import Period, period_in, without_period
from autonomy.core.ports import Deps
from autonomy.core.types import Plan, Step, StepKind, StepStatus
from autonomy.core.words import content_words
from autonomy.tools.learnt.call_tool import CALL
from autonomy.tools.learnt.run_tools import LEARN as TOOLS_LEARN
from autonomy.tools.learnt.run_tools import SEARCH

LOOK, KEEP, FOLLOW, KEEP_MORE = "look", "keep", "follow", "keep-more"
PAGES, READ_PAGES = "look-web", "read-web"
LEARN, ASK, CALLING = "learn-", "look-tool-", "look-call-"
"""Prefixes of the steps that learn a tool, that search with one, and that call one."""
MORE = "look-again-"
"""Prefix of the steps that a widened search leaves in the plan."""
FOLLOW_FROM_WORDS = 1_000
"""Documents from this length on also follow the references of their best sources."""
MOST_QUERIES = 6
QUERY_WORDS = 9


def is_looking(step: Step) -> bool:
    """Whether the step looks for sources outside."""
    named = step.id in (LOOK, KEEP, FOLLOW, KEEP_MORE, PAGES, READ_PAGES)
    return named or step.id.startswith((MORE, LEARN, ASK, CALLING))


def kept_ids(plan: Plan | None) -> list[str]:
    """Sources that came by search so far, best first within each round."""
    ids = [
        str(source_id)
        for step in (plan.steps if plan else ())
        if is_looking(step)
        for source_id in step.result.get("source_ids", [])
    ]
    return list(dict.fromkeys(ids))


def asked_queries(plan: Plan | None) -> set[str]:
    """Queries that were asked outside, in lower case."""
    return {
        str(question["text"]).lower()
        for step in (plan.steps if plan else ())
        if is_looking(step)
        for question in step.result.get("questions", [])
        if question.get("kind") in ("query", "web")
    }


def followed_ids(plan: Plan | None) -> set[str]:
    """Sources whose references were followed."""
    return {
        str(question["text"])
        for step in (plan.steps if plan else ())
        if is_looking(step)
        for question in step.result.get("questions", [])
        if question.get("kind") == "references"
    }


def spent(plan: Plan | None, name: str) -> int:
    """Sum of a figure (`full_texts`, `full_text_bytes`) over the rounds so far."""
    return sum(
        int(step.result.get(name, 0)) for step in (plan.steps if plan else ()) if is_looking(step)
    )


def period_of(deps: Deps) -> Period:
    return period_in(deps.task.goal, datetime.now(UTC).year)


def as_query(text: str) -> str:
    """Words of `text` that a registry can look for, in their order."""
    return " ".join(content_words(without_period(text))[:QUERY_WORDS])


def rule_queries(deps: Deps, brief: Brief) -> list[str]:
    """First queries, without a model: the topic, each aspect of it, and what reviews it."""
    topic = as_query(brief.topic)
    ideas = [topic]
    ideas += [as_query(f"{brief.topic} {aspect}") for aspect in brief.aspects]
    if deps.journey.survey:
        ideas += [f"{topic} review"]
    return list(dict.fromkeys(idea for idea in ideas if idea))[:MOST_QUERIES]


def look_plan(
    deps: Deps,
    brief: Brief,
    reach: Reach,
    queries: Sequence[str],
    *,
    why: str,
    known: Sequence[str],
    required: bool,
    calls: Sequence[ToolCall] = (),
    read: Step | None = None,
    version: int = 1,
) -> Plan:
    """The plan that finds and reads sources before there is an outline.

    Args:
        known: sources that can be cited already.
        required: whether there is nothing to write from without what is found.
        calls: of learnt tools that the request asks for.
        read: the survey of the person's own files, where it is done or goes on beside this.
    """
    steps = [read] if read is not None else []
    steps += [
        _tool(f"{CALLING}{number}", call.title, CALL, call.model_dump())
        for number, call in enumerate(calls, 1)
    ]
    last_hope = required and not reach.web
    if reach.scholarly:
        steps += _scholarly(deps, brief, queries, known, last_hope and not reach.tools)
    if reach.tools:
        first = (KEEP,) if reach.scholarly else ()
        steps += tool_steps(deps, brief, queries, known, last_hope, after=first)
    if reach.web:
        # Pages are the last resort, unless the person asked for everything.
        before = [s.id for s in steps if s.id == KEEP or s.id.startswith(ASK)]
        last = bool(before) and deps.task.settings.search != "everything"
        after = tuple(before)
        steps += _web(brief, queries, known, required, last, after)
    return Plan(
        version=version,
        title="Look for sources",
        rationale=f"{why} The outline follows from what can be found and read.",
        steps=tuple(steps),
    )


def _tool(step_id: str, title: str, tool: str, given: dict[str, object], *after: str) -> Step:
    return Step(
        id=step_id, kind=StepKind.TOOL, title=title, tool=tool, input=given, depends_on=after
    )


def _scholarly(
    deps: Deps, brief: Brief, queries: Sequence[str], known: Sequence[str], required: bool
) -> list[Step]:
    period = period_of(deps)
    years = {"from_year": period.first, "to_year": period.last}
    most = kept_wanted(deps, brief)
    words = brief.length_words or deps.journey.default_words
    follows = deps.journey.survey and words >= FOLLOW_FROM_WORDS
    # What is followed finds works that queries miss; a third of the places is for those.
    first = max(1, most - most // 3) if follows else most
    texts = deps.search.full_texts
    judged: dict[str, object] = {
        "topic": without_period(brief.topic),
        "queries": list(queries),
        **years,
        "known": list(known),
    }
    steps = [
        _tool(LOOK, "Look for sources", "scholarly.search", {"queries": list(queries), **years}),
        _tool(
            KEEP,
            "Choose and read the best of them",
            "scholarly.keep",
            {
                **judged,
                "most": first,
                "full_texts": max(1, texts - texts // 3) if follows else texts,
                "full_text_bytes": deps.search.full_text_bytes,
                "required": required,
            },
            LOOK,
        ),
    ]
    if follows:
        steps += [
            _tool(FOLLOW, "Follow the references of the best", "scholarly.follow", {}, KEEP),
            _tool(
                KEEP_MORE,
                "Choose and read what that adds",
                "scholarly.keep",
                {
                    **judged,
                    "most": max(1, most // 3),
                    "full_texts": texts // 3,
                    "full_text_bytes": deps.search.full_text_bytes // 3,
                },
                FOLLOW,
            ),
        ]
    return steps


def tool_steps(
    deps: Deps,
    brief: Brief,
    queries: Sequence[str],
    known: Sequence[str],
    required: bool,
    *,
    after: tuple[str, ...] = (),
) -> list[Step]:
    """Search with the learnt tools that fit, one after the other, so that the person is asked
    about one at a time. Where there is none, learn one: at once where nobody else is asked; after
    registries only for an outline that is made of its sources, which a wider search comes too late
    for, and if they brought nothing. Otherwise the researcher does when evidence is weak."""
    fitting = fitting_tools(deps, brief.topic)
    period = period_of(deps)
    given: dict[str, object] = {
        "queries": list(queries)[:MOST_QUERIES],
        "topic": without_period(brief.topic),
        "most": kept_wanted(deps, brief),
        "from_year": period.first,
        "to_year": period.last,
        "known": list(known),
    }
    steps: list[Step] = []
    for number, name in enumerate(fitting.tools, 1):
        last = number == len(fitting.tools)
        asked = {**given, "tool": name, "required": required and last}
        steps.append(_tool(f"{ASK}{number}", f"Look with {name}", SEARCH, asked, *after))
        after = (*after, steps[-1].id)
    if not fitting.tools and (not after or (required and deps.journey.annotations)):
        for number, offer in enumerate(fitting.offers, 1):
            learnt, last = f"{LEARN}{number}", bool(after)
            wanted: dict[str, object] = {"offer": offer, "unless_found": last}
            steps.append(_tool(learnt, f"Learn to use {offer}", TOOLS_LEARN, wanted, *after))
            asked = {**given, "required": required, "unless_found": last}
            name = f"{ASK}learnt-{number}"
            steps.append(_tool(name, f"Look with {offer}", SEARCH, asked, learnt, *after))
    return steps


def _web(
    brief: Brief,
    queries: Sequence[str],
    known: Sequence[str],
    required: bool,
    last: bool,
    after: tuple[str, ...],
) -> list[Step]:
    return [
        _tool(
            PAGES,
            "Look on the web" if not last else "Look on the web if need be",
            "web.search",
            {"queries": list(queries)[:3], "unless_found": last},
            *after,
        ),
        _tool(
            READ_PAGES,
            "Read the pages that fit",
            "web.read",
            {
                "topic": without_period(brief.topic),
                "known": list(known),
                "required": required,
            },
            PAGES,
            *after,
        ),
    ]


def settled(plan: Plan) -> list[Step]:
    """The steps of a plan that a later one keeps: what was read, looked for and found."""
    return [
        step
        for step in plan.steps
        if (step.id == "read" or is_looking(step))
        and step.status in (StepStatus.DONE, StepStatus.SKIPPED)
    ]
