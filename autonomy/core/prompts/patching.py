"""What the self-debugger is asked of a learnt tool whose answers changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy.core.answers import (
    ProposedPatch,
)
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import JSON_ONLY, dumped, prompt, version
from autonomy.core.untrusted import RULE, Fence

# A diff is asked for, because it cannot say more than what changed in the one text that may change.
# Names of fields are shown with a few values only: what decides is compared by code, not by the model.
_PATCHER = """\
Role: patcher.
You mend the wrapper of a tool whose API has changed its answers, so that results are again what they were.

The wrapper is a YAML text with a list `response` of operations, carried out in order on each answer:
- rename: {{from: /items/*/name, to: /items/*/title}} (within one object), move: {{from: /data/results, to: /items}}
- nest: {{at: /items/*, fields: [a, b], under: c}}, flatten: {{at: /items/*/author, prefix: author_}}
- wrap: {{at: /p}}, unwrap: {{at: /p}} (a single value and a list of one)
- coerce: {{at: /p, as: integer}}, also number, text, boolean, epoch_to_iso, epoch_ms_to_iso, iso_to_epoch, \
iso_to_epoch_ms, iso_to_utc, day_first_to_iso, month_first_to_iso, link_cursor, link_page
- map: {{at: /p, values: [{{from: O, to: open}}]}}
- parse: {{as: csv}}, also tsv, json_lines, xml, as the first one

`*` stands for all items of a list. Operations leave what has the wanted form, so old answers pass through.

Rules:
- Answer with the smallest unified diff of the wrapper's text, with the headers `--- wrapper` and `+++ wrapper`; \
of an empty text its first hunk is `@@ -0,0 +1,2 @@`.
- Only what a comparison of the recorded answer with the new one shows. A field that is gone is not replaced by \
another one that looks like it. When nothing is sure, leave the diff empty.
- The diagnosis is one sentence for the person who watches: what the API changed.

{rule}

{json}
Its shape:
{{"diagnosis": "…", "diff": "…"}}"""
VERSION = version(_PATCHER, output=ProposedPatch)


def patcher(
    *,
    wrapper: str,
    output_schema: Mapping[str, Any],
    problem: str,
    recorded: Any,
    result: Any,
    fresh: Any,
) -> Prompt:
    """For `ProposedPatch`: a recorded answer with its result, and the new answer to the same call."""
    fence = Fence()
    parts = [
        Part(fence.announcement),
        Part(fence.quote("wrapper", wrapper or "(empty)", limit=16_000)),
        Part(fence.quote("what the tool promises", dumped(output_schema), limit=8_000)),
        Part(fence.quote("what went wrong", problem, limit=2_000)),
        Part(fence.quote("recorded answer", dumped(recorded), limit=6_000)),
        Part(fence.quote("its result", dumped(result), limit=6_000)),
        Part(fence.quote("new answer", dumped(fresh), limit=8_000)),
    ]
    return prompt(
        "patcher", VERSION, _PATCHER.format(rule=RULE, json=JSON_ONLY), parts, answer_tokens=2_500
    )
