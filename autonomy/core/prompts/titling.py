"""What is asked for a title."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import LISTS, clean, prompt, version
from autonomy.core.untrusted import RULE, Fence

# A bound on words, because models answer this one with a sentence otherwise.
_TITLE = """\
Role: titler.
You name a document or a conversation in at most ten words, in the language of the request. Answer with the title alone: no \
quotation marks, no full stop, no explanation.

{rule}"""
VERSION = version(_TITLE)


def title(*, goal: str, headings: Sequence[str] = ()) -> Prompt:
    """For a title as plain text."""
    fence = Fence()
    parts = [Part(fence.announcement), Part(fence.quote("request", goal, limit=2_000))]
    if headings:
        listed = "\n".join(clean(heading) for heading in headings)
        parts.append(Part(fence.quote("its sections", listed), LISTS, "the sections", shorten=True))
    return prompt("title", VERSION, _TITLE.format(rule=RULE), parts, answer_tokens=300)
