"""From ordered lines to paragraphs, headings, captions, notes and the debris of figures."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from autonomy.library.parsed import BlockKind
from autonomy.library.parsers.pdf.lines import HYPHENS, Line
from autonomy.library.sections import is_section_word

_CAPTION = re.compile(
    r"^(?:Figure|Fig\.?|Table|Tab\.|Algorithm|Listing|Scheme|Chart|Plate|Abbildung|Tabelle)\s*"
    r"(?:S?\d+|[A-Z]\.?\d*|[IVX]+)\s*[.:|—–-]?(?:\s|$)"
)
_ITEM = re.compile(r"^(?:[•▪◦‣∙●○■–—*]\s|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s|\[\d{1,3}\]\s)")
_BULLET = re.compile(r"^[•▪◦‣∙●○■–*]\s")
_NUMBERED = re.compile(r"^(?P<n>\d{1,2}(?:\.[1-9]\d?){0,3})\.?\s+[^\W\d_]")
_LETTERED = re.compile(r"^(?P<n>(?:Appendix\s+)?[A-Z](?:\.\d{1,2}){0,3}|[IVX]{1,5}\.)[.:]?\s+[A-Z]")
_ROMAN = re.compile(r"^[IVX]{1,5}\.\s+[A-Z]")
_TERMINAL = re.compile(r"[.!?:;。！？][\"'”’»)\]]*$")
_SENTENCE_STOP = re.compile(r"[.!?。！？][\"'”’»)\]]*(?:\s|$)")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_FORMULA = re.compile(r"[=√∑∏∫∈≤≥±×→∞]|\w\(\w{1,3},")
_WORD_EDGES = re.compile(r"^\W+|\W+$")
_KEEPS_HYPHEN = frozenset(
    {"self", "state", "well", "high", "low", "long", "short", "large", "small", "cross"}
)


@dataclass(slots=True)
class TextBlock:
    """Lines that belong together, on one page."""

    lines: list[Line]
    kind: BlockKind = BlockKind.BODY
    level: int = 0
    text: str = ""
    starts: list[int] = field(default_factory=list)
    """Offset in `text` at which each line begins."""

    def write(self, words: Counter[str]) -> None:
        """Put the lines into words; `words` is how the document spells."""
        self.text, self.starts = join_lines(self.lines, words)

    def drop_bullet(self) -> None:
        """A bullet is layout; a quotation of the item should not begin with it."""
        found = _BULLET.match(self.text)
        if found:
            self.text = self.text[found.end() :]
            self.starts = [start - found.end() for start in self.starts]

    @property
    def size(self) -> float:
        return Counter(
            {
                size: sum(len(x.text) for x in self.lines if x.size == size)
                for size in {x.size for x in self.lines}
            }
        ).most_common(1)[0][0]


@dataclass(slots=True)
class Typography:
    """What is usual in this document: body size, line pitch, and its words."""

    body: float
    pitch: float
    """Distance of baselines in a paragraph, in multiples of the font size."""
    words: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, pages: list[list[Line]]) -> Typography:
        sizes: Counter[float] = Counter()
        for line in (line for lines in pages for line in lines):
            sizes[round(line.size * 2) / 2] += len(line.text)
        body = sizes.most_common(1)[0][0] if sizes else 10.0
        gaps: Counter[float] = Counter()
        for lines in pages:
            for above, below in pairwise(lines):
                if (
                    above.region == below.region
                    and abs(above.size - body) < 0.6
                    and abs(below.size - body) < 0.6
                ):
                    gap = round((below.y - above.y) / body, 1)
                    if 0.9 <= gap <= 2.6:
                        gaps[gap] += 1
        return cls(body, gaps.most_common(1)[0][0] if gaps else 1.2)

    def learn(self, lines: list[Line]) -> None:
        """Count the words of a page; how they are spelt tells about hyphens at line ends."""
        words: list[str] = []
        split = False
        for line in lines:
            # The first and the last word of a line may be half a word.
            for token in line.text.lower().split()[split : -1 if line.split else None]:
                word = token if token.isalnum() else _WORD_EDGES.sub("", token)
                words.append(word)
                if "-" in word:
                    words += word.split("-")
            split = line.split
        self.words.update(words)


def group(lines: list[Line], style: Typography) -> list[TextBlock]:
    """Blocks of one page, in reading order, with kinds and joined text."""
    blocks: list[TextBlock] = []
    margins = _margins(lines)
    for line in lines:
        if blocks and _continues(blocks[-1].lines, line, margins, style):
            blocks[-1].lines.append(line)
        else:
            blocks.append(TextBlock([line]))
    for block in blocks:
        block.write(style.words)
        _tell_kind(block, style)
    blocks = _mend_formulas(blocks, style)
    _demote_cells(blocks)
    return _resume_across_columns(blocks, margins, style)


def join_lines(lines: list[Line], words: Counter[str]) -> tuple[str, list[int]]:
    """The lines as running text, with words that were split at line ends made whole, and the
    offset at which each line begins."""
    text = lines[0].text
    split = lines[0].split
    starts = [0]
    for line in lines[1:]:
        if split:
            text = _rejoin(text, line.text, words)
        elif _CJK.match(text[-1:]) and _CJK.match(line.text[:1]):
            text += line.text
        else:
            text += " " + line.text
        starts.append(len(text) - len(line.text))
        split = line.split
    return text if not split or text[-1:] in HYPHENS else text + "-", starts


def _rejoin(text: str, following: str, words: Counter[str]) -> str:
    """Join the halves of a word. The document's own spelling decides about the hyphen."""
    text = text.rstrip(HYPHENS)
    left = re.search(r"[\w'’-]*$", text)
    right = re.match(r"[\w'’-]*", following)
    first, second = (left.group() if left else ""), (right.group() if right else "")
    stem = first.rsplit("-", 1)[-1].lower()
    joined = words[(first + second).lower()] or words[stem + second.lower()]
    hyphened = words[f"{first}-{second}".lower()]
    known = words[stem] > 0
    if joined or hyphened:
        keep = hyphened > joined
    else:
        keep = bool(
            not second
            or not first
            or not second[0].islower()
            or not first[-1].isalpha()
            or (first.isupper() and len(first) > 1)
            # "state-of-the-" is cut at a hyphen of its own, "self-regu-" within a word.
            or ("-" in first and known)
            or stem in _KEEPS_HYPHEN
            or (min(len(stem), len(second)) > 3 and known and words[second.lower()])
        )
    return f"{text}-{following}" if keep else text + following


def _margins(lines: list[Line]) -> dict[int, tuple[float, float]]:
    """Left and right margin of each region: where most of its lines start, and the furthest end."""
    margins: dict[int, tuple[float, float]] = {}
    for region in {line.region for line in lines}:
        members = [line for line in lines if line.region == region]
        starts = Counter(round(line.x0 / 2) for line in members)
        common = min(
            start for start, count in starts.items() if count >= 0.5 * max(starts.values())
        )
        margins[region] = (common * 2, max(line.x1 for line in members))
    return margins


def _continues(
    block: list[Line], line: Line, margins: dict[int, tuple[float, float]], style: Typography
) -> bool:
    last = block[-1]
    size = max(last.size, line.size)
    if line.region != last.region or abs(line.size - last.size) > 0.09 * size:
        return False
    gap = line.y - last.y
    if gap < -0.2 * size or gap > (style.pitch + 0.35) * size:
        return False
    if gap < 0.5 * size:
        # The same row with a gap: cells, a grid of authors, an equation and its number.
        return False
    if line.bold != last.bold and (line.bold or len(block) == 1 or all(x.bold for x in block)):
        return False
    if is_section_word(last.text) or is_section_word(line.text):
        return False
    if len(block) == 1 and _is_small_heading(last, line):
        return False
    if last.split:
        return True
    left, right = margins[line.region]
    ended = bool(_TERMINAL.search(last.text))
    # A line may begin with "Table 3" or "[12]" in the middle of a sentence.
    apart = ended or gap > (style.pitch + 0.12) * size or last.x1 < right - 3 * size
    if _BULLET.match(line.text) or (
        apart and (_ITEM.match(line.text) or _CAPTION.match(line.text))
    ):
        return False
    if (
        line.x0 - left > 0.7 * size
        and last.x0 - left < 0.5 * size
        and ended
        and not _ITEM.match(block[0].text)
    ):
        return False
    hanging = (
        len(block) > 1
        and last.x0 - line.x0 > 0.7 * size
        and abs(block[0].x0 - line.x0) < 0.5 * size
    )
    if hanging:
        return False
    return not (ended and last.x1 < right - 0.25 * (right - left) and not line.text[0].islower())


def _is_small_heading(line: Line, below: Line) -> bool:
    """A numbered line that stands out by slant or place only."""
    if len(line.text.split()) > 12 or _TERMINAL.search(line.text):
        return False
    if _ROMAN.match(line.text):
        return True
    return line.italic != below.italic and bool(
        _NUMBERED.match(line.text) or _LETTERED.match(line.text)
    )


def _tell_kind(block: TextBlock, style: Typography) -> None:
    text, size = block.text, block.size
    level = _heading_level(block, style)
    block.drop_bullet()
    if _CAPTION.match(text):
        block.kind = BlockKind.CAPTION
    elif level:
        block.kind, block.level = BlockKind.HEADING, level
    elif size < style.body * 0.93 and _is_prose(text):
        block.kind = BlockKind.NOTE
    elif _BULLET.match(text) or _is_prose(text):
        block.kind = BlockKind.BODY
    else:
        tokens = text.split()
        numbers = sum(any(c.isdigit() for c in token) for token in tokens)
        block.kind = BlockKind.TABLE if numbers >= 0.3 * len(tokens) else BlockKind.FIGURE


def _heading_level(block: TextBlock, style: Typography) -> int:
    """Depth of a heading, or 0 for what is none."""
    text = block.text
    words = text.split()
    if len(block.lines) > 3 or len(words) > 16 or sum(map(str.isalpha, text)) < 3:
        return 0
    if is_section_word(text):
        return 1
    if _FORMULA.search(text) or not any(
        len(w) > 2 and w.strip(".,:;()“”\"'").isalpha() for w in words
    ):
        return 0
    bold = all(line.bold for line in block.lines)
    large = block.size >= style.body * 1.1
    shouted = text.isupper() and len(words) > 1
    if text[-1] in ",;" or (text[-1] == "." and not large and not bold):
        return 0
    if "@" in text or re.search(r"https?://", text):
        return 0
    if len(block.lines) == 1 and _ROMAN.match(text) and len(words) <= 9 and text[-1] != ".":
        return 1
    found = _NUMBERED.match(text) or _LETTERED.match(text)
    if found and (bold or large or shouted or block.lines[0].italic):
        return min(found["n"].count(".") + (0 if found["n"].endswith(".") else 1), 4) or 1
    if not text[0].isupper() or not (bold or large):
        return 0
    if _SENTENCE_STOP.search(text[:-1]) and len(words) > 8:
        return 0
    return 1 if large else 2


def _is_prose(text: str) -> bool:
    tokens = text.split()
    if _CJK.search(text):
        return len(text) >= 12
    wordy = sum(
        len(t) > 1 and t.strip(".,;:()[]“”\"'!?").replace("-", "").replace("’", "").isalpha()
        for t in tokens
    )
    if wordy < 0.5 * len(tokens):
        return False
    return (len(tokens) >= 5 and bool(_TERMINAL.search(text))) or len(tokens) >= 12


def _mend_formulas(blocks: list[TextBlock], style: Typography) -> list[TextBlock]:
    """Join a paragraph that a tall inline formula tore apart: tiny pieces between its lines."""
    result: list[TextBlock] = []
    index = 0
    while index < len(blocks):
        block = blocks[index]
        index += 1
        result.append(block)
        while block.kind is BlockKind.BODY and not _TERMINAL.search(block.text):
            end = index
            while end < len(blocks) and end - index < 4 and _is_scrap(blocks[end]):
                end += 1
            if end == len(blocks) or not _carries_on(block, blocks[end], style):
                break
            for piece in blocks[index : end + 1]:
                block.lines += piece.lines
            block.write(style.words)
            block.drop_bullet()
            index = end + 1
    return result


def _is_scrap(block: TextBlock) -> bool:
    return block.kind in (BlockKind.FIGURE, BlockKind.TABLE) and len(block.text) <= 12


def _carries_on(block: TextBlock, candidate: TextBlock, style: Typography) -> bool:
    last, first = block.lines[-1], candidate.lines[0]
    return (
        candidate.kind in (BlockKind.BODY, BlockKind.FIGURE)
        and first.region == last.region
        and abs(candidate.size - block.size) <= 0.06 * block.size
        and first.y - last.y < (style.pitch + 0.8) * block.size
        and (
            first.text[0].islower()
            or (candidate.kind is BlockKind.BODY and first.y - last.y < 0.6 * block.size)
        )
    )


def _demote_cells(blocks: list[TextBlock]) -> None:
    """Bold words over nothing are a table's or a figure's, not a heading's."""
    for index in reversed(range(len(blocks))):
        block = blocks[index]
        if block.kind is not BlockKind.HEADING or block.level < 2 or _NUMBERED.match(block.text):
            continue
        below = blocks[index + 1] if index + 1 < len(blocks) else None
        if below is not None and below.kind not in (BlockKind.BODY, BlockKind.HEADING):
            block.kind, block.level = BlockKind.FIGURE, 0


def _resume_across_columns(
    blocks: list[TextBlock], margins: dict[int, tuple[float, float]], style: Typography
) -> list[TextBlock]:
    """Join a paragraph that a column's end broke, letting floats and notes follow it."""
    result: list[TextBlock] = []
    taken: set[int] = set()
    for index, block in enumerate(blocks):
        if index in taken:
            continue
        result.append(block)
        if block.kind is not BlockKind.BODY or _TERMINAL.search(block.text):
            continue
        for other in range(index + 1, min(index + 30, len(blocks))):
            candidate = blocks[other]
            if candidate.kind is BlockKind.HEADING:
                break
            resumes = _may_resume(block, candidate, margins)
            if candidate.kind is not BlockKind.BODY and not resumes:
                continue
            if resumes:
                block.lines += candidate.lines
                block.write(style.words)
                block.drop_bullet()
                taken.add(other)
            break
    return result


def _may_resume(
    block: TextBlock, candidate: TextBlock, margins: dict[int, tuple[float, float]]
) -> bool:
    """Whether `candidate` carries on the unfinished `block` in another column."""
    last, first = block.lines[-1], candidate.lines[0]
    if first.region == last.region or abs(candidate.size - block.size) > 0.06 * block.size:
        return False
    remainder = candidate.kind is BlockKind.FIGURE and bool(_TERMINAL.search(candidate.text))
    if candidate.kind is not BlockKind.BODY and not remainder:
        return False
    if first.text[0].islower():
        return True
    if candidate.kind is not BlockKind.BODY or _ITEM.match(first.text):
        return False
    # A full last line and no indent: the sentence goes on with a name or a number.
    full = last.x1 > margins[last.region][1] - 2 * last.size
    return last.split or (full and first.x0 - margins[first.region][0] < 0.5 * first.size)
