"""The work's metadata, read from its first page by size, position and wording.

Most papers carry no metadata in the PDF itself, so the page is read as a person reads it: the
title is the prominent text above the people; the people stand between title and abstract.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from autonomy.library.bibliography import ARXIV, YEAR, find_doi, issued, people, person, sane_title
from autonomy.library.parsers.pdf.glyphs import Line, PageText
from autonomy.library.sections import is_abstract_heading, is_notice, is_section_word

_AFFILIATION = re.compile(
    r"\b(?:universit\w*|institut\w*|department|dept|school|college|facult\w*|laborator\w*|labs?|"
    r"cent(?:er|re)|academy|research|hospital|clinic|inc|ltd|llc|gmbh|corp\w*|company|group|"
    r"foundation|ministry|museum|society|association|street|road|avenue|box|usa|china|germany|"
    r"france|kingdom|canada|japan|korea|google|microsoft|facebook|meta|deepmind|openai|amazon|"
    r"nvidia|ibm|technolog\w*|sciences?|engineering|polytechni\w*|eth|mit|cnrs|inria|brain|"
    r"bytedance|intelligence|division|unit|programme?|abteilung|fakultät|hochschule)\b",
    re.I,
)
_BANNER = re.compile(
    r"journal|proceedings|transactions|letters|volume|vol\.|issn|contents lists|article\b|"
    r"available online|elsevier|springer|wiley|preprint|under review|published (?:as|in)|"
    r"conference on|workshop on|^research$|open access|working paper|technical report|received",
    re.I,
)
_VENUE = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th)\s+)?(?:[A-Z][\w&-]*\s+){0,6}"
    r"(?:Conference|Workshop|Symposium|Proceedings|Meeting)\s+(?:on|of|for)\s+[^.;]{5,140}"
)
_JOURNAL = re.compile(
    r"^(?:[A-Z][\w&-]+\s+){0,6}(?:Journal|Transactions|Letters|Review|Annals|Proceedings)\b[^.;]{0,100}"
)
_RIGHTS_YEAR = re.compile(r"(?:©|\(c\)|copyright)\D{0,30}((?:19|20)\d\d)", re.I)
_DATED = re.compile(
    r"(?:published|accepted|available online|received|posted|dated?)\b\D{0,40}?(?:\d{1,2}\D{1,12})?((?:19|20)\d\d)",
    re.I,
)
_MONTH_YEAR = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?:\d{1,2},?\s+)?((?:19|20)\d\d)\b",
    re.I,
)
_MARKS = re.compile(r"[∗*†‡§¶‖#⋆★◦✉⊠♠♣♦♥\d,]+(?=\s|$)|(?<=\s)[∗*†‡§¶‖#]+|\bORCID\b", re.I)
_NAME_WORD = re.compile(r"^(?:[^\W\d_][\w’'.-]*)$")
_PARTICLE = re.compile(r"^(?:van|von|der|den|de|da|di|del|della|dos|du|la|le|ten|ter|bin|al|el|y)$")
_NOT_NAMES = frozenset(
    "abstract introduction keywords the a of for with and on in to by from an using draft version "
    "page figure table demo available http www et".split()
)


@dataclass(slots=True)
class _Candidate:
    lines: list[Line]
    score: float

    @property
    def text(self) -> str:
        return join_title(line.text for line in self.lines)


def join_title(lines: Any) -> str:
    text = ""
    for line in lines:
        text = text[:-1] + line if text.endswith("-") and line[:1].islower() else f"{text} {line}"
    return " ".join(text.split()).strip(" ∗*†‡")


def read_title_page(page: PageText, body: float, info: dict[str, str]) -> dict[str, Any]:
    """CSL-JSON of the work. `info` is the PDF's own dictionary.

    A field that the page does not show is absent, save that a sane title or author of `info` fills in.
    """
    title_lines = _title(page, body)
    csl: dict[str, Any] = {}
    authors: list[dict[str, str]] = []
    if title_lines:
        csl["title"] = join_title(line.text for line in title_lines)
        authors = _authors(page, title_lines, body)
    stated = sane_title(info.get("Title"))
    if stated and (not title_lines or _agrees(stated, csl["title"], page)):
        csl["title"] = stated
    if not authors and info.get("Author"):
        authors = [
            found
            for found in people(info["Author"])
            if "given" in found and not _AFFILIATION.search(found["family"])
        ]
    if authors:
        csl["author"] = authors
    csl.update(_published(page, info))
    return csl


def _agrees(stated: str, seen: str, page: PageText) -> bool:
    """Whether the dictionary's title also stands on the page, so that it is no template's."""
    plain = re.sub(r"\W+", "", stated).lower()
    shown = re.sub(r"\W+", "", " ".join(line.text for line in page.lines)).lower()
    return len(plain) >= 8 and plain in shown and len(stated) >= 0.5 * len(seen)


def title_block_end(page: PageText, body: float) -> bool:
    """Whether the page opens with a title block, as papers do."""
    return bool(_title(page, body))


def _title(page: PageText, body: float) -> list[Line]:
    stop = _front_bottom(page)
    groups: list[list[Line]] = []
    for line in sorted((x for x in page.lines if x.y < stop), key=lambda x: (x.y, x.x0)):
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and abs(last.size - line.size) < 0.06 * line.size
            and line.y - last.y < 1.9 * line.size
            and last.bold == line.bold
            and line.y - last.y > 0.5 * line.size
        ):
            groups[-1].append(line)
        else:
            groups.append([line])
    candidates = [
        _Candidate(lines, _title_score(lines, groups[at + 1 : at + 5], page, body))
        for at, lines in enumerate(groups)
    ]
    best = max(candidates, key=lambda c: c.score, default=None)
    if best is None or best.score < 1.35 or sane_title(best.text) is None:
        return []
    return best.lines


def _front_bottom(page: PageText) -> float:
    """Where the title area ends at the latest: the abstract's heading, or 60 % of the page."""
    for line in sorted(page.lines, key=lambda x: x.y):
        if is_abstract_heading(line.text) or re.match(
            r"^(?:1\.?|I\.)\s+Introduction\b", line.text, re.I
        ):
            return line.y - 1
    return page.height * 0.6


def _title_score(
    lines: list[Line], following: list[list[Line]], page: PageText, body: float
) -> float:
    text = join_title(line.text for line in lines)
    words = text.split()
    letters = sum(map(str.isalpha, text))
    if letters < 4 or len(lines) > 6 or len(words) > 45 or is_section_word(text) or "@" in text:
        return 0.0
    score = min(lines[0].size / body, 1.9)
    score += (
        0.35
        if len(words) >= 4
        else 0.15
        if len(words) == 3
        else -0.15
        if len(words) == 2
        else -0.35
    )
    score += 0.15 if lines[0].bold else 0.0
    score += 0.2 if lines[0].y < page.height * 0.33 else 0.0
    if is_notice(text) or ARXIV.search(text) or find_doi(text):
        score -= 0.8
    if _BANNER.search(text):
        score -= 0.5
    if text.endswith(".") and len(words) > 12:
        score -= 0.4
    names = _names_of([line for near in following[:3] for line in near][:8])
    score += 0.45 if names else 0.0
    if _names_of(lines) and len(words) <= 4 and not names:
        score -= 0.3
    return score


def _authors(page: PageText, title: list[Line], body: float) -> list[dict[str, str]]:
    below, stop = title[-1].y, _front_bottom(page)
    region = sorted(
        (x for x in page.lines if below + 0.5 * body < x.y < stop),
        key=lambda x: (round(x.y / 3), x.x0),
    )
    found: list[dict[str, str]] = []
    style: tuple[float, bool] | None = None
    for line in region:
        if len(line.text.split()) > 60 or (
            found and len(line.text.split()) > 18 and "," not in line.text
        ):
            break
        names = _names_of([line])
        if not names:
            continue
        # Affiliations rarely share the names' style; later lines must look like the first.
        look = (round(line.size, 0), line.bold)
        if style is None:
            style = look
        if look == style:
            found.extend(names)
        elif found and line.y - below > 12 * body:
            break
    unique: list[dict[str, str]] = []
    for name in found:
        if name not in unique:
            unique.append(name)
    return unique


def _names_of(lines: list[Line]) -> list[dict[str, str]]:
    names: list[dict[str, str]] = []
    for line in lines:
        if "@" in line.text or re.search(r"https?:|www\.", line.text):
            continue
        found: list[dict[str, str]] = []
        for piece in _split_names(line):
            name = _as_name(piece)
            if name is None:
                # One stranger among many is a name in an unknown shape; alone it spoils the line.
                if _AFFILIATION.search(piece) or len(piece.split()) > 6:
                    found = []
                    break
                continue
            found.append(name)
        names.extend(found)
    return names


def _split_names(line: Line) -> list[str]:
    """The pieces of a line that may each be one name: split at commas, "and", marks, wide gaps."""
    pieces: list[str] = []
    current: list[str] = []
    last = None
    for word in line.words:
        small = word.size < line.size * 0.8
        if last is not None and word.x0 - last.x1 > 0.75 * line.size and current:
            pieces.append(" ".join(current))
            current = []
        last = word
        if small:
            continue
        if word.text.lower().strip(",") in ("and", "&", "und", "et", "y", "·", "•", "|"):
            pieces.append(" ".join(current))
            current = []
            continue
        ended = bool(re.search(r"[∗*†‡§¶‖#\d,;]+$", word.text)) and not re.fullmatch(
            r"[A-Z]\.,?", word.text
        )
        current.append(_MARKS.sub("", word.text).strip(",;") if ended else word.text)
        if ended and word.text != "Jr.":
            pieces.append(" ".join(current))
            current = []
    pieces.append(" ".join(current))
    return [piece for piece in (p.strip() for p in pieces) if piece]


def _as_name(text: str) -> dict[str, str] | None:
    text = re.sub(r"^by\s+", "", _MARKS.sub("", text), flags=re.I).strip(" ,;")
    parts = text.split()
    if not 2 <= len(parts) <= 5 or _AFFILIATION.search(text) or is_section_word(text):
        return None
    if any(part.lower() in _NOT_NAMES for part in parts):
        return None
    for part in parts:
        if not _NAME_WORD.match(part) or not (part[0].isupper() or _PARTICLE.match(part)):
            return None
    if not parts[0][0].isupper() or not parts[-1][0].isupper() or len(text) > 60:
        return None
    if text.isupper() and len(text) > 4:
        text = " ".join(part if len(part.rstrip(".")) == 1 else part.title() for part in parts)
    return person(text)


def _published(page: PageText, info: dict[str, str]) -> dict[str, Any]:
    """Year, identifiers and container, strongest statement first."""
    shown = "\n".join(line.text for line in page.lines)
    everything = f"{shown}\n{page.stray}"
    csl: dict[str, Any] = {}
    stamp = ARXIV.search("".join(page.stray.split())) or ARXIV.search(info.get("Subject", ""))
    year: int | None = None
    venue = _venue(page)
    if venue:
        csl.update(venue)
        found = YEAR.search(venue["container-title"])
        year = int(found[1]) if found else None
    doi = find_doi(f"{info.get('doi', '')} {info.get('Subject', '')} {everything}")
    if doi:
        csl["DOI"] = doi
    if stamp:
        csl["number"] = f"arXiv:{stamp[1]}"
        csl["URL"] = f"https://arxiv.org/abs/{stamp[1]}"
        if "type" not in csl:
            csl["type"], csl["publisher"] = "article", "arXiv"
        if year is None and re.match(r"\d{4}\.", stamp[1]):
            # The identifier begins with year and month of the first version.
            year = 2000 + int(stamp[1][:2])
    for pattern in (_RIGHTS_YEAR, _DATED, _MONTH_YEAR):
        match = pattern.search(shown) if year is None else None
        if match and int(match[1]) <= date.today().year + 1:
            year = int(match[1])
    if year is None:
        year = _banner_year(page)
    if year is not None:
        csl["issued"] = issued(year)
    csl.setdefault("type", "article-journal" if doi else "document")
    return csl


def _banner_year(page: PageText) -> int | None:
    """A year in the outermost lines of the first page (journal banners, report covers)."""
    for line in page.lines:
        if line.y < page.height * 0.12 or line.y > page.height * 0.9:
            match = YEAR.search(line.text)
            if match and int(match[1]) <= date.today().year + 1:
                return int(match[1])
    return None


def _venue(page: PageText) -> dict[str, Any]:
    """Conference or journal, when a line at the top or foot of the page states it."""
    for line in page.lines:
        if page.height * 0.12 < line.y < page.height * 0.8 or len(line.text) > 250:
            continue
        match = _VENUE.search(line.text)
        if match:
            name = re.sub(
                r"^(?:in|at|to appear in|published (?:as|in))\s+",
                "",
                match[0].strip(" ,"),
                flags=re.I,
            )
            closing = name.find(")")
            return {
                "container-title": name[: closing + 1] if closing > 0 else name,
                "type": "paper-conference",
            }
        match = _JOURNAL.match(line.text)
        if match and line.y < page.height * 0.12:
            name = re.split(r"\s*(?:,|\(|\bvol\b|\d|:)", match[0], maxsplit=1, flags=re.I)[
                0
            ].strip()
            if len(name.split()) >= 2:
                return {"container-title": name, "type": "article-journal"}
    return {}
