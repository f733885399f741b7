"""The tool registry: typed tools, found by name, called with validated input and a rate limit."""

from __future__ import annotations

import difflib
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from autonomy.core.ports import (
    Asked,
    Deps,
    Drafts,
    Effects,
    Events,
    Learning,
    Library,
    NotDone,
    Repeat,
    Scholar,
    SearchLimits,
    Shelf,
    Web,
)
from autonomy.core.types import StepError
from autonomy.tools.rate_limit import TokenBucket


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call of a tool ended."""

    failure: str
    """Code; empty for a success."""
    seconds: float


OnOutcome = Callable[[str, Outcome], Awaitable[None]]
"""Told a tool's name and how its call ended."""

In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may touch while it works for one step."""

    library: Library
    events: Events
    results: Mapping[str, Mapping[str, Any]]
    """Results of the steps that this one depends on, by step id."""
    effects: Effects
    key: str
    """Of this call in the run's ledger: the same when a crashed superstep is run again."""
    scholar: Scholar | None = None
    web: Web | None = None
    shelf: Shelf | None = None
    search: SearchLimits = SearchLimits()  # noqa: RUF009 - a value
    drafts: Drafts | None = None
    tools: ToolRegistry | None = None
    """For a tool that calls others."""
    learning: Learning | None = None

    @classmethod
    def of(
        cls, deps: Deps, key: str, results: Mapping[str, Mapping[str, Any]] | None = None
    ) -> ToolContext:
        """What of a node's dependencies a tool may touch.

        Args:
            key: of the call in the run's ledger.
            results: of the steps that the calling one depends on, by step id.
        """
        return cls(
            library=deps.library,
            events=deps.events,
            results=results or {},
            effects=deps.effects,
            key=key,
            scholar=deps.scholar,
            web=deps.web,
            shelf=deps.shelf,
            search=deps.search,
            drafts=deps.drafts,
            tools=deps.tools,
            learning=deps.learning,
        )

    def for_call(self, key: str) -> ToolContext:
        """The same, for a further call under a key of its own."""
        return replace(self, key=key)

    @property
    def outside_key(self) -> str:
        """What the tool passes to the other side (as `Idempotency-Key`), so that it knows a
        repetition, and can be asked after the call."""
        return self.effects.outside_key(self.key)


class ToolFailure(NotDone):
    """A tool could not do its work and changed nothing outside; `error` is what the self-debugger
    diagnoses. A tool that is not `Repeat.READ` lets any error through that leaves it in doubt."""

    def __init__(self, code: str, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.error = StepError(code=code, message=message, detail=detail)


@dataclass(frozen=True)
class Tool(Generic[In, Out]):
    """One capability. The description is what a model reads when it chooses."""

    name: str
    description: str
    input: type[In]
    output: type[Out]
    run: Callable[[ToolContext, In], Awaitable[Out]]
    bucket: TokenBucket | None = None
    """Shared by every call of this tool in the process; None for tools that cost nothing."""
    repeat: Repeat = Repeat.ONCE
    """What a lost outcome allows. Whoever adds a tool has to say that it is harmless."""
    recorded: bool = True
    """Whether its results go into the ledger. Only a `Repeat.READ` tool may say no: one that
    reads what is near and cheap is called again sooner than its result is recorded."""
    reconcile: Callable[[ToolContext, In], Awaitable[Out | Asked]] | None = None
    """For `Repeat.ONCE`: asks the other side whether it saw `context.outside_key`."""
    schemas: tuple[dict[str, Any], dict[str, Any]] | None = None
    """JSON Schema in and out, of a tool that checks both by itself."""
    asks: bool = False
    """Whether its person wants to be asked before a run calls it."""
    usd_per_call: float = 0.0
    success_share: float | None = None
    """Of its latest calls, 0 to 1; None when nobody knows."""
    learnt: bool = False
    """Whether it was not shipped: its description is the words of others."""
    address: str = ""
    """Of a learnt tool: where its answers come from, without arguments; empty for a program of
    this machine."""

    def __post_init__(self) -> None:
        if not self.recorded and self.repeat is not Repeat.READ:
            raise ValueError(f"{self.name}: only a tool that changes nothing may go unrecorded")

    def schema(self) -> dict[str, Any]:
        given, output = self.schemas or (
            self.input.model_json_schema(),
            self.output.model_json_schema(),
        )
        return {
            "name": self.name,
            "description": self.description,
            "input": given,
            "output": output,
        }


class ToolRegistry:
    """The tools a run may use, by name."""

    def __init__(
        self, tools: Iterable[Tool[Any, Any]], on_outcome: OnOutcome | None = None
    ) -> None:
        self._tools: dict[str, Tool[Any, Any]] = {tool.name: tool for tool in tools}
        self._on_outcome = on_outcome

    def without(self, names: Collection[str]) -> ToolRegistry:
        """The same tools (and their rate limits) except those named."""
        kept = [tool for name, tool in self._tools.items() if name not in names]
        return ToolRegistry(kept, self._on_outcome)

    def watched(self, on_outcome: OnOutcome) -> ToolRegistry:
        """The same tools, with `on_outcome` told of every call that reached one."""
        return ToolRegistry(self._tools.values(), on_outcome)

    def add(self, tools: Iterable[Tool[Any, Any]]) -> list[str]:
        """Take in tools that were learnt meanwhile; a name that is taken keeps its tool. Returns
        the names that are new."""
        fresh = {tool.name: tool for tool in tools if tool.name not in self._tools}
        self._tools.update(fresh)
        return list(fresh)

    def drop(self, names: Collection[str]) -> None:
        """Take tools out: whoever holds this registry no longer has them."""
        for name in names:
            self._tools.pop(name, None)

    def learnt(self) -> list[Tool[Any, Any]]:
        """The tools that were not shipped."""
        return [self._tools[name] for name in self.names() if self._tools[name].learnt]

    def asks(self, name: str) -> bool:
        """Whether its person wants to be asked before `name` is called."""
        tool = self._tools.get(name)
        return tool is not None and tool.asks

    def names(self) -> list[str]:
        return sorted(self._tools)

    def schemas(self) -> list[dict[str, Any]]:
        return [self._tools[name].schema() for name in self.names()]

    def shipped(self) -> list[str]:
        """Names of the tools that came with the product: those that a model may choose among."""
        return [name for name in self.names() if not self._tools[name].learnt]

    def schema(self, name: str) -> dict[str, Any] | None:
        tool = self._tools.get(name)
        return tool.schema() if tool else None

    def nearest(self, name: str) -> str | None:
        """The registered name closest in spelling to `name`, if one is close."""
        close = difflib.get_close_matches(name, self.names(), n=1, cutoff=0.5)
        return close[0] if close else None

    async def call(
        self, name: str, context: ToolContext, arguments: Mapping[str, Any]
    ) -> BaseModel:
        """Validate, wait for the tool's rate limit, run once per `context.key`, and return its
        typed output.

        Raises:
            ToolFailure: `unknown_tool`, `bad_input` (with the offending fields), or the tool's own.
            OutcomeUnknown, ResultLost: see `core.ports`.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise ToolFailure(
                "unknown_tool",
                f"There is no tool “{name}”.",
                nearest=self.nearest(name),
                known=self.names(),
            )
        try:
            typed = tool.input.model_validate(dict(arguments))
        except ValidationError as error:
            problems = [
                {
                    "field": ".".join(str(part) for part in item["loc"]),
                    "problem": item["msg"],
                    "type": item["type"],
                }
                for item in error.errors(include_url=False, include_input=False)
            ]
            raise ToolFailure(
                "bad_input",
                f"{name} refused its input: {problems[0]['field']}: {problems[0]['problem']}",
                problems=problems,
            ) from error
        return await self._through_the_ledger(tool, context, typed)

    async def _through_the_ledger(
        self, tool: Tool[Any, Any], context: ToolContext, typed: BaseModel
    ) -> BaseModel:
        async def call() -> BaseModel:
            return await self._run(tool, context, typed)

        if not tool.recorded:
            return await call()
        output: type[BaseModel] = tool.output
        return await context.effects.once(
            context.key,
            "tool",
            call,
            output,
            repeat=tool.repeat,
            reconcile=tool.reconcile and partial(tool.reconcile, context, typed),
        )

    async def _run(self, tool: Tool[Any, Any], context: ToolContext, typed: BaseModel) -> BaseModel:
        if tool.bucket is not None:
            await tool.bucket.acquire()
        failure = "cancelled"
        begun = time.monotonic()
        try:
            result: BaseModel = await tool.run(context, typed)
            failure = ""
        except ToolFailure as error:
            failure = error.error.code
            raise
        except Exception:
            failure = "bug"
            raise
        finally:
            if self._on_outcome is not None:
                outcome = Outcome(failure, time.monotonic() - begun)
                await self._on_outcome(tool.name, outcome)
        return result
