"""Simulated models that only the evaluation needs."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.providers.answers import answer, fenced
from tests.providers.received import Received

_FINDING = re.compile(r"[^.\n]*\b(?:lowered|raised)\b[^.\n]*\bby (\d+) per cent in \w+\.")


def partisan(received: Received) -> str:
    """The sensible answer; to each section it adds what each source found, under its own name, and
    then the first one's finding as if the second had it too."""
    said = answer(received.role, received.user, received.asked.schema)
    if received.role != "writer":
        return said
    found: dict[str, tuple[str, str]] = {}
    for quoted in fenced(received.user):
        label = re.match(r"passage ([^:]+):", quoted.label)
        for match in _FINDING.finditer(quoted.text) if label else ():
            if "pooled" in match[0]:
                found.setdefault(match[1], (str(label[1]), match[0].strip().rstrip(".")))
    if len(found) < 2:
        return said
    (one, finding), (other, second) = list(found.values())[:2]
    return "\n\n".join(
        [
            said,
            f"One study put it so: “{finding}” [[p:{one}]]. "
            f"Another put it so: “{second}” [[p:{other}]]. "
            f"Both agree: {finding[0].lower()}{finding[1:]} [[p:{other}]].",
        ]
    )


_BUGS = {
    "column": "groups = data.groupby('plaace')['visits'].mean()",
    "type": "total = 'visits: ' + data['visits'].sum()",
    "name": "means = grouped_by_place.mean()",
    "syntax": "for place in data['place'].unique()\n    pass",
    "empty": "pass",
}
"""Kind of mistake to the line that has it; the last computes nothing at all."""


def buggy(kind: str) -> Callable[[Received], str]:
    """A model whose programs have this mistake, until it is shown what came of one."""

    def answers(received: Received) -> str:
        if received.role == "analyst":
            return f"```python\n{_BUGS[kind]}\n```"
        return answer(received.role, received.user, received.asked.schema)

    return answers


MODES = {"partisan": partisan, **{f"buggy:{kind}": buggy(kind) for kind in _BUGS}}
