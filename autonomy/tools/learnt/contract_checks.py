"""A call held against its tool's contract: before it is made, and when its answer is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autonomy.core.learnt import Exchange, LearntTool, SecretUse
from autonomy.tools.learnt.failing import CallInDoubt, LearntFailure, bad_input, drifted
from autonomy.tools.learnt.schemas import Problem, TooMuchWork, kind_of, problems
from autonomy.tools.learnt.secrets import Secrets, missing
from autonomy.tools.learnt.wrapper import Wrapper, WrapperError


@dataclass(frozen=True, slots=True)
class Called:
    """A call that went well."""

    result: Any
    exchange: Exchange


def checked_input(tool: LearntTool, arguments: dict[str, Any]) -> None:
    """Raises `LearntFailure` for arguments that the tool does not take."""
    try:
        found = problems(tool.input_schema, arguments)
    except TooMuchWork:
        found = [Problem("", "what can be compared", kind_of(arguments), "work")]
    if found:
        raise bad_input(tool.name, found)


def own_secrets(
    tool: LearntTool, uses: Sequence[SecretUse], secrets: Secrets, *, host: str = ""
) -> Secrets:
    """Those of `secrets` that the tool's contract uses, by scheme.

    Args:
        host: whose keys they are, for people; empty where it goes without saying.

    Raises:
        LearntFailure: `auth`, with the schemes that are missing.
    """
    if absent := missing(uses, secrets):
        whose = f" for {host}" if host else ""
        raise LearntFailure(
            "auth",
            f"{tool.name} wants a key{whose}: give it under Settings → Tools.",
            tool=tool.name,
            wanted=absent,
        )
    return {use.scheme: secrets[use.scheme] for use in uses}


def checked_output(tool: LearntTool, result: Any) -> list[Problem]:
    """Where a result is not what the tool promised."""
    try:
        return problems(tool.output_schema, result)
    except TooMuchWork:
        return [Problem("", "what can be compared", kind_of(result), "work")]


def wrapper_of(tool: LearntTool) -> Wrapper:
    """The tool's wrapper. Raises `LearntFailure` when it cannot be read."""
    try:
        return Wrapper.parse(tool.wrapper)
    except WrapperError as error:
        raise _bug(tool, error) from error


def wrapped(tool: LearntTool, wrapper: Wrapper, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the tool's wrapper sends them. Raises `LearntFailure` when it cannot."""
    try:
        return wrapper.request(arguments)
    except WrapperError as error:
        raise _bug(tool, error) from error


def _bug(tool: LearntTool, error: WrapperError) -> LearntFailure:
    return LearntFailure("bug", f"The wrapper of {tool.name}: {error}", tool=tool.name)


def concluded(tool: LearntTool, wrapper: Wrapper, exchange: Exchange, *, reads: bool) -> Called:
    """The result of an answer that is one: through the wrapper, and held against the promise.

    Raises:
        LearntFailure: `schema_drift`.
        CallInDoubt: instead, for a call that changed something.
    """
    try:
        result = wrapper.response(exchange.answer)
        found = checked_output(tool, result)
    except WrapperError as error:
        found = [Problem("", "what the wrapper takes", str(error)[:200], "wrapper")]
    if not found:
        return Called(result, exchange.model_copy(update={"result": result}))
    failure = drifted(tool.name, found, exchange)
    if reads:
        raise failure
    raise CallInDoubt(str(failure), exchange)
