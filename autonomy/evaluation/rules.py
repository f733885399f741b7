"""What must hold of a finished run. Each rule looks at facts and gives its complaints; none means
that it holds. Nothing here asks a model for an opinion."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from autonomy.evaluation.finished import Finished

Rule = Callable[..., list[str]]

RULES: dict[str, Rule] = {}
"""By the name that tasks call it by."""

BAD = ("unsupported", "not_found", "contradicted")
SOUND = ("quoted", "close", "supported")
BY_RULE = "without a language model"
"""Of the sentence with which a document says that no model wrote it."""


def rule(check: Rule) -> Rule:
    RULES[check.__name__] = check
    return check


def complaints(finished: Finished, rules: Sequence[dict[str, Any]]) -> list[str]:
    """Whatever does not hold, each with the name of its rule."""
    return [
        f"{name}: {complaint}"
        for entry in rules
        for name, arguments in entry.items()
        for complaint in RULES[name](finished, **arguments)
    ]


# ------------------------------------------------------------------------------ run and log


@rule
def ended(finished: Finished, status: str | list[str], stop_reason: str | list[str]) -> list[str]:
    """Status and stop reason are (one of) these."""
    found = []
    for name, wanted in (("status", status), ("stop_reason", stop_reason)):
        allowed = [wanted] if isinstance(wanted, str) else wanted
        if finished.run[name] not in allowed:
            why = finished.run["error"] or (finished.run.get("last_verdict") or {}).get("reason")
            found.append(f"{name} is {finished.run[name]}, not {' or '.join(allowed)}: {why}")
    return found


@rule
def log_whole(finished: Finished) -> list[str]:
    """The log has every number from 1 to the run's last, and exactly one end, at its end."""
    numbers = [event["seq"] for event in finished.events]
    ends = [event["seq"] for event in finished.events if event["type"] == "run.finished"]
    found = []
    if numbers != list(range(1, finished.run["as_of_seq"] + 1)):
        found.append(f"{len(numbers)} events, but the last is number {finished.run['as_of_seq']}")
    if ends != numbers[-1:]:
        found.append(f"run.finished at {ends}, the log ends at {numbers[-1:]}")
    return found


@rule
def told(finished: Finished, text: str, least: int = 1, kind: str = "") -> list[str]:
    """The log has an event with these words (a regular expression)."""
    events = [e for e in finished.events if not kind or e["type"] == kind]
    count = sum(bool(re.search(text, e.get("content") or "", re.I)) for e in events)
    return [] if count >= least else [f"{count} events say “{text}”, not {least}"]


@rule
def taken_over(finished: Finished, least: int = 1) -> list[str]:
    """A worker was killed, and another claimed the run after it."""
    found = []
    if finished.kills < least:
        found.append(f"{finished.kills} workers were killed, not {least}: nothing was proven")
    if finished.fence < 2:
        found.append("the run was claimed once only")
    return found


@rule
def planned_by(finished: Finished, author: str) -> list[str]:
    """The plan was made by `model` or by `rule`."""
    made_by = (finished.run.get("plan") or {}).get("author")
    return [] if made_by == author else [f"the plan was made by {made_by}, not {author}"]


@rule
def mended_answers(finished: Finished, least: int) -> list[str]:
    """So many structured answers were not in the form asked for and were read all the same."""
    mended = [c for c in finished.calls if c["rung"] not in ("", "native")]
    return [] if len(mended) >= least else [f"{len(mended)} answers were mended, not {least}"]


@rule
def known_tools(finished: Finished) -> list[str]:
    """Every tool of the plan is one that the product has."""
    from autonomy.runtime.context import registry

    steps = (finished.run.get("plan") or {}).get("steps") or []
    known = {str(tool["name"]) for tool in registry().schemas()}
    unknown = sorted({s["tool"] for s in steps if s.get("tool") and s["tool"] not in known})
    return [f"the plan uses {', '.join(unknown)}"] if unknown else []


@rule
def learnt_tool(finished: Finished, least: int = 1) -> list[str]:
    """The run let in tools that its person did not have, and called one with success."""
    good = [r for r in finished.recordings if r["ok"]]
    found = [] if finished.tools else ["no tool was learnt"]
    if len(good) < least:
        found.append(f"{len(good)} calls of learnt tools succeeded, not {least}")
    return found


@rule
def new_evidence(finished: Finished, least: int) -> list[str]:
    """So many works that the person did not have are cited."""
    cited = {c["source_id"] for c in finished.citations}
    own = {s["id"] for s in finished.sources if s["origin"] in ("upload", "import")}
    new = cited - own
    return [] if len(new) >= least else [f"{len(new)} new works are cited, not {least}"]


# ---------------------------------------------------------------------------------- document


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
    is marked as in doubt."""
    found = []
    for one in finished.citations:
        for figure in figures:
            told = re.search(rf"\b{figure}\b", one["claim"])
            borne_out = re.search(rf"\b{figure}\b", one["text"])
            if told and not borne_out and one["verdict"] in SOUND:
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


@rule
def means_told(finished: Finished) -> list[str]:
    """The document tells the mean of each group of the data, as counted here from the file."""
    found = []
    text = finished.document.replace("\\", "")
    for file in finished.files:
        for place, mean in file.facts.get("means", {}).items():
            near = {f"{mean:.2f}", f"{mean:.1f}"}
            line = [one for one in text.splitlines() if place in one]
            if not any(re.search(rf"(?<![\d.]){re.escape(n)}", one) for one in line for n in near):
                found.append(f"it does not tell the mean of {place}, {mean:.2f}")
    return found


@rule
def word_file(finished: Finished, tables: int = 0, figures: int = 0) -> list[str]:
    """The document as DOCX has so many tables, and figures with a text for who cannot see them."""
    if not finished.word:
        return ["there is no document"]
    with zipfile.ZipFile(io.BytesIO(finished.word)) as file:
        text = file.read("word/document.xml").decode()
        pictures = [name for name in file.namelist() if name.startswith("word/media/")]
    told = [d for d in re.findall(r"<wp:docPr [^>]*descr=\"([^\"]*)\"", text) if len(d) > 20]
    found = []
    if text.count("<w:tbl>") < tables:
        found.append(f"{text.count('<w:tbl>')} tables, not {tables}")
    if len(pictures) < figures or len(told) < figures:
        found.append(f"{len(pictures)} figures, {len(told)} of them told in words, not {figures}")
    return found


@rule
def mended_step(finished: Finished, least: int = 1) -> list[str]:
    """The self-debugger diagnosed a failed step and had it run again, and it did what it should."""
    retries = [
        e for e in finished.events if e["type"] == "retry" and e.get("source") == "self_debugger"
    ]
    mended = {(e.get("meta") or {}).get("step_id") for e in retries}
    steps = {s["id"]: s for s in (finished.run.get("plan") or {}).get("steps") or []}
    done = [step for step in mended if steps.get(step, {}).get("status") == "done"]
    if len(done) < least:
        told = [str(e.get("content"))[:160] for e in retries]
        return [f"{len(done)} steps were mended and done, not {least}; it said: {told}"]
    return []


# ------------------------------------------------------------------------------- what it cost


@rule
def provider(
    finished: Finished, turned_away: int = 0, answered: int = 0, most_answered: int | None = None
) -> list[str]:
    """So many requests, at least, were turned away or failed (else the task proved nothing), and so
    many were answered."""
    outcomes = Counter(request["outcome"] for request in finished.requests)
    # What was answered badly counts as answered; the fault's name tells the two apart.
    bad = sum(1 for r in finished.requests if r["fault"] or r["outcome"] != "answered")
    good = sum(1 for r in finished.requests if r["outcome"] == "answered")
    found = []
    if bad < turned_away:
        found.append(f"{bad} requests met a fault, not {turned_away}: {dict(outcomes)}")
    if good < answered:
        found.append(f"{good} requests were answered, not {answered}")
    if most_answered is not None and good > most_answered:
        found.append(f"{good} requests were answered, not at most {most_answered}")
    return found


@rule
def paid_once(finished: Finished) -> list[str]:
    """No call was answered twice by the provider, and the run's ledger has exactly what the
    provider told of its usage; nothing is left set aside."""
    told = [r for r in _requests(finished) if r["outcome"] == "answered" and not r["fault"]]
    calls = Counter(_call(r["request_id"]) for r in told)
    found = [f"“{call}” was answered {n} times" for call, n in calls.items() if n > 1]
    booked = {row["key"]: row for row in finished.ledger if not row["assumed"]}
    for request in told:
        row = booked.get(request["request_id"])
        if row is None:
            found.append(f"“{request['request_id']}” stands in no ledger")
        elif (row["input_tokens"], row["output_tokens"]) != (
            request["input_tokens"],
            request["output_tokens"],
        ):
            found.append(f"“{request['request_id']}” was booked with other tokens than were told")
    return found + _left_open(finished)


@rule
def recorded_once(finished: Finished) -> list[str]:
    """No call whose answer was recorded was made again. One whose answer was lost with its worker
    may be, and then its entry says that it was begun more than once."""
    begun = {effect["key"]: effect["attempts"] for effect in finished.effects}
    answered = [r for r in _requests(finished) if r["outcome"] == "answered"]
    calls = Counter(_call(r["request_id"]) for r in answered)
    found = [
        f"“{call}” was answered {n} times and begun {begun.get(call, 0)} times"
        for call, n in calls.items()
        if n > max(1, begun.get(call, 0))
    ]
    unrecorded = [call for call in calls if call not in begun]
    if unrecorded:
        found.append(f"{len(unrecorded)} calls stand in no record, as “{unrecorded[0]}”")
    return found + _left_open(finished)


def _left_open(finished: Finished) -> list[str]:
    found = []
    unsettled = [row["key"] for row in finished.ledger if row["settled_at"] is None]
    if unsettled or finished.reserved:
        found.append(f"{finished.reserved} tokens are still set aside for {unsettled}")
    open_effects = [e["key"] for e in finished.effects if e["status"] in ("intent", "unknown")]
    if open_effects:
        found.append(f"effects without an outcome: {open_effects}")
    return found


def _requests(finished: Finished) -> list[dict[str, Any]]:
    """What the provider saw, under the names that the run's own ledger uses."""
    prefix = f"{finished.run['id']}:"
    return [
        r | {"request_id": str(r["request_id"]).removeprefix(prefix)} for r in finished.requests
    ]


def _call(request_id: str) -> str:
    """What the attempts of one call have in common."""
    return request_id.rpartition("#")[0] or request_id


@rule
def within_budget(finished: Finished) -> list[str]:
    """The run's account and the provider's count both stay under the run's limits."""
    budgets = finished.run["budgets"]
    found = [
        f"{name}: {budgets[f'{name}_spent']} of {budgets[f'{name}_limit']}"
        for name in ("tokens", "usd", "seconds")
        if budgets[f"{name}_spent"] > budgets[f"{name}_limit"] * (1.1 if name == "seconds" else 1)
    ]
    used = sum((r["input_tokens"] or 0) + (r["output_tokens"] or 0) for r in finished.requests)
    if used > budgets["tokens_limit"]:
        found.append(f"the provider counted {used} tokens of {budgets['tokens_limit']}")
    return found


# ---------------------------------------------------------------------------- similarity cycles


@rule
def cycles(finished: Finished, reports: list[float], last: str) -> list[str]:
    """A cycle for each of these reports, taken in once and in turn; the last ended like this."""
    observed = [cycle["observed_similarity"] for cycle in finished.cycles]
    taken = sum(event["type"] == "turnitin.report_ready" for event in finished.events)
    ends = [cycle["status"] for cycle in finished.cycles]
    wanted = ["rejected"] * (len(reports) - 1) + [last]
    found = []
    if observed != [float(report) for report in reports]:
        found.append(f"reports of {observed} were taken in, not of {reports}")
    if taken != len(reports):
        found.append(f"the run woke for {taken} reports, not {len(reports)}")
    if ends != wanted:
        found.append(f"cycles ended {ends}, not {wanted}")
    return found


@rule
def similarity_falls(finished: Finished) -> list[str]:
    """By the product's own engine, quotations counted, no draft is more like the sources than the
    one before, and the last is less like them than the first."""
    told = [figure for figure in finished.similarity if figure is not None]
    if len(told) != len(finished.cycles) or len(told) < 2:
        return [f"figures are {finished.similarity}"]
    rising = any(later > earlier for earlier, later in itertools.pairwise(told))
    if rising or told[-1] >= told[0]:
        return [f"it goes {' → '.join(f'{figure:g} %' for figure in told)}"]
    return []


@rule
def changes_explained(finished: Finished, least: int) -> list[str]:
    """After reports at least so many passages were looked at, each with what was done, why and for
    whom; and nothing else reads otherwise in any version that a report led to."""
    found = []
    count = 0
    for number, revision in enumerate(finished.revisions, start=1):
        changes = revision["changes"]
        count += len(changes)
        for change in changes:
            if not (change["reason"].strip() and change["remedy"] and change["told_by"]):
                found.append(f"report {number}: no reason for “{change['before'][:80]}”")
        for section_id, before in revision["before"].items():
            mine = [c for c in changes if c["section_id"] == section_id]
            text = before
            for change in mine:
                if text.count(change["before"]) != 1:
                    found.append(f"report {number}: “{change['before'][:80]}” was not there")
                text = text.replace(change["before"], change["after"], 1)
            if text.split() != revision["after"].get(section_id, "").split():
                found.append(f"report {number}: {section_id} reads otherwise for no reason told")
    if count < least:
        found.append(f"{count} passages were looked at, not {least}")
    return found
