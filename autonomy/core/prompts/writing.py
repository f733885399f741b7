"""What the writer is asked: one section, from the passages handed to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from autonomy.core.markers import short_ids
from autonomy.core.packing import ALWAYS, Part, Prompt
from autonomy.core.prompts.parts import (
    PASSAGES,
    SECTIONS,
    cited_as,
    clean,
    manner,
    prompt,
    said_since,
    version,
)
from autonomy.core.types import Passage, Source, TaskSpec
from autonomy.core.untrusted import RULE, Fence

# The order of the rules is the order of harm: an invented fact is worse than a clumsy sentence.
# "One sentence, one claim, one marker" is what makes claims checkable one by one. Paraphrase is
# demanded because the overlap gate counts copied words; quotation marks are the honest exception.
_WRITER = """\
Role: writer.
You write one part of a longer document, from numbered passages and nothing else.

Rules, most important first:
1. Every statement of fact rests on a passage you are given. What no passage says, you do not \
say, even if you know it. If the passages do not carry the purpose, write less, or say plainly \
what the sources leave open.
2. Each sentence that rests on a passage carries its marker, placed before the full stop: \
"… reduces the error by a third [[p:a1b2c3]]." Two passages: [[p:a1b2c3]][[p:d4e5f6]]. Use the ids exactly as \
given, and no others. Never write citations, author names in brackets, numbers like [1], footnotes or a \
reference list: code makes them from the markers.
3. Where the authors are the subject of the sentence, write [[n:a1b2c3]] in their place: "[[n:a1b2c3]] \
show that …". Code puts the names there.
4. Say it in your own words. Copy a phrase only inside quotation marks “…”, word for word, with its marker, and \
only where the wording itself matters. Keep figures, units, conditions and hedges exactly as the passage has \
them; do not turn "may" into "does".
5. Compare and connect sources instead of summarising them one after another. State disagreement as such.
6. Plain paragraphs in Markdown. No headings, no title, no lists unless the purpose asks for one, no \
remarks about these instructions or about yourself.
7. Keep to the length, within a tenth.

{rule}"""

# Frames summarise what was written, so their evidence is the sections. Asking for few markers keeps
# them from repeating the body's citations or, worse, from making new claims.
_FRAME = {
    "introduction": (
        "Write the introduction. Say what the document is about, why it matters according to the "
        "sources, and how it proceeds, following the sections below. Announce no result that they do "
        "not contain. Mark a claim with the id of a passage below where one supports it; sentences about the "
        "document itself carry no marker."
    ),
    "conclusion": (
        "Write the conclusion. Answer the request from the sections below: what they establish, how sure that "
        "is, what stays open. Add no new claim. Mark a claim with the id of a passage below where one supports it; "
        "sentences that draw the sections together carry no marker."
    ),
    "answer": (
        "Answer the request directly in the first sentence, then support it. If the passages do not "
        "answer it, say in one sentence that the sources do not, and what they do cover."
    ),
    "section": "Write this section. It follows and precedes others: no greeting, no summary of itself.",
    "continuation": (
        "This section stands already, as shown below, and is too short. Write only what is added at its end: new "
        "statements from the passages below, each with its marker. Repeat nothing that stands there, and "
        "do not sum it up."
    ),
}
CONTINUATION = "continuation"
VERSION = version(_WRITER, json.dumps(_FRAME, sort_keys=True))


def writer(
    *,
    task: TaskSpec,
    role: str,
    title: str,
    heading: str,
    purpose: str,
    words: int,
    topic: str,
    passages: Sequence[Passage],
    sources: Mapping[str, Source],
    earlier: Sequence[tuple[str, str]] = (),
    revision: str = "",
    standing: str = "",
    guidance: Sequence[str] = (),
) -> Prompt:
    """For prose with markers, to be read with `bind_markers`.

    Args:
        role: `section`, `answer`, `introduction`, `conclusion` or `CONTINUATION`.
        passages: all that may be cited.
        sources: by id, for the labels of passages.
        earlier: (heading, text) of the parts already written, for the frames.
        revision: what was wrong with the former version, if there was one.
        standing: the section as it is, without markers, where it is continued.
        guidance: what the person said since the request, oldest first.
    """
    fence = Fence()
    parts = [
        Part(fence.announcement),
        Part(f"Document: “{clean(title)}”, about {clean(topic)}."),
        Part(
            f"Part: “{clean(heading)}”."
            if heading
            else "The document is one part without a heading."
        ),
        Part(f"{_FRAME.get(role, _FRAME['section'])}"),
        Part(f"Purpose: {clean(purpose)}"),
        Part(f"Length: {words} words. {manner(task.settings)}"),
        Part(fence.quote("request", task.goal, limit=4_000)),
        *said_since(fence, guidance),
    ]
    parts += _so_far(fence, revision, standing)
    parts += _sections(fence, earlier)
    parts += _passages(fence, passages, sources, keep_best=not earlier)
    # A word is up to three tokens in most languages, and every sentence carries a marker of ten.
    room = words * 4 + 600
    return prompt(
        "writer", VERSION, _WRITER.format(rule=RULE), parts, answer_tokens=room, words=words
    )


def _so_far(fence: Fence, revision: str, standing: str) -> list[Part]:
    """What a check said of the part as it was written before, and the part as it stands."""
    parts = []
    if revision:
        said = fence.quote("check", revision, limit=2_000)
        parts.append(
            Part(
                "This part was written before and did not pass. What a check said of the document:\n"
                + said
            )
        )
    if standing:
        shown = fence.quote("section so far", standing, limit=6_000)
        parts.append(Part(f"The section so far:\n{shown}"))
    return parts


def _sections(fence: Fence, earlier: Sequence[tuple[str, str]]) -> list[Part]:
    if not earlier:
        return []
    share = max(600, 12_000 // len(earlier))
    return [
        Part("The sections of the document:"),
        *(
            Part(
                fence.quote(f"section: {name}", text, limit=share),
                SECTIONS,
                f"section “{clean(name, 80)}”",
                shorten=True,
            )
            for name, text in earlier
        ),
    ]


def _passages(
    fence: Fence, passages: Sequence[Passage], sources: Mapping[str, Source], *, keep_best: bool
) -> list[Part]:
    """The passages that may be cited, best first.

    Args:
        keep_best: the first stays in every window, if need be in part. With nothing to write from,
            a model would invent.
    """
    ids = short_ids(passages)
    parts = [Part("Passages:" if passages else "There are no passages.")]
    for rank, passage in enumerate(passages):
        where = f", p. {passage.page}" if passage.page is not None else ""
        cited = f"{cited_as(sources.get(passage.source_id))}{where}"
        kept = keep_best and rank == 0
        parts.append(
            Part(
                fence.quote(f"passage {ids[passage.id]}: {cited}", passage.text, limit=2_400),
                ALWAYS if kept else max(1, PASSAGES - rank),
                f"passage of {cited}",
                shorten=kept,
            )
        )
    return parts
