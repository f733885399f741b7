"""A language model says flagged passages otherwise; code checks that nothing was lost or hidden.

What a model gives back is taken only if every citation is there, every figure, unit, date and name
is kept and none is new, nothing turned, what it quotes is verbatim, and the sentence is a new one:
an old one with other words in it is refused, because it would only look different.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from autonomy.agents.remedies import Found
from autonomy.agents.verification import normal, quoted_spans
from autonomy.core import prompts
from autonomy.core.markers import MARKER, without_markers
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.types import FindingKind, FindingWeight, Passage
from autonomy.tools.facts.compare import Facts, findings
from autonomy.tools.similarity.copying import unquoted_share

AT_ONCE = 8
"""Passages of one call."""
MOST_CHARS = 3_500
"""A longer passage is no single thought: it is left to rules."""
SAME_WORDING = 82.0
"""rapidfuzz ratio, 0 to 100, from which a wording counts as the old one with words exchanged."""
COPIED = 0.25
"""Share of its words that may stand in runs of eight from the source, outside quotation marks:
names of methods and the like."""
SHORTEST, LONGEST = 0.3, 1.6
"""Of the passage's words."""

_TOKEN = re.compile(r"\{(?P<kind>[pn])(?P<number>\d{1,3})\}")
_KEPT = frozenset({FindingKind.NUMBER, FindingKind.UNIT, FindingKind.DATE, FindingKind.NAME})
_TURNED = frozenset({FindingKind.NEGATION, FindingKind.DIRECTION})


def with_tokens(text: str) -> tuple[str, dict[str, str]]:
    """The text with `{p1}`, `{n1}` … for its markers, and the marker of each."""
    tokens: dict[str, str] = {}

    def token(match: re.Match[str]) -> str:
        name = f"{{{match['kind']}{len(tokens) + 1}}}"
        tokens[name] = match[0]
        return name

    return MARKER.sub(token, text), tokens


def with_markers(text: str, tokens: dict[str, str]) -> str | None:
    """The text with its markers back; None when one is missing, doubled or made up."""
    found = [match[0] for match in _TOKEN.finditer(text)]
    if sorted(found) != sorted(tokens) or MARKER.search(text):
        return None
    return _TOKEN.sub(lambda match: tokens[match[0]], text)


def loss(before: str, after: str, passages: Sequence[Passage]) -> str:
    """What speaks against `after` in place of `before`, as a clause; empty when nothing does."""
    old, new = without_markers(before), without_markers(after)
    if not SHORTEST <= len(new.split()) / max(1, len(old.split())) <= LONGEST:
        return "its length is far from the passage's"
    source = " ".join(passage.text for passage in passages)
    added = _missing(new, f"{old} {source}")
    if added:
        return f"it adds {added}"
    lost = _missing(old, new)
    if lost:
        return f"it loses {lost}"
    turned = [f for f in findings(new, Facts(old)) if f.kind in _TURNED]
    if turned:
        return f"it may turn what is said ({turned[0].message})"
    have = normal(f"{source} {old}")
    if any(normal(span) not in have for span in quoted_spans(after, least=1)):
        return "it quotes what its source does not say"
    if fuzz.ratio(normal(_bare(old)), normal(_bare(new))) >= SAME_WORDING:
        return "it is the old sentence with words exchanged"
    worded = [p.model_copy(update={"text": _worded(p.text)}) for p in passages]
    if worded and unquoted_share(_worded(new), worded) > COPIED:
        return "it keeps the source's wording"
    return ""


def _worded(text: str) -> str:
    """Without figures: those have to stay as they are."""
    return re.sub(r"\d[\d.,]*|\bper cent\b|\bpercent\b|%", " ", text)


def _bare(text: str) -> str:
    return re.sub(r"[“”\"*_]", "", text)


def _missing(claim: str, text: str) -> str:
    """The first fact of `claim` that `text` does not have; empty when it has all."""
    facts = Facts(text)
    for finding in findings(claim, facts):
        if finding.weight is FindingWeight.MISSING and finding.kind in _KEPT:
            return finding.text
    return ""


async def rephrased(
    found: Sequence[tuple[Found, str, str]], deps: Deps, key: str
) -> tuple[dict[int, str], dict[int, str], bool]:
    """What a model made of passages of one section.

    Args:
        found: each with the sentences before and after it.
        key: of the effect.

    Returns:
        The place of each among `found` to its new wording, or to why there is none; and whether a
        simulated model spoke.
    """
    taken: dict[int, str] = {}
    refused: dict[int, str] = {}
    simulated = False
    todo = [n for n, (one, _, _) in enumerate(found) if len(one.unit.text) <= MOST_CHARS]
    for n in range(len(found)):
        if n not in todo:
            refused[n] = "the passage is too long to be one thought"
    for start in range(0, len(todo), AT_ONCE):
        batch = todo[start : start + AT_ONCE]
        call = f"{key}:{start}"
        try:
            answers, tokens = await _asked({n: found[n] for n in batch}, deps, call)
        except (ModelUnavailable, BudgetExhausted) as error:
            refused |= dict.fromkeys(todo[start:], f"no language model could be asked ({error})")
            break
        simulated = simulated or deps.models.simulated(call)
        for n in batch:
            wording = answers.get(n)
            marked = None if wording is None else with_markers(wording, tokens[n])
            if marked is None:
                refused[n] = (
                    "the model left it out" if wording is None else "the model lost a citation"
                )
                continue
            passages = [p for p in [found[n][0].passage] if p is not None]
            if why := loss(found[n][0].unit.text, marked, passages):
                refused[n] = f"the model's wording was refused, because {why}"
            else:
                taken[n] = marked
    return taken, refused, simulated


async def _asked(
    batch: dict[int, tuple[Found, str, str]], deps: Deps, key: str
) -> tuple[dict[int, str], dict[int, dict[str, str]]]:
    shown: list[prompts.Flagged] = []
    tokens: dict[int, dict[str, str]] = {}
    for n, (one, before, after) in batch.items():
        text, tokens[n] = with_tokens(one.unit.text)
        shown.append(
            prompts.Flagged(
                number=n + 1,
                text=text,
                before=without_markers(before),
                after=without_markers(after),
                source=one.passage.text if one.passage else "",
                work=one.source,
                note=" ".join(flag.note for flag in one.unit.flags if flag.note),
            )
        )
    heading = next(iter(batch.values()))[0].heading
    answer = await deps.models.structured(
        "writer",
        key=key,
        prompt=prompts.reworker(task=deps.task, heading=heading, passages=shown),
        output=prompts.ReworkedPassages,
    )
    return {p.number - 1: p.text for p in answer.passages if p.number - 1 in batch}, tokens
