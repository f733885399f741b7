"""Going on with a text that broke off: where it may be cut, and how its rest is joined to it.

A text is kept up to its last whole sentence, and the model is asked for what follows. What comes may
repeat words of what is kept, which are dropped; when it does anything else than go on, joining is
not safe and the text is asked for anew.
"""

from __future__ import annotations

import re

from autonomy.core.llm.failures import FailureKind, Unusable

_SENTENCE_END = re.compile(r"(?<=[\w\])”\"’%])[.!?](?:[”\"’)]|\[\[[^\]\n]*\]\])*(?=\s|\Z)|[。！？]")
_ABBREVIATION = re.compile(
    r"(?:\b(?:al|e\.g|i\.e|etc|vs|cf|Fig|Eq|Dr|Prof|No|pp|p|z\.B|bzw|ca)|\b[A-Z])\.\Z"
)
_MARKUP = re.compile(r"<\s*/?\s*(?:think|reason|scratch)|```|<\|", re.I)
_WORD = re.compile(r"\S+")
_PAIRS = (("“", "”"), ("«", "»"), ("[[", "]]"))

_ENOUGH_WORDS = 12
"""Of a rest, to see whether it repeats what is kept."""
_CHANCE = 6
"""As many equal words in a row are no coincidence."""


class Unjoinable(Unusable):
    """The rest does not go on where the text broke off."""

    def __init__(self, detail: str) -> None:
        super().__init__(FailureKind.MALFORMED, detail)


def kept_of(text: str) -> str:
    """The part of a broken text that ends with a whole sentence; empty where there is none."""
    if _MARKUP.search(text):
        return ""
    for match in reversed(list(_SENTENCE_END.finditer(text))):
        kept = text[: match.end()]
        # The very end may be in the middle of a word or a number: 3.|14
        sure = match.end() < len(text)
        whole = all(kept.count(opening) <= kept.count(closing) for opening, closing in _PAIRS)
        formula = kept.count("$") % 2 == 0
        if sure and whole and formula and not _ABBREVIATION.search(kept):
            return kept
    return ""


def request_for_rest(words: int) -> str:
    """What the model is told, with its own text quoted before."""
    left = f" About {words} words are still to come." if words > 0 else ""
    return (
        "The connection broke off; what you had written until then stands above, up to its last "
        "whole sentence. Go on with the next sentence as if nothing had happened, in the same form "
        "and by the same rules, to the end of the text. Repeat nothing of the above, and write "
        f"nothing but the text.{left}"
    )


class Seam:
    """Joins a streamed rest to `kept`, without doubled words.

    Args:
        lost: what had come after `kept`; says whether a paragraph ended there.
    """

    def __init__(self, kept: str, lost: str = "") -> None:
        self.kept = kept
        self._words = _WORD.findall(kept)
        self._paragraph = bool(re.match(r"[ \t]*\n", lost))
        self._waiting = ""
        self._rest = ""
        self._joined = False

    @property
    def text(self) -> str:
        """All of it so far."""
        return self.kept + self._rest

    def feed(self, piece: str) -> str:
        """Take a piece of the rest; returns what may be shown of it now.

        Raises:
            Unjoinable: it does something else than go on.
        """
        if self._joined:
            self._rest += piece
            return piece
        self._waiting += piece
        return self._look(done=False)

    def finish(self) -> str:
        """The rest has ended; returns what was still held back.

        Raises:
            Unjoinable: see `feed`; also when whole sentences came twice.
        """
        shown = "" if self._joined else self._look(done=True)
        sentences = set(_sentences(self.kept))
        if any(sentence in sentences for sentence in _sentences(self._rest)):
            raise Unjoinable("It repeats sentences.")
        return shown

    def _look(self, *, done: bool) -> str:
        text = self._waiting.lstrip()
        if text.startswith("<") or _MARKUP.search(text):
            raise Unjoinable("It begins with markup.")
        spans = list(_WORD.finditer(text))
        if not done and spans:
            spans.pop()  # It may be half a word.
        if not done and len(spans) < _ENOUGH_WORDS:
            return ""
        first_line = text.split("\n", 1)[0].rstrip()
        if first_line.endswith(":") and "\n" in text.strip():
            raise Unjoinable("It begins with a remark.")
        words = [span[0] for span in spans]
        repeated, going_on = self._repeated(words)
        if going_on and not done:
            return ""
        if repeated is None:
            raise Unjoinable("It says again what is there, in other words.")
        self._joined = True
        paragraph = self._paragraph or "\n" in self._waiting[: len(self._waiting) - len(text)]
        start = spans[repeated - 1].end() if repeated else 0
        fresh = text[start:]
        if repeated:
            paragraph = bool(re.match(r"[ \t]*\n", fresh))
            fresh = fresh.lstrip()
        self._rest = (("\n\n" if paragraph else " ") + fresh) if fresh else ""
        return self._rest

    def _repeated(self, words: list[str]) -> tuple[int | None, bool]:
        """How many of `words` repeat the end of what is kept, and whether more may follow. None
        when they repeat something of it and then part from it."""
        longest, best, going_on = 0, 0, False
        for start, word in enumerate(self._words):
            if not words or word != words[0]:
                continue
            left = self._words[start:]
            equal = 0
            while equal < min(len(left), len(words)) and left[equal] == words[equal]:
                equal += 1
            longest = max(longest, equal)
            if equal == len(left):
                best = max(best, equal)
            elif equal == len(words):
                going_on = True
        if going_on and longest >= best:
            return best, True
        if longest >= _CHANCE and best < longest:
            return None, False
        return (best if best >= 2 else 0), False


def _sentences(text: str) -> list[str]:
    """Sentences that are too long to come twice by chance, words one space apart."""
    found = (" ".join(part.split()) for part in re.split(r"(?<=[.!?])\s+", text))
    return [sentence for sentence in found if sentence.count(" ") >= _CHANCE]
