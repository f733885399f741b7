"""The built-in tool that calls a learnt one for a step of the plan, and makes its answer citable."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from autonomy.core.phrases import counted
from autonomy.core.ports import Repeat
from autonomy.core.types import Reading
from autonomy.core.works import Fetched, Work
from autonomy.tools.learnt.answer_text import answer_text, asked_words
from autonomy.tools.learnt.values import LearntOutput
from autonomy.tools.literature import telling
from autonomy.tools.literature.candidates import Candidate
from autonomy.tools.literature.keeping import Shelved
from autonomy.tools.literature.questions import Question
from autonomy.tools.registry import Tool, ToolContext, ToolFailure

CALL = "tools.call"


class CallInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tool: str = Field(min_length=1, description="A learnt tool.")
    arguments: dict[str, Any] = Field(description="By name, as the tool's schema has them.")


class CallOutput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source_ids: list[str] = Field(description="The answer, kept as a source.")
    said: str = Field(description="One sentence for people.")


async def _call(context: ToolContext, given: CallInput) -> CallOutput:
    shelf, tools = context.shelf, context.tools
    if shelf is None or tools is None:
        raise ToolFailure("not_configured", "Nothing from outside can be kept here.")
    learnt = {tool.name: tool for tool in tools.learnt()}
    tool = learnt.get(given.tool)
    if tool is None:
        raise ToolFailure("unknown_tool", f"There is no tool “{given.tool}” now.")
    inner = context.for_call(f"{context.key}:{tool.name}")
    answer = await tools.call(tool.name, inner, given.arguments)
    value = answer.value if isinstance(answer, LearntOutput) else answer.model_dump(mode="json")
    what = gives(tool)
    text = answer_text(what, given.arguments, value)
    work = _work(tool, given.arguments, text)
    name = f"{tool.name}.md"

    async def keep() -> Shelved:
        fetched = Fetched(
            url=work.url, media_type="text/markdown", file_name=name, body=text.encode()
        )
        source = await shelf.add(work, fetched, query=_asked(given), reason=_reason(tool))
        if source is None:
            return Shelved(note="its answer was deleted meanwhile")
        readable = bool(source.passages)
        return Shelved(
            source_id=source.id if readable else "",
            reading=source.reading if readable else Reading.NOTHING,
        )

    kept = await context.effects.once(
        f"shelf:{work.url}", "read", keep, Shelved, repeat=Repeat.READ
    )
    sources = await context.library.sources([kept.source_id]) if kept.source_id else []
    if not sources:
        why = kept.note or "its answer holds no text"
        raise ToolFailure("no_evidence", f"{tool.name} answered, and {why}.")
    candidate = Candidate(work=work, questions=[Question(text=_asked(given))])
    reason = telling.kept_because(sources[0], _reason(tool))
    await context.events.emit(telling.kept(sources[0], candidate, reason))
    return CallOutput(
        source_ids=[sources[0].id],
        said=f"{tool.name} answered; {counted(sources[0].passages, 'passage')} kept to cite.",
    )


def gives(tool: Tool[Any, Any]) -> str:
    """What a tool gives, by the first sentence of what it says of itself; one line."""
    first = " ".join(tool.description.split()).split(". ", 1)[0].strip(" .:")
    return first[:160] or tool.name


def _asked(given: CallInput) -> str:
    return asked_words(given.arguments) or given.tool


def _reason(tool: Tool[Any, Any]) -> str:
    return f"the answer of {tool.name}"


def _work(tool: Tool[Any, Any], arguments: dict[str, Any], text: str) -> Work:
    """The answer as a work. Another answer to the same call is another work."""
    now = datetime.now(UTC).date()
    asked = asked_words(arguments)
    digest = hashlib.sha256(f"{tool.name}\n{text}".encode()).hexdigest()[:16]
    csl: dict[str, Any] = {
        "type": "webpage",
        "title": f"{gives(tool)}: {asked}" if asked else gives(tool),
        "container-title": tool.name,
        "accessed": {"date-parts": [[now.year, now.month, now.day]]},
    }
    address = _address(tool.address, arguments)
    if address:
        csl["URL"] = address
    return Work(
        csl=csl,
        url=f"{address or f'urn:tool:{tool.name}'}#answer-{digest}",
        providers=(tool.name,),
    )


def _address(template: str, arguments: dict[str, Any]) -> str:
    """Where the answer came from, with what its path was asked for."""
    for name, value in arguments.items():
        template = template.replace(f"{{{name}}}", quote(str(value), safe=""))
    return template


def call_tools() -> list[Tool[Any, Any]]:
    return [
        Tool(
            name=CALL,
            description="Call a learnt tool with arguments that the request gives, and make its "
            "answer citable.",
            input=CallInput,
            output=CallOutput,
            run=_call,
            repeat=Repeat.READ,
            recorded=False,
        )
    ]
