"""What to ask registries for: by a model where there is one, else by rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from autonomy.agents.look_plan import MOST_QUERIES, as_query, rule_queries
from autonomy.core import prompts
from autonomy.core.brief import Brief
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.types import Author, Passage, Step, StopReason
from autonomy.core.words import content_words, key_terms, stems

FEEDBACK_TERMS = 3
"""Terms that recur in what was found (pseudo-relevance feedback) and widen a query."""
TITLES = 20
QUERY_CHARS = 120


async def outside_queries(
    deps: Deps,
    brief: Brief,
    *,
    key: str,
    gaps: Sequence[Step] = (),
    why: str = "",
    seen: Sequence[Passage] = (),
    titles: Sequence[str] = (),
    asked: frozenset[str] = frozenset(),
) -> tuple[list[str], Author]:
    """Queries that were not asked before, most important first, and who made them; none when
    there is nothing new to ask.

    Args:
        key: of the model call.
        gaps: writing steps that want evidence.
        why: what the critic said of them.
        seen: passages found so far.
        titles: of the sources found so far.
        asked: earlier queries, in lower case.
    """
    author = Author.RULE
    ideas: list[str] = []
    if deps.models.available("planner"):
        try:
            ideas = await _by_model(deps, brief, key, gaps, why, titles, asked)
            author = Author.MODEL
        except ModelUnavailable:
            pass  # the rule below needs no model
        except BudgetExhausted as limit:
            if limit.stop_reason == StopReason.BUDGET_SECONDS:
                raise
    if not ideas:
        author = Author.RULE
        ideas = widened(brief.topic, gaps, seen) if gaps else rule_queries(deps, brief)
    return _fresh(ideas, asked), author


def _fresh(ideas: Sequence[str], asked: frozenset[str]) -> list[str]:
    """Without what was asked before, in whatever order its words stood."""
    before = {stems(query) for query in asked}
    fresh: list[str] = []
    for idea in ideas:
        words = stems(idea)
        if words and words not in before:
            before.add(words)
            fresh.append(idea[:QUERY_CHARS])
    return fresh[:MOST_QUERIES]


async def _by_model(
    deps: Deps,
    brief: Brief,
    key: str,
    gaps: Sequence[Step],
    why: str,
    titles: Sequence[str],
    asked: frozenset[str],
) -> list[str]:
    missing = [f"{s.input.get('heading') or ''}: {s.input.get('purpose') or ''}" for s in gaps]
    prompt = prompts.searcher(
        task=deps.task,
        topic=brief.topic,
        missing=[why, *missing] if why else missing,
        asked=sorted(asked),
        titles=titles[:TITLES],
        guidance=deps.guidance,
    )
    answer = await deps.models.structured(
        "planner", key=key, prompt=prompt, output=prompts.PlannedQueries
    )
    # Words to look for and nothing else: what a model writes is no address and no operator.
    return [query for query in (as_query(q) for q in answer.queries) if query]


def widened(topic: str, gaps: Sequence[Step], seen: Sequence[Passage]) -> list[str]:
    """By rule: each gap's heading with the topic, terms that recur in what was found, the gap's
    own queries, and the topic's words in pairs."""
    terms = key_terms((p.text for p in seen), limit=FEEDBACK_TERMS, exclude=stems(topic))
    ideas = [as_query(f"{topic} {step.input.get('heading') or ''}") for step in gaps]
    ideas += [as_query(f"{topic} {term}") for term in terms]
    ideas += [as_query(str(q)) for step in gaps for q in step.input.get("queries", [])]
    ideas.append(as_query(topic))
    ideas += [f"{a} {b}" for a, b in pairwise(content_words(as_query(topic)))]
    return list(dict.fromkeys(idea for idea in ideas if idea))
