"""A freely readable copy of a work: which ones there are, in which order, and whether it is one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from autonomy.core.works import Fetched, FetchRefused, OpenCopy, Work
from autonomy.tools.fetch.fetcher import Fetcher
from autonomy.tools.fetch.media import HTML, PDF, XML
from autonomy.tools.scholarly.jats import is_jats, page_of

TRIES = 5
"""Copies that are tried for one work."""
MORE_THAN_ABSTRACT = 1.5
"""How much longer than the abstract the text of a page is, if it is more than a landing page …"""
AT_LEAST = 600
"""… and how many characters it has in paragraphs."""
READ_PAGE_BYTES = 5 * 1024 * 1024
"""Of a page that is looked through for its text."""
_VERSIONS = {"publishedVersion": 0, "acceptedVersion": 1, "": 2, "submittedVersion": 3}
_KINDS = {PDF: 0, XML: 1, "text/xml": 1, HTML: 2, "": 2}

Ask = Callable[[Work], Awaitable[tuple[OpenCopy, ...]]]
"""Further copies of a work, from a registry that knows of them."""


class FullTexts:
    """Fetches copies, as `core.ports.Scholar.full_text`.

    Args:
        more: asked once when what the work names leads to nothing.
        interfaces: beginnings of addresses that are a registry's own interface.
    """

    def __init__(self, fetcher: Fetcher, more: Ask, interfaces: tuple[str, ...] = ()) -> None:
        self._fetcher = fetcher
        self._more = more
        self._interfaces = interfaces

    async def of(self, work: Work) -> Fetched:
        """The first copy that can be read.

        Raises:
            FetchRefused: there is none, or none could be had: with the reason of the first.
        """
        tried: list[OpenCopy] = []
        problems: list[FetchRefused] = []
        for copies in (candidates(work), None):
            offered = copies if copies is not None else _ordered(await self._more(work))
            for copy in offered:
                if len(tried) >= TRIES or any(copy.url == one.url for one in tried):
                    continue
                tried.append(copy)
                try:
                    return await self._one(work, copy)
                except FetchRefused as problem:
                    problems.append(problem)
        if problems:
            raise FetchRefused(
                problems[0].code,
                f"{len(tried)} open {'copy was' if len(tried) == 1 else 'copies were'} tried. "
                f"{problems[0].reason}",
            )
        raise FetchRefused("unreachable", "No registry knows of a copy that is free to read.")

    async def _one(self, work: Work, copy: OpenCopy) -> Fetched:
        own = any(copy.url.startswith(beginning) for beginning in self._interfaces)
        fetched = await self._fetcher.fetch(copy.url, robots=not own)
        if fetched.media_type == HTML:
            pdf = await asyncio.to_thread(_pdf_of, fetched)
            if pdf:
                try:
                    behind = await self._fetcher.fetch(pdf)
                except FetchRefused:
                    behind = None
                if behind is not None and behind.media_type == PDF:
                    return behind.model_copy(update={"licence": copy.licence})
            if not await asyncio.to_thread(_is_whole, fetched, work.abstract):
                raise FetchRefused(
                    "media_type", "It leads to a page about the work, not to its text."
                )
        elif fetched.media_type == XML:
            fetched = await asyncio.to_thread(_from_jats, fetched)
        elif fetched.media_type != PDF:
            raise FetchRefused(
                "media_type", f"A copy came as {fetched.media_type}, not as an article."
            )
        return fetched.model_copy(update={"licence": copy.licence})


def candidates(work: Work) -> list[OpenCopy]:
    """Copies in the order of trying: as published, as accepted, as submitted; PDF before others."""
    copies = list(work.copies)
    number = work.identifiers.get("arxiv")
    if number and not any("arxiv.org/" in copy.url for copy in copies):
        copies.append(
            OpenCopy(
                url=f"https://arxiv.org/pdf/{number}", media_type=PDF, version="submittedVersion"
            )
        )
    return _ordered(copies)


def _ordered(copies: list[OpenCopy] | tuple[OpenCopy, ...]) -> list[OpenCopy]:
    return sorted(
        copies, key=lambda copy: (_VERSIONS.get(copy.version, 2), _KINDS.get(copy.media_type, 3))
    )


def _from_jats(fetched: Fetched) -> Fetched:
    if not is_jats(fetched.body):
        raise FetchRefused("media_type", "A copy came as XML that is no article.")
    try:
        page = page_of(fetched.body)
    except ValueError as error:
        raise FetchRefused("media_type", "A copy came as XML that cannot be read.") from error
    name = re.sub(r"\.xml$", "", fetched.file_name)
    return fetched.model_copy(
        update={"media_type": HTML, "file_name": f"{name}.html", "body": page.encode()}
    )


def _pdf_of(fetched: Fetched) -> str:
    """The PDF that a publisher's page names for those who index it."""
    tree = LexborHTMLParser(fetched.body[:READ_PAGE_BYTES])
    named = tree.css_first('meta[name="citation_pdf_url"]')
    address = named.attributes.get("content") if named is not None else None
    return urljoin(fetched.url, address) if address else ""


def _is_whole(fetched: Fetched, abstract: str) -> bool:
    tree = LexborHTMLParser(fetched.body[:READ_PAGE_BYTES])
    tree.strip_tags(["script", "style", "nav", "header", "footer", "aside", "form"])
    length = sum(len(node.text(strip=True)) for node in tree.css("p"))
    return length >= max(AT_LEAST, MORE_THAN_ABSTRACT * len(abstract))
