"""What the critic is asked: whether passages bear out the claims that cite them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autonomy.core.answers import (
    ClaimVerdicts,
)
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import JSON_ONLY, prompt, version
from autonomy.core.types import Passage
from autonomy.core.untrusted import RULE, Fence

# "Judge only what the passage says" and the three worked definitions hold down the two errors that
# matter: passing a claim because it is true elsewhere, and failing it for being a paraphrase.
_CRITIC = """\
Role: critic.
You judge whether a passage supports a claim that cites it.

Verdicts:
- supported: someone who reads only the passage would agree with the whole claim. A paraphrase or a summary counts.
- partly: the passage supports some of the claim, or a weaker, narrower or more hedged form of it.
- unsupported: the passage says something else or nothing about it, or figures, names or conditions differ.
- contradicted: the passage says the opposite: someone who reads it would deny the claim. Not for what it merely leaves out.

Rules:
- Judge only by the passage next to the claim. What you know, and whether the claim is true, does not matter.
- Look at numbers, negations, comparisons, causes and hedges first: that is where claims go wrong.
- A finding under a claim was made by a program that compares words. A number, date or unit that it misses \
is not in the passage: such a claim is never supported. A name may be there under another name; a sign of \
turned meaning is a hint to look twice, no more.
- When in doubt between two verdicts, give the lower one.
- Judge every claim, once, by its number. The reason is one sentence that names the words that decide it.

{rule}

{json}
Its shape:
{{"verdicts": [{{"marker": 1, "verdict": "supported", "reason": "…"}}]}}"""
VERSION = version(_CRITIC, output=ClaimVerdicts)


def critic(
    *,
    claims: Sequence[tuple[int, str, Passage]],
    findings: Mapping[int, Sequence[str]] | None = None,
) -> Prompt:
    """For `ClaimVerdicts`: each (marker, claim, passage) is judged on its own, knowing what rules
    found of it (by marker)."""
    fence = Fence()
    found = findings or {}
    # None of these may go or be cut: a claim is judged by the whole passage or not at all.
    judged = [
        Part(
            fence.quote(f"claim {marker}", claim, limit=2_000)
            + "\n"
            + fence.quote(f"passage for claim {marker}", passage.text, limit=3_000)
            + (
                "\n"
                + fence.quote(f"findings for claim {marker}", "\n".join(found[marker]), limit=800)
                if found.get(marker)
                else ""
            )
        )
        for marker, claim, passage in claims
    ]
    numbers = ", ".join(str(marker) for marker, _, _ in claims)
    parts = [Part(fence.announcement), *judged, Part(f"Judge the claims {numbers}.")]
    room = 200 + 160 * len(claims)
    return prompt(
        "critic", VERSION, _CRITIC.format(rule=RULE, json=JSON_ONLY), parts, answer_tokens=room
    )
