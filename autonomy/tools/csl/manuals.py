"""What the styles' manuals ask of metadata, and a CSL style cannot know.

A style says how values are set; which values a work has is up to whoever types them in. These
rules do what a careful typist does. They are applied where citations are formatted and nowhere
else: exported references keep the metadata as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from itertools import pairwise

from autonomy.tools.csl.reference import Reference
from autonomy.tools.csl.styles import Style

Rule = Callable[[Reference], None]

_KNOWN = 0.6
"""Share of a title's capitalised words that must be known to be common."""
_ALWAYS_LOWER = frozenset(
    "a an and as at but by for from in into nor of on onto or over per so the to up via with yet "
    "is are was were be been can does do how what when where which who why not no its it than "
    "that these this their through between among across within without about after against during "
    "under toward towards using based new study studies analysis approach evidence effect effects "
    "review case model models method methods learning research systematic theory towards data "
    "need all you".split()
)


def suited(reference: Reference, style: Style, lower: Set[str] = frozenset()) -> Reference:
    """`reference` as the manual of `style` wants it described.

    Args:
        lower: words that the document writes in small letters; see `sentence_case`.
    """
    item = dict(reference)
    for key in ("title", "title-short"):
        if key in item and str(item.get("language", "en")).lower().startswith("en"):
            item[key] = sentence_case(item[key], lower)
    if "DOI" in item and "doi.org/" in str(item.get("URL", "")):
        del item["URL"]  # the DOI says it
    base = style.base
    for family, rules in _RULES.items():
        if base.startswith(family):
            for rule in rules:
                rule(item)
    return item


def sentence_case(title: str, lower: Set[str]) -> str:
    """A title In Capitals Like This as a sentence, as CSL wants titles.

    Registries write English titles in either fashion. Only words that are surely common are made
    small: little words, and those that `lower` holds (the document's own words); a name that
    nobody writes small stays. Styles that want capitals set them themselves.
    """
    words = title.split(" ")
    inner = [word for word in words[1:] if re.match(r"[A-Za-z]{4,}", word)]
    raised = [word for word in inner if word[0].isupper()]
    if len(inner) < 2 or len(raised) < 0.75 * len(inner):
        return title
    if sum(_common(word, lower) for word in raised) < _KNOWN * len(raised):
        return title  # half of it in small letters would look like a mistake
    out = words[:1]
    for before, word in pairwise(words):
        after_stop = re.search(r"[.?!:]$", before) and not re.search(r"\b[A-Z]\.$", before)
        small = not after_stop and _common(word, lower)
        out.append(word.lower() if small else word)
    return " ".join(out)


def _common(word: str, lower: Set[str]) -> bool:
    """Whether a capitalised word is surely no name."""
    core = re.sub(r"\W+$", "", word)
    if not re.fullmatch(r"[A-Z][a-z]*(?:-[A-Za-z][a-z]+)*", core):
        return False
    words = lower | _ALWAYS_LOWER
    whole = core.lower()
    if any(form in words for form in (whole, f"{whole}s", whole[:-1])):
        return True
    return "-" in core and all(part in words for part in whole.split("-"))


# ------------------------------------------------------------------------------- rules


def _proceedings_are_books(item: Reference) -> None:
    """A paper in proceedings that a publisher brought out is cited as a chapter of them (APA 7
    10.5, MLA 9 appendix 2, Chicago 14.217); styles take a paper without editor for a talk."""
    if item["type"] == "paper-conference" and "container-title" in item and "publisher" in item:
        item["type"] = "chapter"
        item["issued"] = _year_only(item.get("issued", {}))
        if not item["issued"]:
            del item["issued"]


def _publisher_is_author(item: Reference) -> None:
    """APA 7 9.29: a publisher that is the author is not named again."""
    if _author_publishes(item):
        del item["publisher"]


def _author_is_publisher(item: Reference) -> None:
    """MLA 9 5.7: an organisation that publishes its own work is named as publisher only."""
    if _author_publishes(item):
        del item["author"]


def _doctoral(item: Reference) -> None:
    """APA 7 10.6: “Doctoral dissertation” and “Master’s thesis” are the words."""
    genre = str(item.get("genre", "")).lower()
    if item["type"] == "thesis" and re.search(r"ph\.? ?d|doctor", genre):
        item["genre"] = "Doctoral dissertation"
    elif item["type"] == "thesis" and re.search(r"master|m\.?(sc|a|phil)\b", genre):
        item["genre"] = "Master’s thesis"


def _data_set(item: Reference) -> None:
    """APA 7 10.9 writes “Data set” in two words."""
    if item["type"] == "dataset":
        item.setdefault("genre", "Data set")


def _act_without_year(item: Reference) -> None:
    """An act's year is part of its name; styles would print it twice."""
    year = ((item.get("issued") or {}).get("date-parts") or [[0]])[0][0]
    if item["type"] == "legislation" and str(item.get("title", "")).endswith(f" {year}"):
        item["title"] = item["title"].rsplit(" ", 1)[0]


def _page_without_site(item: Reference) -> None:
    """Cite Them Right names page and author, and the site only where there is no author."""
    if item["type"] == "webpage" and "author" in item:
        item.pop("container-title", None)


def _named_kind(item: Reference) -> None:
    """Cite Them Right: what is no book or article says in brackets what it is. The brackets stand
    upright behind a title in italics."""
    if "author" not in item:
        return  # the title stands in the text then, where brackets would be in the way
    if item["type"] == "article" and "publisher" in item:
        item["type"] = "article-journal"
        item["container-title"] = item.pop("publisher")  # the style adds “[Preprint]”
    elif item["type"] == "software":
        item["type"] = "book"
        version = f" (Version {item.pop('version')})" if "version" in item else ""
        item["title"] = item.get("title", "") + _upright(f"{version} [Computer program]")
    elif item["type"] == "dataset":
        item["title"] = item.get("title", "") + _upright(" [Dataset]")
        item["type"] = "book"


def _upright(words: str) -> str:
    # Markup that citeproc understands in any field; values of people hold none by now.
    return f'<span class="nodecor">{words}</span>'


def _archive_holds(item: Reference) -> None:
    """MLA 9: a preprint stands in its archive as a page on its site, with the day."""
    if item["type"] == "article" and "publisher" in item:
        item["type"] = "webpage"
        item["container-title"] = item.pop("publisher")
        item.pop("number", None)


def _dissertation(item: Reference) -> None:
    """Citing Medicine 5: “dissertation” and “master’s thesis” are the words."""
    genre = str(item.get("genre", "")).lower()
    if item["type"] == "thesis":
        item["genre"] = "master’s thesis" if "master" in genre else "dissertation"


def _site_publishes(item: Reference) -> None:
    """Citing Medicine 25: a page that stands for itself; its site is who publishes it."""
    if item["type"] in ("webpage", "post-weblog", "post") and "container-title" in item:
        item.setdefault("publisher", item["container-title"])
        del item["container-title"]


def _short_university(item: Reference) -> None:
    """MLA 9 5.59–60: U and P for University and Press, no words of business."""
    publisher = str(item.get("publisher", ""))
    short = re.sub(r",? (Inc|Ltd|Co|Corp|LLC|GmbH)\.?$", "", publisher)
    if "University" in short:
        short = re.sub(r"\bUniversity\b", "U", short)
        short = re.sub(r"\bPress\b", "P", short).replace("U P", "UP")
    if short:
        item["publisher"] = short


def _author_publishes(item: Reference) -> bool:
    authors = item.get("author", [])
    name = authors[0].get("literal", "") if len(authors) == 1 else ""
    return bool(name) and name.casefold() == str(item.get("publisher", "")).casefold()


def _year_only(issued: dict[str, object]) -> dict[str, object]:
    rows = issued.get("date-parts")
    return {"date-parts": [row[:1] for row in rows]} if isinstance(rows, list) else issued


_RULES: dict[str, tuple[Rule, ...]] = {
    "harvard-cite-them-right": (_page_without_site, _act_without_year, _named_kind),
    "apa": (
        _proceedings_are_books,
        _publisher_is_author,
        _doctoral,
        _data_set,
        _act_without_year,
    ),
    "modern-language-association": (
        _proceedings_are_books,
        _author_is_publisher,
        _archive_holds,
        _short_university,
    ),
    "chicago": (_proceedings_are_books, _act_without_year),
    "nlm-": (_site_publishes, _dissertation),
}
"""Beginning of the independent style's id → what its manual asks for."""
