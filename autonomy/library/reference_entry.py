"""What an entry of a list of references says: names, year, title, identifiers.

Styles differ in order and punctuation, and nothing here guesses: a field whose place the entry does
not make plain is left out.
"""

from __future__ import annotations

import re
from typing import Any

from autonomy.library.bibliography import ARXIV, find_doi, person

_CORR = re.compile(r"\bCoRR,?\s+(?:vol\.\s*)?abs/(\d{4}\.\d{4,5})", re.I)
_YEAR = re.compile(r"(?<![\d.:/-])((?:1[6-9]|20)\d\d)[a-z]?(?![\d/–-]|\.\d)")
_AFTER_AUTHORS = re.compile(
    r"^(?P<names>[^\d()\[\]“”\"]{3,600}?)[.,]?\s*"
    r"(?:\((?P<round>(?:1[6-9]|20)\d\d)[a-z]?(?:,[^()]{0,20})?\)|(?P<plain>(?:1[6-9]|20)\d\d)[a-z]?)"
    r"[.,:]?\s+"
)
_URL = re.compile(r"(?:https?://|www\.)\S+|\bdoi:\s*\S+|\b10\.\d{4,9}/\S+", re.I)
_PAGES = re.compile(r"\d+\s*[–-]\s*\d+")
_QUOTED = re.compile(
    r"[“\"](?P<double>[^“”\"]{8,300})[”\"]|(?<!\w)[‘'](?P<single>[^\n]{8,300}?)[,.]?[’'](?=[,.\s])"
)
_INITIALS = r"(?:[A-ZÀ-ÖØ-Þ]\.?(?:[\s-]?[A-ZÀ-ÖØ-Þ]\.?){0,3})"
_INITIALS_ONLY = re.compile(rf"^{_INITIALS}$")
_VANCOUVER = re.compile(
    r"^(?P<names>(?:[^\W\d_][\w'’-]+(?: [^\W\d_][\w'’-]+){0,2} [A-Z]{1,3}(?:, |\. ))+)(?P<more>et al\. )?"
)
_NAME = re.compile(r"^[^\W\d_][\w'’.-]*$")
_SMALL = frozenset("van von der den de da di del della dos du la le ten ter bin al el y".split())
_NO_NAME = frozenset("the of for proceedings journal conference transactions".split())
_BODY = re.compile(
    r"\b(?:Organi[sz]ation|Association|Institut\w*|Committee|Group|Council|Ministry|Agency|Department|"
    r"University|Society|Team|Consortium|Commission|Bureau|Office|Bank|Foundation|Nations|Network)\b"
)
_ET_AL = re.compile(r",?\s*(?:\band\s+)?(?:\bet\s+al\.?|\band others)\s*$", re.I)
_TITLE_END = re.compile(r"[.?!](?=\s+(?:[A-Z“\"(\d]|arXiv|doi|https?:)|\s*$)")
_VENUE = re.compile(r"^(?:In\b|arXiv|CoRR|Proceedings|Advances in|Technical|https?:)", re.I)


def entry_fields(text: str) -> dict[str, Any]:
    """`authors`, `year`, `title`, `doi` and `arxiv` of an entry without its label; absent keys are
    what it does not make plain."""
    found: dict[str, Any] = {}
    doi = find_doi(text)
    if doi:
        found["doi"] = doi.lower()
    stamp = ARXIV.search(text) or _CORR.search(text)
    if stamp:
        found["arxiv"] = stamp[1]
    names, rest, year = _parts(text)
    authors = _authors(names)
    if authors:
        found["authors"] = tuple(authors)
    year = year or _only_year(text)
    if year:
        found["year"] = year
    title = _title(rest) if authors else None
    if title:
        found["title"] = title
    return found


def year_after_authors(text: str) -> int | None:
    """The year of an entry that begins "Names (year)" or "Names. Year."."""
    match = _AFTER_AUTHORS.match(text)
    if match is None or not _authors(match["names"]):
        return None
    return int(match["round"] or match["plain"])


def _parts(text: str) -> tuple[str, str, int | None]:
    """The names, what comes after them, and the year when it stands between."""
    match = _AFTER_AUTHORS.match(text)
    if match and _authors(match["names"]):
        return match["names"], text[match.end() :], int(match["round"] or match["plain"])
    listed = _VANCOUVER.match(text)
    if listed:
        return listed["names"], text[listed.end() :], None
    quoted = _QUOTED.search(text)
    if quoted and _authors(text[: quoted.start()]):
        return text[: quoted.start()], text[quoted.start() :], None
    end = _end_of_names(text)
    return (text[:end], text[end:].lstrip(" ."), None) if end else ("", text, None)


def _end_of_names(text: str) -> int:
    """Where the first sentence ends; a period after an initial ends none. 0 when nothing does."""
    for match in re.finditer(r"\.\s+(?=[^\W\d_]|[“\"‘'(\d])", text[:600]):
        word = re.search(r"[^\s,]+$", text[: match.start()])
        if word is None:
            return 0
        initial = re.fullmatch(r"(?:[^\W\d_]\.-?)*[^\W\d_]", word[0]) and word[0][-1].isupper()
        if not initial and word[0] not in ("Jr", "Sr", "Dr"):
            return match.start()
    return 0


def _only_year(text: str) -> int | None:
    """The year when the entry holds one, or ends in one."""
    bare = _PAGES.sub(" ", ARXIV.sub(" ", _CORR.sub(" ", _URL.sub(" ", text))))
    years = [int(match[1]) for match in _YEAR.finditer(bare)]
    if len(set(years)) == 1:
        return years[0]
    last = re.search(r"((?:1[6-9]|20)\d\d)[a-z]?\)?\.?\s*$", bare)
    return int(last[1]) if last and years else None


def _title(rest: str) -> str | None:
    rest = rest.strip(" ,.")
    quoted = _QUOTED.match(rest)
    if quoted:
        return _sane(quoted["double"] or quoted["single"])
    if _VENUE.match(rest):
        return None
    for end in _TITLE_END.finditer(rest):
        # "Qwen2. 5 technical report" and "vs. Bees" go on.
        before = rest[: end.start()]
        if re.search(r"(?:^|\s)(?:vs|[^\W\d_])$", before) or (
            before[-1:].isdigit() and rest[end.end() :].lstrip()[:1].isdigit()
        ):
            continue
        return _sane(before + ("" if end[0] == "." else end[0]))
    # Nothing ends the title: it stands before a comma and the year, or it is not plain.
    match = re.match(r"^([^,]{12,300}),\s*(?:1[6-9]|20)\d\d\W*$", rest)
    return _sane(match[1]) if match else None


def _sane(title: str) -> str | None:
    title = title.strip(" ,.“”\"'‘’")
    words = title.split()
    return title if len(words) >= 2 and len(title) <= 350 and not _VENUE.match(title) else None


def _authors(names: str) -> list[dict[str, str]]:
    """CSL names of a list; empty when any part of it is no plain name."""
    listed = _ET_AL.sub("", names.strip(" ,;:"))
    if not re.search(r"(?:^|[\s.])[^\W\d_]\.$", listed):
        listed = listed.rstrip(".")
    if not listed or len(listed) > 1_500:
        return []
    pieces = [
        piece.strip()
        for piece in re.split(r"\s*[,;]\s+(?:and\s+|&\s+)?|\s+and\s+|\s*&\s*|\s*;\s*", listed)
        if piece.strip()
    ]
    if any(_INITIALS_ONLY.match(piece) for piece in pieces[1:]):
        return _inverted(pieces)
    if (
        all(re.fullmatch(r"\S.*\s[A-Z]{1,3}\.?", piece) for piece in pieces)
        and len(pieces[0].split()[0]) > 1
    ):
        return [
            {"family": family, "given": given}
            for family, given in (piece.rstrip(".").rsplit(" ", 1) for piece in pieces)
        ]
    if not all(_is_name(piece) for piece in pieces):
        return []
    if len(pieces) == 1 and " " not in pieces[0]:
        return [{"literal": pieces[0]}]
    if len(pieces) == 1 and _BODY.search(pieces[0]):
        return [{"literal": pieces[0]}]
    single = [" " not in piece for piece in pieces[:2]]
    if all(single) and not all(" " not in piece for piece in pieces):
        return []  # "Marsh, Thomas, and Paul Quist" turns the first name only
    bare = len(pieces) == 2 and not re.search(r"\sand\s|&", listed)
    if bare and any(" " not in piece for piece in pieces):
        return []  # "Marsh, Thomas" may be one person or two.
    found = [person(piece) for piece in pieces]
    return [name for name in found if name] if all(found) else []


def _inverted(pieces: list[str]) -> list[dict[str, str]]:
    """ "Marsh, T.", "Oyelaran, B." … as pairs."""
    found: list[dict[str, str]] = []
    waiting = ""
    for piece in pieces:
        if _INITIALS_ONLY.match(piece) and waiting:
            found.append({"family": waiting, "given": piece})
            waiting = ""
        elif not waiting and _is_name(piece):
            waiting = piece
        else:
            return []
    return found if not waiting else []


def _is_name(piece: str) -> bool:
    words = piece.split()
    if not 1 <= len(words) <= 6 or len(piece) > 60:
        return False
    return all(
        _NAME.match(word)
        and (word[0].isupper() or word.lower() in _SMALL)
        and word.lower() not in _NO_NAME
        for word in words
    )
