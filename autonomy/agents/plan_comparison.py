"""What changed between two plans, in words."""

from __future__ import annotations

from autonomy.agents.writing_steps import writing
from autonomy.core.types import Plan, Step


def described(before: Plan, after: Plan) -> str:
    """What changed between two plans, in words; empty when they write the same.

    A part is the same one when it has the same heading, or else the same id.
    """
    old, new = writing(before), writing(after)
    was = _former_of(old, new)
    pairs = [(was[step.id], step) for step in new if step.id in was]
    stayed = {former.id for former, _ in pairs}
    said = []
    if after.title != before.title:
        said.append(f"the title is “{after.title}”")
    if names := [_name(step) for step in new if step.id not in was]:
        said.append(f"added: {_listed(names)}")
    if names := [_name(step) for step in old if step.id not in stayed]:
        said.append(f"left out: {_listed(names)}")
    if names := [f"{_name(o)} → {_name(n)}" for o, n in pairs if _name(o) != _name(n)]:
        said.append(f"renamed: {_listed(names)}")
    said += _sizes(old, new, pairs)
    if [o.id for o in old if o.id in stayed] != [o.id for o, _ in pairs]:
        said.append("another order")
    focused = [n for o, n in pairs if n.input.get("focus", "") != o.input.get("focus", "")]
    if names := list(
        dict.fromkeys(f"“{n.input['focus']}”" for n in focused if n.input.get("focus"))
    ):
        said.append(f"focus on {_listed(names)}")
    return "; ".join(said)


def _former_of(old: list[Step], new: list[Step]) -> dict[str, Step]:
    """Id of each new step that was there before → what it was."""
    by_heading = {_name(step).lower(): step for step in old}
    was = {n.id: by_heading[_name(n).lower()] for n in new if _name(n).lower() in by_heading}
    taken = {step.id for step in was.values()}
    rest = {step.id: step for step in old if step.id not in taken}
    return was | {n.id: rest[n.id] for n in new if n.id not in was and n.id in rest}


def _sizes(old: list[Step], new: list[Step], pairs: list[tuple[Step, Step]]) -> list[str]:
    """A change of the length, or of the parts' shares in it; rounding is neither."""
    before, after = (sum(_words(step) for step in steps) for steps in (old, new))
    if abs(after - before) > len(new):
        return [f"{before:,} → {after:,} words"]
    if len(pairs) == len(old) == len(new) and any(abs(_words(n) - _words(o)) > 1 for o, n in pairs):
        return ["the words are shared out otherwise"]
    return []


def _words(step: Step) -> int:
    return int(step.input.get("words", 0))


def _name(step: Step) -> str:
    return f"“{step.input.get('heading') or step.title}”"


def _listed(names: list[str], most: int = 6) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
