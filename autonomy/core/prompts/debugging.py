"""What the self-debugger is asked of a step that failed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy.core.answers import (
    ProposedRepair,
)
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import JSON_ONLY, dumped, prompt, version
from autonomy.core.types import Step, StepError
from autonomy.core.untrusted import RULE, Fence

# The whole new input is asked for, not a difference: half-changed inputs fail validation again. The
# error text is fenced because tools quote the outside world in it.
_DEBUGGER = """\
Role: debugger.
You mend a step of a plan that failed, by changing its input or its tool.

Rules:
- Find the cause in the error first; then make the smallest change that removes it and still serves the step's title.
- `input` is complete and valid for the tool's input schema. Keep the parts that were right.
- Choose only a tool from the list. null keeps the tool, or the input, as it is; do not leave both null \
unless trying again unchanged is the right thing.
- The diagnosis is one or two sentences for the person who watches: what went wrong, what you changed.

{rule}

{json}
Its shape:
{{"diagnosis": "…", "tool": null, "input": {{…}}}}"""
VERSION = version(_DEBUGGER, output=ProposedRepair)


def debugger(*, step: Step, error: StepError, tools: Sequence[Mapping[str, Any]]) -> Prompt:
    """For `ProposedRepair`: how to mend `step`, given the schemas of the registered tools."""
    fence = Fence()
    described = [
        f"- {tool['name']}: {tool['description']}\n  input schema: "
        + json.dumps(tool["input"], ensure_ascii=False)
        for tool in tools
    ]
    failed = {
        "title": step.title,
        "kind": step.kind.value,
        "tool": step.tool,
        "input": step.input,
        "attempts": step.attempts,
    }
    happened = {"code": error.code, "message": error.message, "detail": error.detail}
    parts = [
        Part(fence.announcement),
        Part("Tools:"),
        *(Part(text) for text in described),
        Part(fence.quote("failed step", dumped(failed), limit=6_000)),
        Part(fence.quote("error", dumped(happened), limit=6_000), label="the error", shorten=True),
    ]
    return prompt(
        "debugger", VERSION, _DEBUGGER.format(rule=RULE, json=JSON_ONLY), parts, answer_tokens=2_500
    )
