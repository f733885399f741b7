"""Does a style that somebody brought format anything, in time?"""

from __future__ import annotations

from typing import Any

from autonomy.export.pandoc import PandocError
from autonomy.tools.csl.own import BadStyle
from autonomy.tools.csl.styles import Style

_PEOPLE = [{"family": f"Name{n}", "given": "A. B."} for n in range(8)]
_WORKS: tuple[dict[str, Any], ...] = tuple(
    {
        "id": f"probe{number}",
        "type": kind,
        "title": "A title: with a subtitle",
        "author": _PEOPLE[:number],
        "editor": _PEOPLE[:2],
        "container-title": "A journal or book",
        "publisher": "A publisher",
        "publisher-place": "A place",
        "volume": "1",
        "issue": "2",
        "page": "3-14",
        "issued": {"date-parts": [[2020, 5, 1]]},
        "URL": "https://example.org/",
        "DOI": "10.1000/probe",
    }
    for number, kind in enumerate(
        (
            "webpage",
            "article-journal",
            "book",
            "chapter",
            "thesis",
            "report",
            "legislation",
            "dataset",
        )
    )
)


def probe(style: Style, seconds: float) -> None:
    """Format eight works, cited twice each, within `seconds` and the formatter's memory.

    Raises:
        BadStyle: the formatter refuses the style, takes longer, or prints nothing.
    """
    # Here, for `citations` reads styles through this package.
    from autonomy.tools.citations import CitationGroup, Cited, format_citations

    groups = [CitationGroup((Cited(work["id"], (4,)),)) for work in _WORKS * 2]
    try:
        formatted = format_citations(style, "en", _WORKS, groups, timeout=seconds)
    except PandocError as error:
        raise BadStyle(f"The style cannot be used: {error}") from error
    if not any(formatted.citations):
        raise BadStyle("The style prints nothing for a citation.")
