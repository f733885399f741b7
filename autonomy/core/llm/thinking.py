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


_MARK = re.compile(
    rf"{_TAG.pattern}|(?P<channel><\|channel\|>)|(?P<message><\|message\|>)"
    rf"|(?P<control>{_CONTROL.pattern})",
    re.IGNORECASE,
)
_BEGUN = re.compile(
    rf"(?:<(?:/?[\w:]{{0,14}}\s*|(?:{_NAMES})\b[^<>]{{0,200}}|[|｜][\w▁ :-]{{0,60}}[|｜]?)"
    r"|\[/?[A-Z]{0,5}|◁/?[a-z]{0,5})\Z",
    re.IGNORECASE,
)
"""What may become a mark with the next piece."""


class Shown(NamedTuple):
    """What a reader may see next, and whether all that was shown before is void."""

    text: str
    void: bool = False


class Live:
    """An answer without its reasoning, while it is being written: `split` for streams, whose pieces
    may end within a tag.

    Args:
        begun: something of the answer was shown before.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self._shown = begun
        self._waiting = ""
        self._at = 0
        """Where `_waiting` begins to be new: one character is kept, which may be a quotation mark."""
        self._depth = 0
        self._other_channel = False
        self._final = False
        self._header: str | None = None
        """Of a channel, as far as it has come."""

    def feed(self, piece: str, *, done: bool = False) -> Shown:
        """Take the next piece; `done` gives what was held back, too."""
        text, at = self._waiting + piece, self._at
        fresh, void = "", False
        held = len(text)
        while (mark := _MARK.search(text, at)) is not None:
            if mark.end() == len(text) and not done:
                held = mark.start()  # A quotation mark may follow.
                break
            fresh += self._visible(text[at : mark.start()], first=not fresh)
            if self._voided_by(mark):
                void, fresh, self._shown = void or self._shown, "", False
            at = mark.end()
        if not done and (begun := _BEGUN.search(text, at)) is not None:
            held = min(held, begun.start())
        fresh += self._visible(text[at:held], first=not fresh)
        self._shown = self._shown or bool(fresh)
        kept = max(0, held - 1)
        self._waiting, self._at = text[kept:], held - kept
        return Shown(fresh, void)

    def _visible(self, text: str, *, first: bool) -> str:
        if self._header is not None:
            self._header += text
        if self._depth or self._other_channel:
            return ""
        return text.lstrip() if first and not self._shown else text

    def _voided_by(self, mark: re.Match[str]) -> bool:
        """Heed a mark; whether it says that all before was reasoning."""
        if mark["channel"]:
            self._header, self._other_channel = "", not self._final
        elif mark["message"]:
            header, self._header = self._header or "", None
            if header.strip().lower().startswith("final"):
                self._depth, self._other_channel, self._final = 0, False, True
                return True
        elif mark["end"]:
            if not self._depth:
                return not self._other_channel
            self._depth -= 1
        elif not mark["control"]:
            self._depth += 1
        return False
