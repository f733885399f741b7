"""What changed between two texts, word by word, in time that is bounded.

Lines that stand in both texts alike are set aside first; only what lies between them is compared
by words, with the bit-parallel longest common subsequence of rapidfuzz (Hyyrö 2004): its work and
its memory grow with the product of both lengths over 64, and above a limit the stretch is told as
replaced as a whole. Then single words that stayed between larger changes join them, because a
reader follows “these words became those” and not an alternation of both.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from rapidfuzz.distance import Indel

from autonomy.core.markers import MARKER

MOST_TOKENS = 12_000
"""Of one stretch on either side that are compared one by one: at most 18 MB and 50 ms."""

_TOKEN = re.compile(
    rf"{MARKER.pattern}"
    # Scripts that put no space between words are compared by character.
    r"|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]"
    r"|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]+"
    r"(?:[.,'’\-‑][^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]+)*"
    r"|\n|[^\S\n]+|."
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


class Op(StrEnum):
    EQUAL = "equal"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text that both have, or only the first, or only the second."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """`before[start:end]` became `text`, in characters of the first text."""

    start: int
    end: int
    text: str


def tokens(text: str) -> list[str]:
    """Words, numbers, citation markers, runs of spaces and single signs; joined they are `text`.

    >>> tokens("It fell by 3.5 %.")
    ['It', ' ', 'fell', ' ', 'by', ' ', '3.5', ' ', '%', '.']
    """
    return [match.group() for match in _TOKEN.finditer(text)]


def diff(before: str, after: str, *, most_tokens: int = MOST_TOKENS) -> list[Part]:
    """The parts of both texts in order, a deletion before the insertion that takes its place.
    Equal parts and deletions make `before`; equal parts and insertions make `after`."""
    if before == after:
        return [Part(Op.EQUAL, before)] if before else []
    parts: list[Part] = []
    old, new = _LINE.findall(before), _LINE.findall(after)
    for op, i1, i2, j1, j2 in _opcodes(old, new, most_tokens):
        if op == "equal":
            parts.append(Part(Op.EQUAL, "".join(old[i1:i2])))
        else:
            parts += _by_words("".join(old[i1:i2]), "".join(new[j1:j2]), most_tokens)
    return list(_merged(_readable(list(_merged(parts)))))


def changes(before: str, after: str, *, most_tokens: int = MOST_TOKENS) -> list[Change]:
    """The difference as replacements of stretches of `before`, in order, none touching another."""
    found: list[Change] = []
    place = 0
    parts = diff(before, after, most_tokens=most_tokens)
    for equal, group in groupby(parts, lambda part: part.op is Op.EQUAL):
        pieces = list(group)
        gone = "".join(p.text for p in pieces if p.op is not Op.INSERT)
        if not equal:
            new = "".join(p.text for p in pieces if p.op is Op.INSERT)
            found.append(Change(place, place + len(gone), new))
        place += len(gone)
    return found


def words_in(parts: Iterable[Part], op: Op) -> int:
    """Words of the parts of one kind."""
    found = (word for part in parts if part.op is op for word in part.text.split())
    return sum(any(map(str.isalnum, word)) for word in found)


def _by_words(before: str, after: str, most_tokens: int) -> Iterator[Part]:
    old, new = tokens(before), tokens(after)
    for op, i1, i2, j1, j2 in _opcodes(old, new, most_tokens):
        if op == "equal":
            yield Part(Op.EQUAL, "".join(old[i1:i2]))
            continue
        if i1 < i2:
            yield Part(Op.DELETE, "".join(old[i1:i2]))
        if j1 < j2:
            yield Part(Op.INSERT, "".join(new[j1:j2]))


def _opcodes(
    old: Sequence[Hashable], new: Sequence[Hashable], most: int
) -> Iterator[tuple[str, int, int, int, int]]:
    """`(op, i1, i2, j1, j2)` in order; one `replace` where the middle is longer than `most`."""
    start = 0
    shortest = min(len(old), len(new))
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    i2, j2 = len(old) - end, len(new) - end
    if start:
        yield "equal", 0, start, 0, start
    if max(i2, j2) - start > most:
        yield "replace", start, i2, start, j2
    elif start < i2 or start < j2:
        codes = Indel.opcodes(old[start:i2], new[start:j2])
        # It tells what went and what came apart; here they are one replacement.
        for equal, group in groupby(codes, lambda code: code.tag == "equal"):
            run = list(group)
            first, last = run[0], run[-1]
            yield (
                "equal" if equal else "replace",
                first.src_start + start,
                last.src_end + start,
                first.dest_start + start,
                last.dest_end + start,
            )
    if end:
        yield "equal", i2, len(old), j2, len(new)


def _merged(parts: Iterable[Part]) -> Iterator[Part]:
    """Neighbours of one kind joined, and in each change what went before what came."""
    for equal, group in groupby(parts, lambda part: part.op is Op.EQUAL):
        pieces = list(group)
        for op in (Op.EQUAL,) if equal else (Op.DELETE, Op.INSERT):
            text = "".join(p.text for p in pieces if p.op is op)
            if text:
                yield Part(op, text)


def _readable(parts: list[Part]) -> list[Part]:
    """A short stretch that stayed between two larger changes is told as part of them."""
    out: list[Part] = []
    for index, part in enumerate(parts):
        if part.op is Op.EQUAL and 0 < index < len(parts) - 1 and "\n" not in part.text:
            around = min(_size(parts, index - 1, -1), _size(parts, index + 1, 1))
            words = len(part.text.split())
            if words == 0 or (words <= 2 and len(part.text) <= around):
                out += [Part(Op.DELETE, part.text), Part(Op.INSERT, part.text)]
                continue
        out.append(part)
    return out


def _size(parts: Sequence[Part], index: int, step: int) -> int:
    """Characters of the change that begins at `index`: of its longer side."""
    sizes = {Op.DELETE: 0, Op.INSERT: 0}
    while 0 <= index < len(parts) and parts[index].op is not Op.EQUAL:
        sizes[parts[index].op] += len(parts[index].text)
        index += step
    return max(sizes.values())
