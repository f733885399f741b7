"""Reasoning that models put before, after or around their answers, told from the answers."""

from __future__ import annotations

import re
from typing import NamedTuple

from autonomy.core.llm.values import tidied

_NAMES = "think|thinking|thought|thoughts|reasoning|scratchpad|reflection|seed:think"
# A tag between quotation marks or backticks is talked about, not meant.
_TAG = re.compile(
    rf"(?<![`\"'“‘«])(?:(?P<end></(?:{_NAMES})\s*>|\[/THINK\]|◁/think▷)"
    rf"|(?:<(?:{_NAMES})\b[^<>]{{0,200}}>|\[THINK\]|◁think▷)(?![`\"'”’»]))",
    re.IGNORECASE,
)
_FINAL = re.compile(r"<\|channel\|>\s*final\b[^<]{0,80}<\|message\|>", re.IGNORECASE)
_OTHER_CHANNEL = re.compile(r"<\|channel\|>", re.IGNORECASE)
_CONTROL = re.compile(
    r"<[|｜][\w▁ :-]{1,60}[|｜]>|<(?:start|end)_of_turn>|</?s>|\[/?INST\]", re.IGNORECASE
)


class Split(NamedTuple):
    """An answer, and the reasoning at its end that was never closed."""

    answer: str
    unclosed: str = ""


def split(text: str) -> Split:
    """`text` without reasoning: tags may be closed, nested, or lack their beginning or end."""
    finals = list(_FINAL.finditer(text))
    if finals:
        text = text[finals[-1].end() :]
    elif (channel := _OTHER_CHANNEL.search(text)) is not None:
        text = text[: channel.start()]
    kept: list[str] = []
    depth, at = 0, 0
    for tag in _TAG.finditer(text):
        if not tag["end"]:
            if depth == 0:
                kept.append(text[at : tag.start()])
                at = tag.end()
            depth += 1
            continue
        if depth == 0:
            kept.clear()  # The opening tag was in the prompt: all before was reasoning.
        depth = max(0, depth - 1)
        if depth == 0:
            at = tag.end()
    if depth:
        return Split(_bare("".join(kept)), text[at:])
    kept.append(text[at:])
    return Split(_bare("".join(kept)))


def _bare(text: str) -> str:
    return _CONTROL.sub("", text).strip()


def without_thinking(text: str) -> str:
    """`text` without the reasoning that some models put between tags, closed or not, and without
    characters that cannot be stored."""
    return tidied(split(text).answer)
