"""Simulated models that only the evaluation needs."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.providers.answers import answer, fenced
from tests.providers.received import Received

_FINDING = re.compile(r"[^.\n]*\b(?:lowered|raised)\b[^.\n]*\bby (\d+) per cent in \w+\.")


def partisan(received: Received) -> str:
    """The sensible answer; to each section it adds what each study found, and then puts the first
    finding into the mouth of a passage that does not have it."""
    said = answer(received.role, received.user, received.asked.schema)
    if received.role != "writer":
        return said
    passages = {}
    for quoted in fenced(received.user):
        if label := re.match(r"passage ([^:]+):", quoted.label):
            passages[label[1]] = quoted.text
    found = {}
    for ident, text in passages.items():
        for match in _FINDING.finditer(text):
            if "pooled" in match[0]:
                found.setdefault(match[1], (ident, match[0].strip().rstrip(".")))
    if not found:
        return said
    added = [
        f"One study put it so: “{finding}” [[p:{ident}]]." for ident, finding in found.values()
    ]
    figure, (_, finding) = next(iter(found.items()))
    # Rather a passage with a finding of its own: the two then contradict each other.
    others = [ident for ident, _ in found.values() if figure not in passages[ident]]
    others += [ident for ident, text in passages.items() if figure not in text]
    if others:
        added.append(f"Others agree: {finding[0].lower()}{finding[1:]} [[p:{others[0]}]].")
    return f"{said}\n\n{' '.join(added)}"


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
