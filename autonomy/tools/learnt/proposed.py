"""A candidate that a model proposed: held to the same evidence as one by rule, and to the same
vetoes of names. What no value can show (that a text of the same words is the same field) a model
may vouch for; what contradicts, it may not."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.core.learnt import Exchange
from autonomy.tools.learnt import answers
from autonomy.tools.learnt.drift import Candidate, Change, Kind, Refused
from autonomy.tools.learnt.field_names import conflict
from autonomy.tools.learnt.leaves import schema_at
from autonomy.tools.learnt.mending import Gathered, Mended, stands
from autonomy.tools.learnt.patch import BadPatch, patched
from autonomy.tools.learnt.pointers import parse
from autonomy.tools.learnt.wrapper import Operation, Wrapper, WrapperError

_INVENTS = frozenset({"constant", "default", "drop"})
"""Operations that put something into a result, or take it away, which no answer says."""


def by_model(
    gathered: Gathered, recordings: Sequence[Exchange], patch: str, diagnosis: str
) -> Mended | Refused:
    """The candidate that a unified diff makes of the wrapper's text.

    Args:
        patch: of the text of `gathered.tool.wrapper`.
        diagnosis: the model's, for people.
    """
    tool = gathered.tool
    for exchange in gathered.fresh:
        why = answers.no_result(exchange)
        if why:
            return Refused(why)
    try:
        before = Wrapper.parse(tool.wrapper)
        after = Wrapper.parse(patched(tool.wrapper, patch))
    except BadPatch as error:
        return Refused(f"The model's patch was dropped: {error}.")
    except WrapperError as error:
        return Refused(f"The model's patch was dropped: {error}")
    new = [operation for operation in after.responses if operation not in before.responses]
    if after.requests != before.requests:
        return Refused("The model's patch was dropped: the request is changed by rule only.")
    for operation in new:
        why = _contradicts(operation, tool.output_schema)
        if why:
            return Refused(f"The model's patch was dropped: {why}.")
    found = stands(tool, after.text(), recordings, gathered.fresh)
    if isinstance(found, str):
        return Refused(f"The model's patch was dropped: {found}.")
    changes = (*gathered.changes, Change(Kind.MOVE, diagnosis))
    return Mended(Candidate(after.text(), changes, found), gathered.fresh)


def _contradicts(operation: Operation, schema: dict[str, object]) -> str:
    """Why an operation is not believed, whatever the values are so far."""
    name, given = operation
    if name in _INVENTS:
        return f"“{name}” would make up or hide a part of the result"
    moves = [(given["from"], given["to"])] if name in ("move", "rename") else []
    if name == "page":
        moves = [(given["items"], given["items_to"])]
    for source, target in moves:
        word = conflict(parse(target), parse(source))
        if word:
            return f"“{word}” in a name makes “{source}” another field than “{target}”"
    if name == "coerce" and given["as"] == "text":
        spec = schema_at(schema, parse(given["at"])) or {}
        if not spec.get("pattern"):
            return "a number that becomes a text may have lost zeros in front"
    return ""
