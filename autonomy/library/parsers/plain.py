"""Plain text: paragraphs from blank lines, headings where they are plain to see."""

from __future__ import annotations

import re
from pathlib import Path

from autonomy.library.bibliography import sane_title, title_from_name
from autonomy.library.encoding import decode
from autonomy.library.language import detect
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import Bibliography, BlockKind, ParsedDocument, ParseLimits
from autonomy.library.sections import classify, is_section_word
from autonomy.library.sniff import PLAIN

_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[^\W\d_]")
_TERMINAL = re.compile(r"[.!?:;,。！？][\"'”’)\]]*$")
_ITEM = re.compile(r"^\s*(?:[-*•–]|\(?\w{1,3}[.)])\s+\S")


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """Form feeds separate pages, as in text made from PDFs; without them there are no pages."""
    text = decode(path.read_bytes())
    parts = text.split("\f")
    paged = len([part for part in parts if part.strip()]) > 1
    pages = [[_block(chunk) for chunk in _paragraphs(part)] for part in parts]
    first = next((block for page in pages for block in page), None)
    title = None
    if first is not None and first.kind is BlockKind.HEADING and "\n" not in first.text:
        title = sane_title(first.text)
    settled = iter(classify([block for page in pages for block in page]))
    trail = HeadingTrail()
    laid_out = tuple(
        lay_out(number if paged else None, [next(settled) for _ in page], trail)
        for number, page in enumerate(pages, 1)
    )
    csl: dict[str, object] = {"type": "document", "title": title or title_from_name(file_name)}
    language = detect(text)
    if language:
        csl["language"] = language
    return ParsedDocument(
        media_type=PLAIN,
        pages=laid_out,
        metadata=Bibliography(csl=csl),
        page_count=len(laid_out) if paged else None,
        language=language,
    )


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n[ ]*\n", text) if part.strip()]


def _block(paragraph: str) -> RawBlock:
    lines = [line.strip() for line in paragraph.strip().split("\n")]
    if len(lines) == 1:
        level = _heading_level(lines[0])
        if level:
            return RawBlock(lines[0], BlockKind.HEADING, level)
    return RawBlock(_unwrap(lines))


def _unwrap(lines: list[str]) -> str:
    """Join hard-wrapped lines; keep the breaks of lists and verse."""
    if len(lines) < 2:
        return "".join(lines)
    longest = max(map(len, lines))
    wrapped = longest <= 110 and all(len(line) > 0.55 * longest for line in lines[:-1])
    if not wrapped or any(_ITEM.match(line) for line in lines[1:]):
        return "\n".join(lines)
    text = lines[0]
    for line in lines[1:]:
        if len(text) > 1 and text[-1] == "-" and text[-2].isalpha() and line[:1].islower():
            text += line  # keeps the hyphen: plain text does not say whether it was soft
        else:
            text += " " + line
    return text


def _heading_level(line: str) -> int:
    words = line.split()
    if not 1 <= len(words) <= 14 or len(line) > 120 or sum(map(str.isalpha, line)) < 3:
        return 0
    if is_section_word(line):
        return 1
    numbered = _NUMBERED.match(line)
    if numbered and not _TERMINAL.search(line):
        return numbered[1].count(".") + 1
    return 1 if line[0].isupper() and not _TERMINAL.search(line) and len(words) <= 12 else 0
