"""Open copies and web pages of the made-up world: PDF by typst, HTML and JATS by hand."""

from __future__ import annotations

import html
import re
from functools import cache

import typst

from tests.registries.answering import Asked, Reply
from tests.registries.world import Entry, by_key, world


def answer(asked: Asked) -> Reply:
    """`/spacing.1.html`, `/spacing.3.pdf`."""
    key, _, form = asked.path.lstrip("/").rpartition(".")
    if key not in {entry.key for entry in world()} or form not in ("pdf", "html"):
        return Reply(404, {"Content-Type": "text/plain"}, b"no such file")
    entry = by_key(key)
    if form == "pdf":
        return Reply(200, {"Content-Type": "application/pdf"}, pdf_of(key))
    return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, html_of(entry).encode())


def site(path: str, asked: Asked) -> Reply:
    """Everything else on the host: robots.txt, redirects, pages."""
    if path == "/robots.txt":
        rules = b"User-agent: *\nDisallow: /private/\nAllow: /\n"
        return Reply(200, {"Content-Type": "text/plain"}, rules)
    if found := re.fullmatch(r"/loop/([ab])", path):
        other = "b" if found[1] == "a" else "a"
        return Reply(302, {"Location": f"{asked.base}/loop/{other}"})
    if found := re.fullmatch(r"/hops/(\d+)", path):
        left = int(found[1])
        to = f"/hops/{left - 1}" if left else "/files/spacing.1.html"
        return Reply(302, {"Location": asked.base + to})
    if path == "/go":
        return Reply(302, {"Location": asked.get("to")})
    if path in ("/landing", "/landing-with-pdf"):
        head = f'<meta name="citation_pdf_url" content="{asked.base}/files/heat.3.pdf">'
        page = f"<html><head>{head if path.endswith('pdf') else ''}</head><body><p>Buy access.</p></body></html>"
        return Reply(200, {"Content-Type": "text/html"}, page.encode())
    if path.startswith("/private/"):
        return Reply(200, {"Content-Type": "text/html"}, b"<p>not for robots</p>")
    return Reply(404, {"Content-Type": "text/plain"}, b"not found")


def sections(entry: Entry) -> list[tuple[str, str]]:
    """Headings and paragraphs of the whole text."""
    who = entry.authors[0][1]
    return [
        ("Introduction", f"{entry.abstract.split('. ')[0]}. Earlier work left this open, and we take it up here."),
        ("Methods", f"{entry.design} Records were anonymised before analysis. The plan of analysis was registered in advance by {who}."),
        ("Results", f"{entry.finding} Sensitivity analyses led to the same conclusion. No subgroup differed from the whole."),
        ("Discussion", f"Taken together: {entry.finding} We had no influence on who took part, which limits what can be concluded."),
    ]  # fmt: skip


def plain_title(entry: Entry) -> str:
    return re.sub(r"<[^>]*>", "", entry.title)


def people(entry: Entry) -> str:
    return ", ".join(f"{given} {family}".strip() for given, family in entry.authors)


def html_of(entry: Entry) -> str:
    """The article as a publisher's page."""
    body = "".join(
        f"<h2>{heading}</h2><p>{html.escape(text)}</p>" for heading, text in sections(entry)
    )
    title = html.escape(plain_title(entry))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="citation_title" content="{title}"><meta name="citation_doi" content="{entry.doi}">'
        f'<meta name="citation_publication_date" content="{entry.year}/{entry.month}"></head><body>'
        f"<nav><a href='/'>Home</a> <a href='/issues'>Issues</a></nav><main><article><h1>{title}</h1>"
        f"<p>{html.escape(people(entry))}</p><h2>Abstract</h2><p>{html.escape(entry.abstract)}</p>{body}"
        "</article></main><footer>Invented Press. All of this is made up.</footer></body></html>"
    )


def jats_of(entry: Entry) -> str:
    """The article as JATS, with a table and a list of references."""
    names = "".join(
        f'<contrib contrib-type="author"><name><surname>{html.escape(family)}</surname>'
        f"<given-names>{html.escape(given)}</given-names></name></contrib>"
        for given, family in entry.authors
    )
    body = "".join(
        f"<sec><title>{heading}</title><p>{html.escape(text)}</p></sec>"
        for heading, text in sections(entry)
    )
    table = (
        "<sec><title>Sample</title><table-wrap><label>Table 1</label><caption><p>Wards by group.</p></caption>"
        "<table><thead><tr><th>Group</th><th>Wards</th></tr></thead><tbody><tr><td>Forward</td><td>12</td></tr>"
        "<tr><td>Control</td><td>12</td></tr></tbody></table></table-wrap></sec>"
    )
    cited = "".join(
        f'<ref id="r{at}"><mixed-citation>{html.escape(people(by_key(key)))}. {html.escape(plain_title(by_key(key)))}. '
        f"{by_key(key).year}.</mixed-citation></ref>"
        for at, key in enumerate(entry.cites)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS 1.2//EN" "JATS.dtd">'
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>'
        f'<article-id pub-id-type="doi">{entry.doi}</article-id><title-group><article-title>'
        f"{html.escape(plain_title(entry))}</article-title></title-group><contrib-group>{names}</contrib-group>"
        '<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"/></permissions>'
        f"<abstract><p>{html.escape(entry.abstract)}</p></abstract></article-meta></front>"
        f"<body>{body}{table}</body><back><ref-list><title>References</title>{cited}</ref-list></back></article>"
    )


@cache
def pdf_of(key: str) -> bytes:
    """The article as a PDF of two pages."""
    entry = by_key(key)

    def plain(text: str) -> str:
        return re.sub(r"([#*_`$@<>\[\]\\=~/])", r"\\\1", text)

    parts = [f"= {heading}\n{plain(text)}\n" for heading, text in sections(entry)]
    source = (
        f'#set document(title: "{plain_title(entry)}")\n#set page("a5")\n'
        f"#align(center)[#text(16pt)[{plain(plain_title(entry))}]\n\n{plain(people(entry))}]\n\n"
        f"*Abstract.* {plain(entry.abstract)}\n\n{parts[0]}{parts[1]}\n#pagebreak()\n{parts[2]}{parts[3]}"
    )
    return bytes(typst.compile(source.encode()))
