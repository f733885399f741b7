"""What the writer is asked of flagged passages: the same said in other words, with credit."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from autonomy.core.answers import (
    ReworkedPassages,
)
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import (
    JSON_ONLY,
    SECTIONS,
    cited_as,
    clean,
    manner,
    prompt,
    version,
)
from autonomy.core.types import Source, TaskSpec
from autonomy.core.untrusted import RULE, Fence

# A passage was flagged as too near to its source. Exchanged synonyms would hide that and help nobody,
# so the first rule asks for understanding and a new sentence; citations are tokens, because a model
# that sees an id retypes it; facts come next, because a new sentence is where they get lost.
_REWORKER = """\
Role: reworker.
You say flagged passages of a document in new sentences, so that the reader learns the same from them \
and sees whose thought it is.

Rules, most important first:
1. Keep every {{p…}} and {{n…}} exactly: {{p1}} is a citation and stands before the full stop of what it is \
for, {{n1}} stands where the authors are named in the sentence. None may be missing, doubled or moved to \
another claim.
2. Keep every figure, unit, date and name, every "not", and every hedge such as "may" or "suggests". \
Add no fact, no example and no opinion.
3. Understand what is said and write it from there: another structure, your own words. Exchanging single \
words for synonyms is not enough and is refused. Terms of the field stay as they are.
4. Quote nothing that was not quoted, unless the wording itself matters: then a few words between “…”, word for \
word from the source.
5. One passage stays one passage, about as long or shorter. It has to fit between the sentences around it.
6. A note of a reader says what they want of it; follow it where it asks for clearer attribution or less \
quotation, within these rules.

{rule}

{json}
Its shape:
{{"passages": [{{"number": 1, "text": "…"}}]}}"""
VERSION = version(_REWORKER, output=ReworkedPassages)


class Flagged(BaseModel):
    """A passage to be said otherwise, as the prompt shows it."""

    number: int
    text: str
    """With `{p1}` and `{n1}` in place of its markers."""
    before: str = ""
    after: str = ""
    """The sentences around it, for the fit."""
    source: str = ""
    """What its source says."""
    work: Source | None = None
    note: str = ""


def reworker(*, task: TaskSpec, heading: str, passages: Sequence[Flagged]) -> Prompt:
    """For `ReworkedPassages`: flagged passages of one section, each said in new sentences."""
    fence = Fence()
    parts = [
        Part(fence.announcement),
        Part(f"Section: “{clean(heading)}”. {manner(task.settings)}"),
    ]
    for one in passages:
        parts.append(Part(fence.quote(f"passage {one.number}", one.text, limit=4_000)))
        if one.before or one.after:
            around = f"{one.before[-300:]} [passage {one.number}] {one.after[:300]}".strip()
            parts.append(
                Part(
                    fence.quote(f"around passage {one.number}", around),
                    SECTIONS,
                    f"the sentences around passage {one.number}",
                )
            )
        if one.source:
            parts.append(
                Part(
                    fence.quote(
                        f"source of passage {one.number}: {cited_as(one.work)}",
                        one.source,
                        limit=2_400,
                    )
                )
            )
        if one.note:
            parts.append(Part(fence.quote(f"note on passage {one.number}", one.note, limit=600)))
    numbers = ", ".join(str(one.number) for one in passages)
    parts.append(Part(f"Say the passages {numbers} anew."))
    room = 300 + sum(len(one.text) for one in passages)
    return prompt(
        "reworker", VERSION, _REWORKER.format(rule=RULE, json=JSON_ONLY), parts, answer_tokens=room
    )
