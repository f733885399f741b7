"""The drift suite: each mutation is repaired by what was recorded, and judged on answers that no
evidence had. `python -m tests.autonomy.tools.learnt.drift_suite` prints its table."""

from __future__ import annotations

import asyncio
import copy
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autonomy.core.learnt import Exchange
from autonomy.tools.learnt.drift import Refused
from autonomy.tools.learnt.mending import Mended, mend
from autonomy.tools.learnt.wrapper import Wrapper, WrapperError
from tests.autonomy.tools.learnt.apis import exchange
from tests.autonomy.tools.learnt.mutations import MUTATIONS, Mutation

REPAIRED, REFUSED, WRONG = "repaired", "correctly refused", "wrongly accepted"
MISSED = "not repaired"
PROBES = 10


@dataclass(frozen=True)
class Outcome:
    mutation: Mutation
    verdict: str
    said: str


def answered(mutation: Mutation, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
    """What the changed API says to a call under a wrapper."""
    query = Wrapper.parse(wrapper).request(dict(arguments))
    refusal = mutation.demands(query)
    if refusal is not None:
        status, body = refusal
        return exchange(dict(arguments), body, status=status, query=query)
    served = mutation.served(query)
    answer = mutation.change(copy.deepcopy(mutation.api.answer(served)), served)
    return exchange(
        dict(arguments),
        answer,
        status=mutation.status,
        media_type=mutation.media_type,
        query=query,
    )


async def repaired(mutation: Mutation, wrapper: str = "") -> Mended | Refused:
    async def ask(text: str, arguments: Mapping[str, Any]) -> Exchange:
        return answered(mutation, text, arguments)

    recordings = mutation.api.recordings()
    failed = answered(mutation, wrapper, mutation.api.recorded[0])
    return await mend(mutation.api.tool(wrapper), recordings, failed, ask, probes=PROBES)


def judged(mutation: Mutation, found: Mended | Refused) -> Outcome:
    """Against the true values of arguments that were held back."""
    if isinstance(found, Refused):
        return Outcome(mutation, MISSED if mutation.mended else REFUSED, found.reason)
    said = "; ".join(change.said for change in found.candidate.changes)
    wrapper = Wrapper.parse(found.candidate.text)
    for arguments in mutation.api.held_back:
        truth = mutation.api.answer(arguments)
        now = answered(mutation, found.candidate.text, arguments)
        try:
            result = wrapper.response(now.answer)
        except WrapperError as error:
            return Outcome(mutation, MISSED, f"{said}, but on fresh data {error}")
        if not wrapper.accepts(now.status) or not holds(result, truth):
            return Outcome(mutation, WRONG, said)
        if wrapper.response(truth) != truth:
            return Outcome(mutation, WRONG, f"{said}: an old answer comes out changed")
    return Outcome(mutation, REPAIRED if mutation.mended else WRONG, said)


def holds(result: Any, truth: Any) -> bool:
    """Whether everything that is true is in the result, in its place and of its type."""
    if type(result) is not type(truth):
        return False
    if isinstance(truth, dict):
        return all(key in result and holds(result[key], value) for key, value in truth.items())
    if isinstance(truth, list):
        return len(result) == len(truth) and all(map(holds, result, truth))
    return bool(result == truth)


def outcomes() -> list[Outcome]:
    async def every() -> list[Outcome]:
        return [judged(mutation, await repaired(mutation)) for mutation in MUTATIONS]

    return asyncio.run(every())


def table(found: list[Outcome]) -> str:
    kinds = list(dict.fromkeys(outcome.mutation.kind for outcome in found))
    columns = (REPAIRED, REFUSED, MISSED, WRONG)
    lines = [f"{'':<14}" + "".join(f"{column:>19}" for column in columns)]
    for kind in (*kinds, "all"):
        mine = [o for o in found if kind in (o.mutation.kind, "all")]
        counts = [sum(o.verdict == column for o in mine) for column in columns]
        lines.append(f"{kind:<14}" + "".join(f"{count:>19}" for count in counts))
    return "\n".join(lines) + "\n"


def main() -> int:
    found = outcomes()
    for outcome in found:
        name = f"{outcome.mutation.kind}: {outcome.mutation.api.name}, {outcome.mutation.name}"
        sys.stdout.write(f"{outcome.verdict:<18} {name}\n{'':<18} {outcome.said}\n")
    sys.stdout.write("\n" + table(found))
    return 1 if any(outcome.verdict in (WRONG, MISSED) for outcome in found) else 0


if __name__ == "__main__":
    sys.exit(main())
