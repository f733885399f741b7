"""The text of a source as it was read, page by page; for formats without pages, in stretches."""

from __future__ import annotations

from dataclasses import dataclass

from autonomy.models import Passage, Source
from autonomy.services.errors import NotFound

STRETCH = 12
"""Passages that stand together where a format has no pages."""


@dataclass(frozen=True, slots=True)
class TextPage:
    number: int
    """From 1: the physical page, or the stretch."""
    of: int
    paged: bool
    """Whether the format has pages of its own."""
    passages: list[Passage]
    """In reading order, without embeddings."""


def text_page(source: Source, number: int) -> TextPage:
    """One page of the text.

    Raises:
        NotFound: the source has no such page.
    """
    last = _last(source)
    rows = Passage.objects.filter(source=source).defer("embedding").order_by("ordinal")
    if source.pages:
        here = rows.filter(page=number)
    else:
        here = rows.filter(ordinal__gte=(number - 1) * STRETCH, ordinal__lt=number * STRETCH)
    if not 1 <= number <= last:
        raise NotFound(
            "Nothing has been read of this source yet."
            if not last
            else f"This source has {last} page{'' if last == 1 else 's'}.",
            "no_such_page",
        )
    return TextPage(number, last, bool(source.pages), list(here))


def place_of(passage: Passage) -> int:
    """The number of the page that `text_page` shows the passage on."""
    return passage.page or passage.ordinal // STRETCH + 1


def _last(source: Source) -> int:
    if source.pages:
        return source.pages
    final = Passage.objects.filter(source=source).order_by("-ordinal").values("ordinal").first()
    return final["ordinal"] // STRETCH + 1 if final else 0
