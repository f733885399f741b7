"""Rules about a run, its plan and its log."""

from __future__ import annotations

import re

from autonomy.evaluation.finished import Finished
from autonomy.evaluation.rules.known import rule


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
