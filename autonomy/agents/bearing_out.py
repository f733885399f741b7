"""Whether a passage bears out what a remedy would cite it for.

A remedy may not put a citation where the critic would take it out again: a hint at likeness says
that two sentences are about the same thing, not that one can be named for the other.
"""

from __future__ import annotations

from autonomy.agents.verification import BAD, FACTS, check_claim
from autonomy.core.types import FindingWeight, Passage, Source
from autonomy.export.claims import citations_in_order
from autonomy.export.document import Document, Section


def against_it(text: str, passage: Passage, source: Source | None, *, judged: bool) -> str:
    """What speaks against citing `passage` as `text` does, as a clause; empty when nothing does.

    Args:
        text: whole sentences of Markdown with their markers.
        judged: a model will judge the claim, so that only facts count which it cannot overrule:
            other words may say the same.
    """
    document = Document(
        title="",
        sections=(Section(id="s", heading="", markdown=text),),
        passages=(passage,),
        sources=(source,) if source else (),
    )
    for claim in citations_in_order(document):
        if claim.passage_id != passage.id:
            continue
        found = check_claim(claim.claim, passage, source)
        lacks = any(
            one.weight is FindingWeight.MISSING and one.kind in FACTS for one in found.findings
        )
        if found.verdict in BAD and (lacks or not judged):
            return found.reason
    return ""
