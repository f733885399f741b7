"""Do the references of finished documents hold together?

Fifty documents are made from a seed, each with sources that share authors and years, works that
are held twice under two ids, works without author or date, groups of citations and citations that
follow one another. Each is written in five styles as DOCX, HTML and Markdown, and read back from
those files: every citation in the text must lead to exactly one entry, every entry must be cited,
no work may be listed twice, and numbers must count up in order of appearance.
"""

from __future__ import annotations

import io
import os
import random
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import docx
from lxml import html as lxml_html

from autonomy.core.types import Passage, Source
from autonomy.export.document import Document, Section
from autonomy.export.docx import write_docx
from autonomy.export.html import render_html
from autonomy.export.markdown import write_markdown
from autonomy.export.structure import check_structure
from autonomy.tools.csl.styles import resolve_style
from tests.bench.figures import Figure

DOCUMENTS = 50
STYLES = ("harvard", "apa", "mla", "chicago", "vancouver")
_FAMILIES = "Ash Birch Cedar Dvořák Elm Fir Gum Holly Ivy Juniper de_Souza O’Neil Çelik 王".split()
_NOUNS = "reefs graphs ink rivers winters readers models markets bridges forests".split()
_KINDS = "article-journal book chapter report webpage thesis dataset paper-conference".split()


@dataclass(slots=True)
class Count:
    """What was looked at, and what was wrong."""

    documents: int = 0
    files: int = 0
    citations: int = 0
    entries: int = 0
    faults: list[str] = field(default_factory=list)


def run(documents: int = DOCUMENTS, seed: int = 1) -> Count:
    """Make, write and read back; the faults name style, document and what is wrong."""
    count = Count()

    def one(number: int) -> None:
        made = make_document(random.Random(seed * 100_003 + number))
        for style in STYLES:
            check(made.model_copy(update={"style": style}), f"{style} #{number}", count)
        count.documents += 1
        sys.stderr.write(f"\r{count.documents} documents, {len(count.faults)} faults ")

    # Pandoc does the work in processes of its own.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, range(documents)))
    sys.stderr.write("\n")
    return count


def bench() -> list[Figure]:
    count = run()
    for fault in count.faults[:40]:
        sys.stderr.write(f"  {fault}\n")
    what = f"{count.documents} documents × {len(STYLES)} styles, {count.files} files read back"
    return [
        Figure(
            "dangling, uncited or double references",
            len(count.faults),
            "",
            what,
            "0",
            not count.faults,
        ),
        Figure("citations followed", count.citations, ""),
        Figure("entries of reference lists", count.entries, ""),
    ]


# ------------------------------------------------------------------------------ documents


def make_document(random: random.Random) -> Document:
    works = [_work(random, n) for n in range(random.randint(3, 9))]
    sources: list[Source] = []
    passages: list[Passage] = []
    for number, csl in enumerate(works):
        copies = 2 if random.random() < 0.3 else 1
        for copy in range(copies):
            described = dict(csl)
            if copy and "DOI" in described:
                described["DOI"] = f"https://doi.org/{described['DOI'].upper()}"
            elif copy:
                described["title"] = described["title"].upper().replace(" ", "  ")
            source = Source(id=f"s{number}-{copy}", csl=described, file_name=f"work{number}.pdf")
            sources.append(source)
            for page in random.sample(range(1, 40), 3):
                identity = str(UUID(int=random.getrandbits(128)))
                text = f"Passage of page {page}."
                passages.append(
                    Passage(
                        id=identity,
                        source_id=source.id,
                        text=text,
                        page=page if csl["type"] != "webpage" else None,
                    )
                )
    sections = tuple(
        Section(id=f"s{n}", heading=f"Part {n}", markdown=_prose(random, passages))
        for n in range(1, random.randint(3, 5))
    )
    cited = {m for s in sections for m in re.findall(r"\[\[[pn]:([^\]]+)\]\]", s.markdown)}
    kept = tuple(p for p in passages if p.id in cited)
    of = {p.source_id for p in kept}
    return Document(
        title="A document",
        sections=sections,
        sources=tuple(s for s in sources if s.id in of),
        passages=kept,
    )


def _work(random: random.Random, number: int) -> dict[str, Any]:
    kind = random.choice(_KINDS)
    noun, other = random.sample(_NOUNS, 2)
    csl: dict[str, Any] = {
        "type": kind,
        "title": f"On {noun} and {other}, part {number}",
        "publisher": "Harbour Press",
    }
    if random.random() < 0.85:
        csl["author"] = [
            {"family": random.choice(_FAMILIES).replace("_", " "), "given": random.choice("ABC")}
            for _ in range(random.choice((1, 1, 2, 3, 5)))
        ]
    # Without author and date nothing tells copies of a work apart from its namesakes: a DOI does.
    if random.random() < 0.85:
        csl["issued"] = {"date-parts": [[random.choice((2019, 2020))]]}
    if "issued" not in csl or random.random() < 0.4:
        csl["DOI"] = f"10.1000/work.{number}"
    if kind in ("article-journal", "chapter", "paper-conference"):
        csl["container-title"] = f"Annals of {noun}"
    return csl


def _prose(random: random.Random, passages: list[Passage]) -> str:
    paragraphs: list[str] = []
    for _ in range(random.randint(1, 3)):
        sentences: list[str] = []
        for n in range(random.randint(2, 5)):
            picked = random.sample(passages, min(len(passages), random.choice((1, 1, 2, 3))))
            marks = "".join(f"[[p:{passage.id}]]" for passage in picked)
            if random.random() < 0.25:
                sentences.append(f"[[n:{picked[0].id}]] shows that claim {n} holds.")
            elif random.random() < 0.3:
                sentences.append(f"Claim {n} is followed by its citation. {marks}")
            else:
                sentences.append(f"Claim {n} holds {marks}.")
        paragraphs.append(" ".join(sentences))
    return "\n\n".join(paragraphs)


# --------------------------------------------------------------------------------- checks


def check(document: Document, name: str, count: Count) -> None:
    """Write one document in three formats and read each back."""
    faults = [p.message for p in check_structure(document) if p.kind in ("dangling", "malformed")]
    linked = _html(render_html(document), resolve_style(document.style).numeric, count)
    faults += linked.faults
    for format, text in (
        ("docx", _docx_text(write_docx(document))),
        ("md", _markdown_text(write_markdown(document))),
    ):
        faults += [f"{format}: {fault}" for fault in _same(text, linked)]
    count.files += 3
    count.faults += [f"{name}: {fault}" for fault in faults]


@dataclass(slots=True)
class _Linked:
    citations: list[str]
    entries: list[str]
    faults: list[str]


def _html(markup: str, numeric: bool, count: Count) -> _Linked:
    root = lxml_html.fromstring(f"<div>{markup}</div>")
    entries = {
        e.get("id"): _words(e.text_content())
        for e in root.iter("div")
        if e.get("role") == "listitem"
    }
    citations = [a for a in root.iter("a") if "cite-link" in (a.get("class") or "")]
    faults: list[str] = []
    cited: list[str] = []
    for link in citations:
        keys = [f"ref-{key}" for key in (link.get("data-keys") or "").split()]
        cited += keys
        faults += [f"dangling citation {key}" for key in keys if key not in entries]
        if not keys or not link.text_content().strip():
            faults.append("a citation that names nothing")
        if (link.get("href") or "")[1:] not in entries:
            faults.append(f"link to {link.get('href')} leads nowhere")
    faults += [f"uncited entry {key}" for key in entries if key not in set(cited)]
    identifiers = [i.get("id") for i in root.iter() if i.get("id")]
    faults += [f"id {i} twice" for i, n in Counter(identifiers).items() if n > 1]
    faults += [
        f"entry twice: {t}"
        for t, n in Counter(_unlettered(t) for t in entries.values()).items()
        if n > 1
    ]
    if numeric:
        numbers = list(dict.fromkeys(cited))
        if numbers != list(entries):
            faults.append(f"numbers out of order: {numbers} for {list(entries)}")
        for link in citations:
            want = {
                list(entries).index(f"ref-{key}") + 1
                for key in (link.get("data-keys") or "").split()
                if f"ref-{key}" in entries
            }
            if _numbers(link.text_content()) != want:
                faults.append(f"{link.text_content()} should name {sorted(want)}")
    count.citations += len(citations)
    count.entries += len(entries)
    return _Linked([_words(a.text_content()) for a in citations], list(entries.values()), faults)


def _unlettered(entry: str) -> str:
    """An entry without number and without the letter behind its year: what would make two of one."""
    return re.sub(
        r"(\d{4}|n\.d\.|no date)-?[a-z]\b", r"\1", re.sub(r"^\d+\. ", "", entry)
    ).casefold()


def _numbers(text: str) -> set[int]:
    inside = text[text.rfind("(") :]
    found: set[int] = set()
    for first, last in re.findall(r"(\d+)(?:[–-](\d+))?", inside):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _same(text: str, linked: _Linked) -> list[str]:
    """What another format must hold: each entry once, each citation as often as in HTML."""
    faults: list[str] = []
    for entry in linked.entries:
        plain = re.sub(r"^\d+\. ", "", entry)
        if (times := text.count(plain)) != 1:
            faults.append(f"{times} times in the list: {plain[:80]}")
    for citation, times in Counter(linked.citations).items():
        if text.count(citation) < times:
            faults.append(f"citation missing: {citation}")
    return faults


def _docx_text(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    return _words(" ".join(paragraph.text for paragraph in document.paragraphs))


def _markdown_text(text: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<(https?://[^>]+)>", r"\1", text)
    return _words(re.sub(r"\\([\\`*_{}\[\]()#+.!~|<>$^&@'\"-])", r"\1", text).replace("*", ""))


def _words(text: str) -> str:
    return " ".join(text.replace("*", "").split())
