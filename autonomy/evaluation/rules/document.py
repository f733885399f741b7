"""Rules about the document and its citations."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from autonomy.evaluation.finished import Finished
from autonomy.evaluation.rules.known import rule

BAD = ("unsupported", "not_found", "contradicted")
SOUND = ("quoted", "close", "supported")
BY_RULE = "without a language model"
"""Of the sentence with which a document says that no model wrote it."""


@rule
def gates(finished: Finished, but: list[str] | None = None) -> list[str]:
    """Every gate of the last verdict passed, other than those named."""
    judged = (finished.run.get("last_verdict") or {}).get("gates") or []
    failed = [gate for gate in judged if not gate["passed"] and gate["gate"] not in (but or [])]
    if not judged:
        return ["no gate was run"]
    return [f"{gate['gate']} failed: {gate['message']}" for gate in failed]


@rule
def citations(
    finished: Finished, least: int, sources: int = 1, unjudged: bool = False
) -> list[str]:
    """At least so many citations, of so many sources, each bound to a passage of the run's own
    files that has the words which the claim quotes, and none with a bad verdict.

    Args:
        unjudged: nobody was left to judge claims in other words than the passage's: such a one may
            be marked as not found, as long as it lacks no fact.
    """
    cited = finished.citations
    found = []
    if len(cited) < least:
        found.append(f"{len(cited)} citations, not {least}")
    if len({c["source_id"] for c in cited}) < sources:
        found.append(f"{len({c['source_id'] for c in cited})} sources are cited, not {sources}")
    own = {source["id"] for source in finished.sources}
    texts = [_bare(file.data.decode()) for file in finished.files]
    for one in cited:
        named = f"citation {one['marker']}"
        if one["passage_id"] is None or one["source_id"] not in own:
            found.append(f"{named} leads nowhere")
        open_question = unjudged and one["author"] == "rule" and not _lacks(one)
        if one["verdict"] in BAD and not open_question:
            found.append(f"{named} is {one['verdict']}: {one['reason']}")
        if finished.files and not any(_stands_in(one["text"], text) for text in texts):
            found.append(f"{named} is bound to words that no file has: “{one['text'][:120]}”")
        for quote in re.findall(r"“([^”]{12,})”", one["claim"]):
            if _bare(quote.rstrip(".,;")) not in _bare(one["text"]):
                found.append(f"{named} quotes what its passage does not say: “{quote[:80]}”")
    return found


def _lacks(citation: dict[str, Any]) -> bool:
    return any(finding["weight"] == "missing" for finding in citation["findings"])


@rule
def figures_borne_out(finished: Finished, figures: list[int]) -> list[str]:
    """A sentence of the document that tells one of these figures cites a passage which has it, or
    is marked as in doubt, or told to have it from the lines beside its passage: the same source does
    say it there."""
    found = []
    for one in finished.citations:
        for figure in figures:
            told = re.search(rf"\b{figure}\b", one["claim"])
            borne_out = re.search(rf"\b{figure}\b", one["text"])
            beside = any(
                finding["weight"] == "beside" and re.search(rf"\b{figure}\b", finding["text"])
                for finding in one["findings"]
            )
            if told and not borne_out and not beside and one["verdict"] in SOUND:
                found.append(
                    f"citation {one['marker']} tells {figure} and is {one['verdict']}, though its "
                    "passage does not have it"
                )
    return found


def _stands_in(passage: str, text: str) -> bool:
    """Whether nine in ten stretches of the passage stand in the file: a heading between two
    paragraphs is no part of the passage."""
    bare = _bare(passage)
    stretches = [bare[i : i + 40] for i in range(0, max(len(bare) - 39, 1), 40)]
    return sum(stretch in text for stretch in stretches) >= 0.9 * len(stretches)


def _bare(text: str) -> str:
    """Letters and digits only: line ends, hyphens and Markdown must not matter."""
    return re.sub(r"[^0-9a-z]+", "", text.lower())


@rule
def written_by(finished: Finished, author: str) -> list[str]:
    """The document was written by `model` throughout, `rule` throughout, or `both`, and says so."""
    says_rule = BY_RULE in finished.document
    sections = Counter(
        str((event.get("meta") or {}).get("author"))
        for event in finished.events
        if event["type"] == "section.committed"
    )
    if not finished.document:
        return ["there is no document"]
    if author == "model" and (says_rule or set(sections) != {"model"}):
        return [f"sections by {dict(sections)}; says that no model wrote it: {says_rule}"]
    if author == "rule" and (not says_rule or "model" in sections):
        return [f"sections by {dict(sections)}; says that no model wrote it: {says_rule}"]
    if author == "both" and not {"model", "rule"} <= set(sections):
        return [f"sections by {dict(sections)}"]
    return []


@rule
def document(
    finished: Finished,
    says: list[str] | None = None,
    never_says: list[str] | None = None,
    least_words: int = 1,
) -> list[str]:
    """The document has all of `says` and none of `never_says` (regular expressions)."""
    words = len(finished.document.split())
    found = [] if words >= least_words else [f"{words} words, not {least_words}"]
    for text in says or []:
        if not re.search(text, finished.document, re.I):
            found.append(f"it does not say “{text}”")
    for text in never_says or []:
        if match := re.search(text, finished.document, re.I):
            found.append(f"it says “{match[0][:80]}”")
    return found
