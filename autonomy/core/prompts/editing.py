"""What the editor of a person's draft is asked: sentences, improved as was wished."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from autonomy.core.answers import (
    RewrittenSentences,
)
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import JSON_ONLY, LISTS, OPENINGS, prompt, said_since, version
from autonomy.core.types import Wish
from autonomy.core.untrusted import RULE, Fence

# "Leave good sentences out" keeps a model from rewording for its own sake, and saves most of the
# answer. Facts and hedges are named one by one, because models smooth over exactly those. "Never to
# look less like" rules out what this is not for.
_EDITOR = """\
Role: editor.
You improve sentences of somebody's own draft. They are its author: you help them say what they mean, and nothing else.

Rules:
- Give only the sentences that are really better otherwise. Leave good sentences out of the answer.
- Keep the meaning exactly: every number, unit, date, name, citation and quotation as it stands, letter for letter; \
negations, “may”, “might”, “suggests” and “must” as strong as they are.
- Add nothing: no fact, no example, no source, no opinion. Leave nothing out that says something.
- What stands between ⟦ and ⟧ is fixed. Copy each of them once, unchanged, in the same order, where it belongs.
- Keep the author's language, voice, spelling variety and technical terms. Do not swap words for synonyms without need, and \
never to look less like another text.
- One sentence in, one sentence out; a sentence that is far too long may become two.
- Why: what is better, in at most twelve words. Kind: grammar, clarity, concision or tone.

{rule}

{json}
Its shape:
{{"changes": [{{"number": 2, "text": "…", "why": "…", "kind": "clarity"}}]}}"""

_IMPROVEMENTS = {
    Wish.GRAMMAR: "grammar, spelling, punctuation and consistency",
    Wish.CLARITY: "clarity: who does what, one thought at a time, plain order of words",
    Wish.CONCISION: "concision: fewer words for the same",
    Wish.TONE: "an academic tone: precise, sober, no slang and no contractions",
}
VERSION = version(_EDITOR, *_IMPROVEMENTS.values(), output=RewrittenSentences)


def editor(
    *,
    wishes: Collection[Wish],
    sentences: Sequence[str],
    title: str,
    heading: str = "",
    before: str = "",
    language: str | None = None,
    guidance: Sequence[str] = (),
    refused: Sequence[tuple[int, str, str]] = (),
) -> Prompt:
    """For `RewrittenSentences`: which sentences of a draft should change, and to what.

    Args:
        wishes: what is to be improved.
        sentences: with what must stay between ⟦ and ⟧; they are numbered from 1.
        before: the text in front of them, for what “this” and “they” mean.
        language: ISO 639-1 of the draft.
        refused: (number, proposal, what is wrong with it): to be done again, and nothing else.
    """
    fence = Fence()
    wanted = [said for wish, said in _IMPROVEMENTS.items() if wish in wishes]
    listed = "\n".join(f"{number}. {text}" for number, text in enumerate(sentences, start=1))
    parts = [
        Part(fence.announcement),
        Part(f"Improve: {'; '.join(wanted or list(_IMPROVEMENTS.values())[:3])}."),
        Part(
            f"The draft is in the language “{language}”."
            if language
            else "Answer in the draft's language."
        ),
        *said_since(fence, guidance),
        Part(fence.quote("draft's title", title, limit=300), LISTS, "the title"),
    ]
    if heading:
        parts.append(Part(fence.quote("heading", heading, limit=300), LISTS, "the heading"))
    if before:
        quoted = fence.quote("text before, not to be changed", before[-800:])
        parts.append(Part(quoted, OPENINGS, "the text before"))
    parts.append(Part(fence.quote("sentences", listed)))
    if refused:
        told = "\n".join(f"{n}. {said}\n   Not usable: {why}" for n, said, why in refused)
        parts.append(
            Part(
                "These proposals were not usable, each with what is wrong. Give only these numbers again, "
                "mended; leave out a sentence that cannot be better without that.\n"
                + fence.quote("proposals", told, limit=6_000)
            )
        )
    words = sum(len(text.split()) for text in sentences)
    return prompt(
        "editor",
        VERSION,
        _EDITOR.format(rule=RULE, json=JSON_ONLY),
        parts,
        answer_tokens=words * 4 + 800,
    )
