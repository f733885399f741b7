"""How a computed section is laid out: its text, tables and figures, and what is always said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autonomy.agents.analysed import Analysed
from autonomy.core.analysis import ResultPart
from autonomy.core.markers import MARKER
from autonomy.core.phrases import series
from autonomy.core.types import Step
from autonomy.export.exhibits import PLACED, Exhibit, placing

_SIGNS = re.compile(r"([\\`*_\[\]<>|#$~!])")
HOW = "How computed:"
UNCOMPUTED = "No tables and figures could be computed from"
"""Begins the paragraph that says why; its numbers are none of the data."""


def plain(text: str) -> str:
    """Text from outside as Markdown that means nothing but itself."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


def as_read(markdown: str) -> str:
    """A computed section as its reader sees it, without its tables, figures and citations."""
    text = MARKER.sub(" ", PLACED.sub(" ", markdown))
    return re.sub(r"\\([\\`*_\[\]<>|#$~!])", r"\1", text)


def _lead(part: ResultPart, exhibits: Mapping[str, Exhibit]) -> str:
    labels = [exhibits[name].label for name in part.exhibits if name in exhibits]
    if not labels:
        return ""
    verb = "shows" if len(labels) == 1 else "show"
    return f"{series(labels)} {verb} {plain(part.lead.rstrip('.'))}."


def laid_out(
    one: Analysed,
    parts: Sequence[ResultPart],
    texts: Sequence[str],
    exhibits: Mapping[str, Exhibit],
    cited: Mapping[str, str],
) -> str:
    """Each part under its heading: the text, then its tables and figures."""
    mark = next((pid for pid, source in cited.items() if source == one.source_id), "")
    blocks = (
        [f"This part is computed from the data that were provided [[p:{mark}]]."] if mark else []
    )
    for part, text in zip(parts, texts, strict=True):
        blocks.append(f"## {plain(part.heading)}")
        lead = _lead(part, exhibits)
        # A model's text refers to the tables and figures by itself, or else gets the rule's lead.
        mentions = all(exhibits[n].label in text for n in part.exhibits if n in exhibits)
        blocks.append(text if mentions or not lead else f"{lead} {text}".strip())
        blocks += [
            placing(exhibits[name].id, exhibits[name].label)
            for name in part.exhibits
            if name in exhibits
        ]
    return "\n\n".join(block for block in blocks if block)


def without_figures(one: Analysed) -> Analysed:
    """An answer stands in the conversation, where tables have their place."""
    parts = tuple(
        part.model_copy(
            update={"exhibits": tuple(n for n in part.exhibits if one.result.table(n) is not None)}
        )
        for part in one.result.parts
    )
    return one.model_copy(update={"result": one.result.model_copy(update={"parts": parts})})


def answered(
    one: Analysed,
    parts: Sequence[ResultPart],
    texts: Sequence[str],
    exhibits: Mapping[str, Exhibit],
    cited: Mapping[str, str],
) -> str:
    """The answer, its table, and behind it how it was computed, with the file that it is from."""
    marks = "".join(f" [[p:{passage_id}]]" for passage_id in cited)
    blocks: list[str] = []
    for part, text in zip(parts, texts, strict=True):
        said, how, computed = text.partition(HOW)
        blocks.append(said.strip())
        blocks += [
            placing(exhibits[name].id, exhibits[name].label)
            for name in part.exhibits
            if name in exhibits
        ]
        blocks.append(f"{how}{computed}".strip())
    told = any(HOW in text for text in texts)
    begins = "The data are in" if told else f"{HOW} by a program, from"
    blocks.append(f"{begins} {plain(one.profile.file_name)}{marks}.")
    # What was read decides what a total is a total of.
    blocks += [_of_the_reading([one], 4)]
    return "\n\n".join(block for block in blocks if block)


def opening(analysed: Sequence[Analysed], failed: Sequence[Step], cited: Mapping[str, str]) -> str:
    if not analysed:
        return "This document was to rest on data that were provided. They could not be computed with; the next part says why."
    marks = "".join(f"[[p:{passage_id}]]" for passage_id in cited)
    first = (
        f"This document rests on data that were provided {marks}."
        if marks
        else ("This document rests on data that were provided.")
    )
    said = [
        first,
        "Every number in its text, tables and figures was computed from them by a program, which is kept "
        "with the document together with the versions of what it ran on; none was estimated or filled in.",
        "What the data hold comes first, then what they show; the last part says what cannot be read from them.",
    ]
    text = " ".join(said)
    partly = [remark for one in analysed for remark in one.profile.partial]
    text += f"\n\n{' '.join(map(plain, partly))}" if partly else ""
    return f"{text}\n\n{not_computed(failed)}" if failed else text


def _of_the_reading(analysed: Sequence[Analysed], most: int) -> str:
    """What people should know of how the files were read; empty where that is nothing."""
    remarks = [plain(remark) for one in analysed for remark in one.profile.remarks]
    if not remarks:
        return ""
    return f"Of how the file was read, this is worth knowing. {' '.join(remarks[:most])}"


def limits(analysed: Sequence[Analysed], failed: Sequence[Step]) -> str:
    if not analysed:
        return "Nothing was computed, so there is no analysis whose limits could be told."
    said = [
        "The analysis describes the rows at hand. It tests no hypothesis and does not say whether what it "
        "finds would be found again in other data.",
        "That two columns go together is no evidence that the one brings about the other.",
        "Numbers are rounded only where they are shown, so a difference can depart in its last place from that "
        "of the numbers shown.",
        "Missing values were left out of each computation and never filled in, so numbers of rows can be "
        "different from one table to the next.",
    ]
    undone = not_computed(failed) if failed else ""
    return "\n\n".join(filter(None, [" ".join(said), _of_the_reading(analysed, 8), undone]))


def not_computed(failed: Sequence[Step]) -> str:
    names = series([plain(str(step.input.get("file_name", "the data"))) for step in failed])
    why = failed[0].summary.removeprefix("left out: ") if failed else ""
    return f"{UNCOMPUTED} {names}: {plain(why)}".strip()
