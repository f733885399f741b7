"""Drafts that are no Word documents: Markdown by its lines, everything else by its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from autonomy.library.bibliography import sane_title, title_from_name
from autonomy.library.drafts.draft import Draft, DraftBlock, DraftKind, Held, HeldKind
from autonomy.library.encoding import decode
from autonomy.library.language import detect
from autonomy.library.normalise import one_line
from autonomy.library.parse import parse
from autonomy.library.parsed import Block, BlockKind, ParseLimits
from autonomy.library.reference_headings import is_references_heading
from autonomy.library.sniff import MARKDOWN, PLAIN

LAYOUT_LOST = "Of this file only the text was taken; a Word document would keep its layout."

_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)\s*$")
_ITEM = re.compile(r"^(\s*)([-*+]|\d{1,3}[.)])\s+(.*)$")
_QUOTE = re.compile(r"^ {0,3}>\s?(.*)$")
_RULE = re.compile(r"^ {0,3}([-*_])(?:\s*\1){2,}\s*$")
_INLINE_HELD = (
    (re.compile(r"(`+)(?:(?!\1).)+?\1"), HeldKind.CONTROL),
    (re.compile(r"!?\[[^\]\n]*\]\([^)\n]*\)"), HeldKind.LINK),
    (re.compile(r"\[\^[^\]\s]+\]"), HeldKind.CONTROL),
    (re.compile(r"\[-?@[^\]\n]+\]|(?<![\w.])@[\w:.#$%&+?<>~/-]+\w"), HeldKind.CITATION),
    (re.compile(r"\$\$?[^$\n]+\$\$?"), HeldKind.MATH),
    (re.compile(r"<?https?://[^\s>)]+>?"), HeldKind.LINK),
    (re.compile(r"</?[a-z][^>\n]*>", re.IGNORECASE), HeldKind.CONTROL),
)


def read_markdown(path: Path, file_name: str) -> Draft:
    """Its marks stay, and so do code, tables, quotations, links and citation keys."""
    text = decode(path.read_bytes())
    blocks = list(_markdown_blocks(text))
    headed = next((b.text for b in blocks[:5] if b.kind is DraftKind.HEADING), "")
    return Draft(
        title=sane_title(one_line(headed)) or title_from_name(file_name),
        media_type=MARKDOWN,
        language=detect(text),
        blocks=tuple(_numbered(_with_references(blocks))),
    )


def read_parsed(path: Path, file_name: str, limits: ParseLimits) -> Draft:
    """
    Raises:
        ParseFailure: as `parse.parse`.
    """
    document = parse(path, file_name, limits)
    found: list[DraftBlock] = []
    for block in _whole(b for page in document.pages for b in page.blocks):
        kind, level = _kind(block)
        text = " ".join(block.text.split()) if kind is not DraftKind.FIXED else block.text
        found.append(
            DraftBlock(id="", kind=kind, text=text, level=level, held=_held(text, plain=True))
        )
    title = document.metadata.csl.get("title")
    return Draft(
        title=str(title or title_from_name(file_name)),
        media_type=document.media_type,
        language=document.language,
        blocks=tuple(_numbered(_with_references(found))),
        remarks=document.remarks
        if document.media_type == PLAIN
        else (*document.remarks, LAYOUT_LOST),
    )


def _numbered(blocks: Iterable[DraftBlock]) -> list[DraftBlock]:
    return [b.model_copy(update={"id": f"p{number}"}) for number, b in enumerate(blocks)]


def _with_references(blocks: Iterable[DraftBlock]) -> list[DraftBlock]:
    """What stands under a heading of references is no prose."""
    found: list[DraftBlock] = []
    references = False
    for block in blocks:
        if block.kind is DraftKind.HEADING:
            references = is_references_heading(one_line(block.text))
        listed = references and block.kind in (DraftKind.BODY, DraftKind.LIST)
        found.append(block.model_copy(update={"kind": DraftKind.REFERENCE}) if listed else block)
    return found


def _held(text: str, *, plain: bool = False) -> tuple[Held, ...]:
    """Marks of Markdown, links and citation keys; of plain text only addresses."""
    found: list[Held] = []
    patterns = _INLINE_HELD[-2:-1] if plain else _INLINE_HELD
    for pattern, kind in patterns:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(one.start < end and start < one.end for one in found):
                found.append(Held(start=start, end=end, kind=kind))
    return tuple(sorted(found, key=lambda one: one.start))


# ------------------------------------------------------------------------------ parsed files

_KINDS = {
    BlockKind.HEADING: DraftKind.HEADING,
    BlockKind.BODY: DraftKind.BODY,
    BlockKind.ABSTRACT: DraftKind.BODY,
    BlockKind.REFERENCES: DraftKind.REFERENCE,
    BlockKind.CAPTION: DraftKind.CAPTION,
}


def _kind(block: Block) -> tuple[DraftKind, int]:
    kind = _KINDS.get(block.kind, DraftKind.FIXED)
    return kind, max(1, min(len(block.heading_path), 6)) if kind is DraftKind.HEADING else 0


def _whole(blocks: Iterable[Block]) -> list[Block]:
    """Paragraphs that a page cut are made whole."""
    found: list[Block] = []
    for block in blocks:
        before = found[-1] if found else None
        carries_on = (
            before is not None
            and before.kind is block.kind is BlockKind.BODY
            and block.text[:1].islower()
            and before.text[-1:] not in ".!?:;…"
        )
        if before is not None and carries_on:
            found[-1] = before.model_copy(update={"text": f"{before.text} {block.text}"})
        else:
            found.append(block)
    return found


# ---------------------------------------------------------------------------------- Markdown


def _markdown_blocks(text: str) -> Iterable[DraftBlock]:
    """Blocks of Markdown by its lines: enough to tell prose from what is not to be changed."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
            continue
        taken = _taken(lines, at)
        yield taken[0]
        at = taken[1]


def _taken(lines: list[str], at: int) -> tuple[DraftBlock, int]:
    """The block that begins at this line, and the line behind it."""
    line = lines[at]
    if fence := _FENCE.match(line):
        end = at + 1
        while end < len(lines) and not lines[end].lstrip().startswith(fence[1]):
            end += 1
        return _fixed("\n".join(lines[at : end + 1]), DraftKind.CODE), end + 1
    if heading := _HEADING.match(line):
        return _made(heading[2], DraftKind.HEADING, len(heading[1])), at + 1
    if _RULE.match(line):
        return _fixed(line), at + 1
    if item := _ITEM.match(line):
        end = _until(lines, at + 1, lambda one: bool(_ITEM.match(one)))
        text = "\n".join([item[3], *(one.strip() for one in lines[at + 1 : end])])
        block = _made(text, DraftKind.LIST, min(len(item[1]) // 2, 8))
        return block.model_copy(update={"numbered": item[2][0].isdigit()}), end
    if _QUOTE.match(line):
        end = _until(lines, at + 1)
        quoted = [found[1] if (found := _QUOTE.match(one)) else one for one in lines[at:end]]
        return _fixed("\n".join(quoted), DraftKind.QUOTE), end
    end = _until(lines, at + 1, lambda one: bool(_HEADING.match(one) or _FENCE.match(one)))
    if end == at + 2 and _UNDERLINE.match(lines[at + 1]):
        return _made(line.strip(), DraftKind.HEADING, 1 if "=" in lines[at + 1] else 2), end
    text = "\n".join(one.strip() for one in lines[at:end])
    if line.lstrip().startswith("|") or line.startswith(("    ", "\t", "<", "[^")):
        return _fixed("\n".join(lines[at:end])), end
    return _made(text, DraftKind.BODY, 0), end


def _until(lines: list[str], at: int, stops: Callable[[str], bool] = lambda _: False) -> int:
    """The first line from `at` that is blank, or that `stops` says begins something else."""
    while at < len(lines) and lines[at].strip():
        if stops(lines[at]):
            break
        at += 1
    return at


def _made(text: str, kind: DraftKind, level: int) -> DraftBlock:
    return DraftBlock(id="", kind=kind, text=text, level=level, held=_held(text))


def _fixed(text: str, kind: DraftKind = DraftKind.FIXED) -> DraftBlock:
    return DraftBlock(id="", kind=kind, text=text)
