"""Rules about what a run cost, and that nothing was paid for twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from autonomy.evaluation.finished import Finished
from autonomy.evaluation.rules.known import rule


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
