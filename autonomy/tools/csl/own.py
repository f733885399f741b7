"""Styles that people bring: checked before anything is formatted by them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from xml.etree import ElementTree
from xml.parsers import expat

from autonomy.tools.csl.styles import Style, UnknownStyle, parent_of, resolve_style, style_of

PREFIX = "own-"
"""Begins the id of every style that is somebody's own; the rest names its row."""
_NS = "{http://purl.org/net/xbiblio/csl}"
_MOST_STEPS = 20_000_000
"""Elements that a style may come to with its macros written out, each branch counted; the largest of
the 2,800 bundled ones stays under it."""
_DEEPEST = 200


class BadStyle(ValueError):
    """What was given cannot be a citation style; the message says why, for its owner."""


@lru_cache(maxsize=64)
def read_own(text: bytes, style_id: str) -> Style:
    """The style that `text` (CSL 1.0 XML) is, under the id `style_id`. A dependent style gives its
    bundled parent's rules under its own title.

    Raises:
        BadStyle: not well-formed, with a document type or entities, no CSL style, without a
            citation layout, with macros that call themselves or grow without bound, or dependent
            on a style that is not bundled.
    """
    root = _parsed(text)
    if root.tag != f"{_NS}style":
        raise BadStyle("This is XML, but no CSL style: its root is not <style> of CSL 1.0.")
    if parent := parent_of(root):
        return _dependent(root, parent, style_id)
    if root.get("class") not in ("in-text", "note"):
        raise BadStyle("The style's class must be “in-text” or “note”.")
    layout = root.find(f"{_NS}citation/{_NS}layout")
    if layout is None:
        raise BadStyle("The style has no <citation> with a <layout>, so it cannot cite.")
    _bounded(root)
    style = style_of(root, style_id)
    return style if style.title != style_id else replace(style, title="Untitled style")


def _dependent(root: ElementTree.Element, parent: str, style_id: str) -> Style:
    try:
        style = resolve_style(parent)
    except UnknownStyle as error:
        raise BadStyle(
            f"The style only points to another one, “{parent[:120]}”, which is not bundled. "
            "Upload that one instead."
        ) from error
    title = root.findtext(f"{_NS}info/{_NS}title") or style.title
    locale = root.get("default-locale") or style.default_locale
    return replace(style, id=style_id, title=title, default_locale=locale)


def _parsed(text: bytes) -> ElementTree.Element:
    """The root of the document. Document types are refused before they are read: a style needs
    none, and entities can reach for files or grow without end."""

    def refuse(*_: object) -> None:
        raise BadStyle("The file declares a document type or entities; a CSL style has none.")

    depth = 0

    def open_(_: str, __: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise BadStyle("The file is nested too deeply to be a citation style.")

    def close(_: str) -> None:
        nonlocal depth
        depth -= 1

    checker = expat.ParserCreate()
    checker.StartDoctypeDeclHandler = refuse
    checker.EntityDeclHandler = refuse
    checker.StartElementHandler = open_
    checker.EndElementHandler = close
    try:
        checker.Parse(text, True)
        return ElementTree.fromstring(text)  # noqa: S314 - without a document type, as just checked
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        if isinstance(error, BadStyle):
            raise
        raise BadStyle(f"The file is no well-formed XML: {error}.") from error


def _bounded(root: ElementTree.Element) -> None:
    """Refuse macros that call themselves, are missing, or double with each call."""
    macros = {str(macro.get("name")): macro for macro in root.iter(f"{_NS}macro")}
    sizes: dict[str, int] = {}

    def size(name: str, above: tuple[str, ...]) -> int:
        if name in above:
            chain = " → ".join([*above[above.index(name) :], name])
            raise BadStyle(f"Its macros call themselves without end: {chain}.")
        if name not in macros:
            raise BadStyle(f"It calls a macro that it does not have: “{name[:80]}”.")
        if name not in sizes:
            sizes[name] = steps(macros[name], (*above, name))
        return sizes[name]

    def steps(element: ElementTree.Element, above: tuple[str, ...]) -> int:
        total = 0
        for part in element.iter():
            called = part.get("macro") if part.tag in (f"{_NS}text", f"{_NS}key") else None
            total += 1 + (size(called, above) if called else 0)
            if total > _MOST_STEPS:
                raise BadStyle("Its macros call one another too often to be formatted in time.")
        return total

    for name in macros:
        size(name, ())
    for part in ("citation", "bibliography"):
        for element in root.iter(f"{_NS}{part}"):
            steps(element, ())
