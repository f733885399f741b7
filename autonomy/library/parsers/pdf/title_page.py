"""The work's metadata, read from its first page by size, position and wording.

Most papers carry no metadata in the PDF itself, so the page is read as a person reads it: the
title is the prominent text above the people; the people stand between title and abstract.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from autonomy.library.bibliography import ARXIV, find_doi, people, sane_title
from autonomy.library.parsers.pdf.imprint import front_bottom, published
from autonomy.library.parsers.pdf.lines import Line
from autonomy.library.parsers.pdf.page_text import PageText
from autonomy.library.parsers.pdf.people import AFFILIATION, names_of
from autonomy.library.sections import is_notice, is_section_word

_BANNER = re.compile(
    r"journal|proceedings|transactions|letters|volume|vol\.|issn|contents lists|article\b|"
    r"available online|elsevier|springer|wiley|preprint|under review|published (?:as|in)|"
    r"conference on|workshop on|^research$|open access|working paper|technical report|received",
    re.I,
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
            if "given" in found and not AFFILIATION.search(found["family"])
        ]
    if authors:
        csl["author"] = authors
    csl.update(published(page, body, info))
    return csl


def _agrees(stated: str, seen: str, page: PageText) -> bool:
    """Whether the dictionary's title also stands on the page, so that it is no template's."""
    plain = re.sub(r"\W+", "", stated).lower()
    shown = re.sub(r"\W+", "", " ".join(line.text for line in page.lines)).lower()
    return len(plain) >= 8 and plain in shown and len(stated) >= 0.5 * len(seen)


def _title(page: PageText, body: float) -> list[Line]:
    stop = front_bottom(page)
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
    names = names_of([line for near in following[:3] for line in near][:8])
    score += 0.45 if names else 0.0
    if names_of(lines) and len(words) <= 4 and not names:
        score -= 0.3
    return score


def _authors(page: PageText, title: list[Line], body: float) -> list[dict[str, str]]:
    below, stop = title[-1].y, front_bottom(page)
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
        names = names_of([line])
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
