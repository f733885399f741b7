"""Writer: one section from the passages it was handed, by a model or, without one, by rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from autonomy.agents.composer import (
    Composed,
    Evidence,
    compose_account,
    compose_answer,
    compose_conclusion,
    compose_introduction,
    compose_section,
)
from autonomy.agents.gaps import SectionSummary
from autonomy.agents.notice import composed_by_rule
from autonomy.agents.quotable import candidates, contribution
from autonomy.agents.reply import REPLY, reply
from autonomy.agents.retractions import SAYS_SO
from autonomy.agents.writing_steps import BEGIN, END
from autonomy.core import prompts
from autonomy.core.brief import read_brief
from autonomy.core.markers import MARKER, unattributed
from autonomy.core.phrases import clause
from autonomy.core.plain_prose import plain_prose, without_echo
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.types import Author, Passage, Plan, Source, Step, StepKind, StopReason
from autonomy.core.words import stems
from autonomy.export.document import Section, words_of

OPENING_PASSAGES = 6
"""Passages of a source's beginning among which its own statement of purpose is sought."""

MOST_OPENED = 8
"""Sources whose openings an account of them is made from."""

PROMPT_PASSAGES = 16
"""Most passages one section's prompt carries."""


class Onward(BaseModel):
    """A section that is there already and is taken further, not written again."""

    model_config = ConfigDict(frozen=True)

    standing: str
    """Its Markdown."""
    passages: tuple[Passage, ...]
    """What the addition may be written from, best first."""
    taken: tuple[frozenset[str], ...] = ()
    """Stems of sentences that may not be quoted: the document has them, or had and lost them."""
    by_rule: str = ""
    """Why no model is asked although there is one, as a sentence; empty asks it."""


class Written(BaseModel):
    """A section and what the state keeps of it."""

    model_config = ConfigDict(frozen=True)

    section: Section
    passage_ids: tuple[str, ...]
    source_ids: tuple[str, ...]
    quotes: int
    quotes_by_source: dict[str, int]
    words: int
    notice: str = ""
    """That it was composed by rule although a model was wanted, and why."""
    reason: str = ""
    """The why alone, as it goes on after "because"."""
    dropped_markers: int = 0


def _body_steps(plan: Plan) -> list[Step]:
    return [s for s in plan.steps if s.kind is StepKind.WRITE and s.input.get("role") == "section"]


def handed(step: Step, plan: Plan) -> list[str]:
    """Passage ids of the step: its own share, or for a frame all that the body left over."""
    shares: Mapping[str, list[str]] = plan.step("evidence").result.get("sections", {})
    role = step.input["role"]
    if role in (BEGIN, END):
        used = {pid for s in _body_steps(plan) for pid in s.result.get("passage_ids", [])}
        everything = [pid for share in shares.values() for pid in share]
        return [pid for pid in everything if pid not in used][:60]
    extra = [str(pid) for pid in step.input.get("extra_passages", [])]
    return list(dict.fromkeys([*shares.get(str(step.input["number"]), []), *extra]))


def topic_of(step: Step, deps: Deps) -> str:
    """What the document is about: as the plan says, which may have read it off the sources."""
    return str(step.input.get("topic") or read_brief(deps.task).topic)


async def write(step: Step, plan: Plan, deps: Deps, task: str) -> Written:
    """Write the section that `step` describes.

    Raises:
        BudgetExhausted: the run has no time left; or no tokens or money for a model, and the
            section was written before.
    """
    if step.input["role"] == REPLY:
        section = await reply(step, deps, task)
        return Written(
            section=section,
            passage_ids=(),
            source_ids=(),
            quotes=0,
            quotes_by_source={},
            words=words_of(section.markdown),
        )
    return await _drafted(step, plan, deps, task)


async def write_on(step: Step, plan: Plan, deps: Deps, task: str, onward: Onward) -> Written:
    """What is added to the body section of `step`: about its input's `words` words, from the
    passages of `onward` alone. Where none of them can be quoted or told, it cites nothing.

    Raises:
        BudgetExhausted: the run has no time left.
    """
    return await _drafted(step, plan, deps, task, onward)


async def _drafted(
    step: Step, plan: Plan, deps: Deps, task: str, onward: Onward | None = None
) -> Written:
    """By a model where there is one, else by rule."""
    passages = list(onward.passages) if onward else await deps.library.passages(handed(step, plan))
    sources = {s.id: s for s in await deps.library.sources(_sources_of(passages, plan))}
    if not SAYS_SO.search(deps.task.goal):
        passages = [
            p for p in passages if p.source_id not in sources or not sources[p.source_id].retracted
        ]
    reason = onward.by_rule if onward else ""
    framing = step.input["role"] in (BEGIN, END)
    if not reason and deps.models.available("writer") and (passages or framing):
        try:
            return await _by_model(step, plan, deps, passages, sources, task, onward)
        except ModelUnavailable as error:
            reason = error.reason
        except BudgetExhausted as limit:
            # Composing by rule costs neither tokens nor money, only time. A section that is there
            # already is better kept than replaced by quotations.
            kept = onward is None and "artifact_id" in step.result
            if limit.stop_reason == StopReason.BUDGET_SECONDS or kept:
                raise
            reason = clause(str(limit))
    elif not reason:
        reason = deps.models.unavailable("writer")
    composed = await _by_rule(step, plan, deps, passages, sources, onward)
    return _written(step, composed, Author.RULE, reason=reason)


def _sources_of(passages: list[Passage], plan: Plan) -> list[str]:
    cited = [sid for s in _body_steps(plan) for sid in s.result.get("source_ids", [])]
    return list(dict.fromkeys([*(p.source_id for p in passages), *cited]))


def _written(
    step: Step, composed: Composed, author: Author, *, reason: str = "", dropped: int = 0
) -> Written:
    section = Section(
        id=step.id, heading=str(step.input["heading"]), markdown=composed.markdown, author=author
    )
    return Written(
        section=section,
        passage_ids=composed.passage_ids,
        source_ids=composed.source_ids,
        quotes=composed.quotes,
        quotes_by_source=dict(composed.quotes_by_source),
        words=composed.words,
        notice=composed_by_rule([section.heading], reason, of=1) if reason else "",
        reason=reason,
        dropped_markers=dropped,
    )


# ------------------------------------------------------------------------------- rule path


async def _by_rule(
    step: Step,
    plan: Plan,
    deps: Deps,
    passages: list[Passage],
    sources: dict[str, Source],
    onward: Onward | None = None,
) -> Composed:
    topic = topic_of(step, deps)
    evidence = Evidence(
        topic=topic,
        passages=passages,
        sources=sources,
        queries=list(step.input["queries"]),
        cues=list(step.input.get("cues", [])),
        signals=list(step.input.get("signals", [])),
        turn=2 * int(step.input.get("number", 0)),
        asked_sources=len(deps.task.source_ids),
        asked_for=frozenset(step.input.get("asked_for", ())),
    )
    words = int(step.input["words"])
    role = step.input["role"]
    if role == "answer":
        if not read_brief(deps.task).of_sources:
            return compose_answer(evidence, deps.task.goal, words)
        first = [p for sid in list(sources)[:MOST_OPENED] for p in await _opening(sid, deps)]
        return compose_account(evidence, first, deps.task.goal, words)
    if onward is not None:
        evidence.taken = list(onward.taken)
        evidence.onward = True
        evidence.turn += len(MARKER.findall(onward.standing))
        return compose_section(evidence, words)
    if role == "section":
        evidence.taken = await _reserved(sources, topic, deps)
        # The journey's own sections are named for readers, and have cues instead.
        evidence.aspect = "" if evidence.cues else str(step.input["heading"])
        return compose_section(evidence, words)
    body = _body_steps(plan)
    evidence.taken = [
        q.stems
        for p in await deps.library.passages(
            [pid for s in body for pid in s.result.get("passage_ids", [])]
        )
        for q in candidates([p], [topic])
    ]
    shares: Mapping[str, list[str]] = plan.step("evidence").result.get("sections", {})
    found = dict.fromkeys(pid for share in shares.values() for pid in share)
    evidence.everything = await deps.library.passages(list(found))
    if role == BEGIN:
        used: dict[str, int] = {}
        for s in body:
            for source_id, count in s.result.get("quotes_by_source", {}).items():
                used[source_id] = used.get(source_id, 0) + int(count)
        openings = [p for sid in used for p in await _opening(sid, deps)]
        return compose_introduction(
            evidence, openings, [str(s.input["heading"]) for s in body], used, words
        )
    evidence.taken += await _reserved(sources, topic, deps)
    summaries = [
        SectionSummary(
            str(s.input["heading"]),
            int(s.result.get("quotes", 0)),
            len(s.result.get("source_ids", [])),
        )
        for s in body
    ]
    evidence.cited = frozenset(
        source_id for s in body for source_id in s.result.get("source_ids", [])
    )
    available = await deps.library.sources(deps.task.source_ids)
    return compose_conclusion(evidence, summaries, words, available)


async def _opening(source_id: str, deps: Deps) -> list[Passage]:
    return await deps.library.opening(source_id, limit=OPENING_PASSAGES)


async def _reserved(sources: Mapping[str, Source], topic: str, deps: Deps) -> list[frozenset[str]]:
    """Stems of the sentences that the introduction will quote."""
    openings = [await _opening(sid, deps) for sid in sources]
    said = (contribution(passages, topic) for passages in openings)
    return [quote.stems for quote in said if quote is not None]


# ------------------------------------------------------------------------------- model path


def _purpose(step: Step) -> str:
    focus = str(step.input.get("focus", ""))
    return (
        f"{step.input['purpose']} Dwell on: {focus}.".strip()
        if focus
        else str(step.input["purpose"])
    )


_MEANT_AS_MARKER = re.compile(
    r"[ \t]{0,9}(?P<marker>\[\[\s{0,9}[pn]\s{0,9}:[^\[\]\n]{0,200}\]\]?)", re.IGNORECASE
)
"""Also one that cannot be read: it would stand in the document as it is."""


async def _by_model(
    step: Step,
    plan: Plan,
    deps: Deps,
    passages: list[Passage],
    sources: dict[str, Source],
    task: str,
    onward: Onward | None = None,
) -> Written:
    role = str(step.input["role"])
    earlier = []
    if role in (BEGIN, END):
        for s in _body_steps(plan):
            body = await deps.artifacts.load(s.result["artifact_id"])
            # Its markers name passages that a frame may not cite.
            text = unattributed(str(body["section"]["markdown"]))
            earlier.append((str(s.input["heading"]), text))
    prompt = prompts.writer(
        task=deps.task,
        role=prompts.CONTINUATION if onward else role,
        title=plan.title,
        heading=str(step.input["heading"]),
        purpose=_purpose(step),
        words=int(step.input["words"]),
        topic=topic_of(step, deps),
        passages=passages[:PROMPT_PASSAGES],
        sources=sources,
        earlier=earlier,
        revision="" if onward else str(step.input.get("revision", "")),
        standing=unattributed(onward.standing) if onward else "",
        guidance=deps.guidance,
    )

    async def on_token(text: str) -> None:
        await deps.events.token(task, text)

    key = f"{task}:write"
    # What streams is shown as the section itself, which an addition is not.
    text = await deps.models.text(
        "writer", key=key, prompt=prompt, on_token=None if onward else on_token
    )
    shown = passages[:PROMPT_PASSAGES]
    known = {p.id: p for p in shown}
    dropped = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal dropped
        marker = MARKER.fullmatch(match["marker"])
        if marker is not None and marker["id"] in known:
            return match[0]
        dropped += 1
        return ""

    said = plain_prose(without_echo(text, prompt.system)) if deps.guards.prose else text
    markdown = _MEANT_AS_MARKER.sub(keep, prompts.bind_markers(said, shown)).strip()
    if not stems(markdown):
        raise ModelUnavailable("the model returned no prose.", "malformed")
    ids = tuple(dict.fromkeys(m["id"] for m in MARKER.finditer(markdown)))
    composed = Composed(
        markdown=markdown,
        passage_ids=ids,
        source_ids=tuple(dict.fromkeys(known[pid].source_id for pid in ids)),
        quotes=len(MARKER.findall(markdown)),
        quotes_by_source=Counter(known[m["id"]].source_id for m in MARKER.finditer(markdown)),
    )
    written = _written(step, composed, Author.MODEL, dropped=dropped)
    if not deps.models.simulated(key):
        return written
    section = written.section.model_copy(update={"simulated": True})
    return written.model_copy(update={"section": section})
