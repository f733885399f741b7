"""arXiv's Atom for the made-up world."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from tests.registries.answering import Asked, Reply, file_url
from tests.registries.searching import between, known_to, search
from tests.registries.world import Entry

NAME = "arxiv"
_FEED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
    "<title>ArXiv Query</title><id>http://arxiv.org/api/x</id>"
    '<opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{count}'
    "</opensearch:totalResults>{entries}</feed>"
)


def answer(asked: Asked) -> Reply:
    if asked.path != "/api/query":
        return Reply(404, {"Content-Type": "text/plain"}, b"")
    if ids := asked.get("id_list"):
        wanted = {re.sub(r"v\d+$", "", one) for one in ids.split(",")}
        found = [entry for entry in known_to(NAME) if entry.arxiv in wanted]
    else:
        query = asked.get("search_query")
        years = re.search(r"submittedDate:\[(\d{4})\d* TO (\d{4})\d*\]", query)
        plain = re.sub(r"submittedDate:\[.*?\]|\b(?:all|ti|au):|\b(?:AND|OR)\b|[()\"]", " ", query)
        found = search(NAME, plain, every=True, titles='ti:"' in query)
        if years:
            found = between(found, int(years[1]), int(years[2]))
    page = found[: asked.number("max_results", 10)]
    body = _FEED.format(count=len(found), entries="".join(_entry(asked, one) for one in page))
    return Reply(200, {"Content-Type": "application/atom+xml; charset=utf-8"}, body.encode())


def _entry(asked: Asked, entry: Entry) -> str:
    people = "".join(
        f"<author><name>{escape(f'{given} {family}'.strip())}</name></author>"
        for given, family in entry.authors
    )
    doi = (
        f'<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">{entry.published_doi}</arxiv:doi>'
        if entry.published_doi
        else ""
    )
    return (
        f"<entry><id>http://arxiv.org/abs/{entry.arxiv}v1</id>"
        f"<updated>{entry.day}T10:00:00Z</updated><published>{entry.day}T10:00:00Z</published>"
        f"<title>{escape(entry.title)}</title><summary>  {escape(entry.abstract)}\n</summary>{people}{doi}"
        f'<link href="http://arxiv.org/abs/{entry.arxiv}v1" rel="alternate" type="text/html"/>'
        f'<link title="pdf" href="{escape(file_url(asked, entry))}" rel="related" type="application/pdf"/>'
        "</entry>"
    )
