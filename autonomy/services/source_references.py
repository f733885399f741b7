"""References of a library: printed in a style for who edits them, or as a file for reference
managers."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from autonomy.models import Source
from autonomy.services.errors import Invalid, ServiceError
from autonomy.services.source_fields import LISTED

if TYPE_CHECKING:
    from autonomy.export.formats import Exported

logger = logging.getLogger(__name__)


def printed_reference(csl: Mapping[str, Any], style: str, *, file_name: str = "") -> str:
    """The entry of the list of references, as safe HTML without a paragraph around it.

    Raises:
        Invalid: there is no such style.
        ServiceError: the formatter failed.
    """
    # Imported on first use, as for documents.
    from autonomy.export import nodes
    from autonomy.export.html import clean
    from autonomy.export.pandoc import PandocError, write_tree
    from autonomy.tools.citations import (
        CitationGroup,
        Cited,
        UnknownStyle,
        format_citations,
        resolve_style,
    )
    from autonomy.tools.csl.reference import clean_reference

    title = file_name.rsplit(".", 1)[0].replace("_", " ")
    bounded = {k: v[:LISTED] if isinstance(v, list) else v for k, v in csl.items()}
    reference = clean_reference(bounded, "work", fallback_title=title)
    try:
        found = resolve_style(style)
        formatted = format_citations(found, "", [reference], [CitationGroup((Cited("work"),))])
        # A style of notes alone has no list: its note is the reference.
        inlines = (
            formatted.entries[0].inlines if formatted.entries else _note(formatted.citations[0])
        )
        markup = write_tree([nodes.para(inlines, tight=True)], {}, ["-t", "html5", "--wrap=none"])
    except UnknownStyle as error:
        raise Invalid(str(error), code="unknown_style") from error
    except PandocError as error:
        logger.exception("a reference could not be printed in %s", style)
        raise ServiceError(
            "reference_failed",
            "The reference could not be printed",
            "The metadata is safe, but this style could not print it. Try another style.",
            500,
        ) from error
    return clean(markup.decode()).strip()


def exported_references(sources: Iterable[Source], format: str) -> Exported:
    """The references of `sources` in their order; `format` is `bib`, `ris` or `csl-json`."""
    from autonomy.export import bibliography
    from autonomy.export.formats import Exported

    items = [row.csl if row.csl.get("title") else row.csl | {"title": str(row)} for row in sources]
    text = bibliography.write(format, items)
    name = f"library.{bibliography.ending(format)}"
    return Exported(text.encode(), bibliography.media_type(format), name)


def _note(inlines: list[Any]) -> list[Any]:
    for node in inlines:
        if node["t"] == "Note":
            return [inline for block in node["c"] for inline in block["c"]]
    return inlines
