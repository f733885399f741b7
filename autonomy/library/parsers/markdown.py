"""Markdown: its blocks as plain text, with front matter as metadata."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from autonomy.library.bibliography import (
    find_doi,
    issued_from,
    people,
    person,
    sane_title,
)
from autonomy.library.encoding import decode
from autonomy.library.paging import RawBlock
from autonomy.library.parsed import BlockKind, ParsedDocument, ParseLimits
from autonomy.library.parsers.unpaged import unpaged
from autonomy.library.sniff import MARKDOWN
from autonomy.library.tables import table_blocks

_FRONT_MATTER = re.compile(r"\A---[ ]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ ]*(?:\n|\Z)", re.S)
_ATX = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-+)\s*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+")
_RULE = re.compile(r"^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$")
_TABLE_RULE = re.compile(r"^[|:\-\s]+$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]{1,200}\]:\s+\S+.*$", re.M)
_INLINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)"), r""),
    (re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"\[([^\]\n]+)\]\[[^\]\n]*\]"), r"\1"),
    (re.compile(r"<(https?://[^>\s]+)>"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>\n]{0,300}>"), ""),
    (re.compile(r"(`+)([^`\n]+)\1"), r"\2"),
    (re.compile(r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"\1"),
    (re.compile(r"~~([^~\n]+)~~"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])"), r"\1"),
)


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """Headings become the heading path; code is kept as it stands; links keep only their words."""
    text = decode(path.read_bytes())
    match = _FRONT_MATTER.match(text)
    csl = _metadata(match[1]) if match else {"type": "document"}
    blocks = _blocks(re.sub(r"<!--.*?-->", "", text[match.end() if match else 0 :], flags=re.S))
    return unpaged(MARKDOWN, blocks, csl, file_name)


def _metadata(front_matter: str) -> dict[str, Any]:
    csl: dict[str, Any] = {"type": "document"}
    # Aliases can be nested until they fill the memory, and front matter has no use for them.
    if re.search(r"(?:^|[\s:\-\[,])[&*]\w", front_matter):
        return csl
    try:
        fields = yaml.safe_load(front_matter)
    except (yaml.YAMLError, ValueError, RecursionError):
        return csl
    if not isinstance(fields, dict):
        return csl
    values = {str(key).lower(): value for key, value in fields.items()}
    title = sane_title(_plain(values.get("title")))
    if title:
        csl["title"] = title
    authors = _authors(values.get("author", values.get("authors")))
    if authors:
        csl["author"] = authors
    date = issued_from(_plain(values.get("date", values.get("year"))))
    if date:
        csl["issued"] = date
    doi = find_doi(_plain(values.get("doi")))
    if doi:
        csl["DOI"] = doi
    for source, target in (
        ("journal", "container-title"),
        ("publisher", "publisher"),
        ("url", "URL"),
    ):
        if _plain(values.get(source)):
            csl[target] = _plain(values.get(source))[:300]
    return csl


def _plain(value: Any) -> str:
    return (
        str(value).strip()
        if isinstance(value, str | int | float) or hasattr(value, "isoformat")
        else ""
    )


def _authors(value: Any) -> list[dict[str, str]]:
    if isinstance(value, str):
        return people(value)
    found: list[dict[str, str]] = []
    for item in value if isinstance(value, list) else []:
        name = person(_plain(item.get("name") if isinstance(item, dict) else item))
        if name:
            found.append(name)
    return found


def _blocks(text: str) -> list[RawBlock]:
    blocks: list[RawBlock] = []
    lines: list[str] = []
    fence = ""

    def flush() -> None:
        if len(lines) > 1 and all("|" in line for line in lines):
            blocks.extend(table_blocks([_cells(line) for line in lines]))
        elif lines:
            blocks.append(RawBlock(_inline(" ".join(line.strip() for line in lines))))
        lines.clear()

    for line in _DEFINITION.sub("", text).split("\n"):
        opening = _FENCE.match(line)
        if fence:
            if opening and opening[1].startswith(fence) and line.strip(" `~") == "":
                blocks.append(RawBlock("\n".join(lines), BlockKind.FIGURE))
                lines.clear()
                fence = ""
            else:
                lines.append(line)
            continue
        heading = _ATX.match(line)
        underline = _SETEXT.match(line)
        if opening:
            flush()
            fence = opening[1]
        elif heading:
            flush()
            blocks.append(RawBlock(_inline(heading[2]), BlockKind.HEADING, len(heading[1])))
        elif underline and len(lines) == 1 and not _ITEM.match(lines[0]):
            blocks.append(
                RawBlock(_inline(lines.pop()), BlockKind.HEADING, 1 if "=" in line else 2)
            )
        elif not line.strip() or _RULE.match(line):
            flush()
        else:
            if _ITEM.match(line) and not line.lstrip().startswith("|"):
                flush()
            if not (_TABLE_RULE.match(line) and "|" in line):
                lines.append(re.sub(r"^\s*(?:>\s?)+", "", line))
    if fence:
        blocks.append(RawBlock("\n".join(lines), BlockKind.FIGURE))
        lines.clear()
    flush()
    return blocks


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [_inline(cell.replace("\\|", "|").strip()) for cell in _CELL_BORDER.split(inner)]


def _inline(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return _ITEM.sub("", text).strip() if not text[:1].isdigit() else text.strip()
