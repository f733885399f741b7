"""All bundled styles by name, for choosing one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process, utils

from autonomy.tools.csl.styles import ALIASES, resolve_style, style_files

_TITLE = re.compile(rb"<title[^>]*>([^<]{1,300})</title>")
_HEAD_BYTES = 4_096
_LABELS = {
    "harvard": "Harvard (Cite Them Right)",
    "apa": "APA, 7th edition",
    "mla": "MLA, 9th edition",
    "chicago": "Chicago, author-date",
    "vancouver": "Vancouver (NLM)",
}
"""The five that most people mean, under the names that they use."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A style in a list to choose from."""

    id: str
    title: str


def short_list() -> list[Listed]:
    """The five usual styles."""
    return [Listed(name, _LABELS[name]) for name in ALIASES]


def find_styles(query: str, most: int = 30) -> list[Listed]:
    """Bundled styles whose title or id is like `query`, best first; without a query the five
    usual ones."""
    wanted = query.strip()[:200]
    if not wanted:
        return short_list()
    titles = _titles()
    hits = process.extract(
        wanted, titles, scorer=fuzz.WRatio, processor=utils.default_process, limit=most * 3,
        score_cutoff=60,
    )  # fmt: skip
    low = wanted.lower()
    # Of equally good ones the shorter title: "Nature" before "Nature Reviews Cancer".
    ranked = sorted(hits, key=lambda h: (low not in h[0].lower(), -h[1], len(h[0])))
    usual = [one for one in short_list() if low in one.title.lower() or low in one.id]
    found = [Listed(hit[2], hit[0]) for hit in ranked]
    meant = {resolve_style(one.id).base for one in usual}
    return [*usual, *(one for one in found if one.id not in meant)][:most]


@cache
def _titles() -> dict[str, str]:
    """Id to title of every bundled style. Reading them takes a second or two, once a process."""
    titles: dict[str, str] = {}
    for path in style_files():
        with path.open("rb") as file:
            found = _TITLE.search(file.read(_HEAD_BYTES))
        words = found[1].decode("utf-8", "replace").replace("&amp;", "&") if found else ""
        titles[path.stem] = " ".join(words.split()) or path.stem
    return titles
