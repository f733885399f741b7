"""Citation markers of a section's Markdown, and passage ids as models see them.

Claims are bound to passages by markers that only code turns into citations: `[[p:ID]]` behind a
claim is a parenthetical citation, "(Lee, 2020, p. 4)"; `[[n:ID]]` in the running text a narrative
one, "Lee (2020, p. 4)".

Models see ids that are short, opaque, and bound back to passages by code. A UUID costs a model some twenty tokens and is easily miscopied, so a prompt shows a few characters
of a hash instead, enough to tell the prompt's passages apart. The hash is of what the passage says
and where: the same job makes the same prompt in every deployment, so that an answer recorded in
one binds in another. What comes back is matched to the passages that were handed out; anything
else is dropped, never guessed.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from autonomy.core.types import Passage

_ID = "[0-9A-Za-z-]{1,64}"
MARKER = re.compile(rf"\[\[(?P<kind>[pn]):(?P<id>{_ID})\]\]")
ANY_MARKER = rf"\[\[[pn]:{_ID}\]\]"
"""A marker of either kind as a part of another pattern."""
PARENTHETICAL = rf"\[\[p:{_ID}\]\]"
"""The same of the kind that stands behind a claim."""
HIDDEN = re.compile(rf"{ANY_MARKER}|\]\([^)\s]{{0,2000}}\)")
"""What of a section its readers never see as it stands there: markers, and targets of links."""

_WITH_BLANKS = re.compile(rf"(?P<blanks>\s*){MARKER.pattern}")


def without_markers(text: str) -> str:
    """The words of `text` in one line, a blank apart, its markers left out."""
    return " ".join(MARKER.sub(" ", text).split())


def unattributed(text: str) -> str:
    """`text` as it reads where nothing is cited: "the authors" for a narrative marker, nothing for
    one behind a claim."""
    return _WITH_BLANKS.sub(lambda m: f"{m['blanks']}the authors" if m["kind"] == "n" else "", text)


_SHORT = 6
_LONGEST = 64
_ANY = re.compile(
    r"\[{1,2}\s*(?P<body>(?:[pn]\s*:\s*)[0-9A-Za-z-]+(?:\s*[,;]\s*(?:[pn]\s*:\s*)?[0-9A-Za-z-]+)*)\s*\]{1,2}",
    re.IGNORECASE,
)


def short_ids(passages: Sequence[Passage]) -> dict[str, str]:
    """Passage id to the shortest hash, of at least six characters, that is unique among them."""
    hashes: dict[str, str] = {}
    copies: Counter[str] = Counter()
    # The same page may be there twice, in two files. Ids are in order of time, so copies are told
    # apart by which was added first, wherever they stand in the list.
    for passage in sorted(passages, key=lambda p: p.id):
        if passage.id not in hashes:
            content = f"{passage.page}\0{passage.ordinal}\0{passage.text}"
            hashes[passage.id] = _hash(f"{content}\0{copies[content]}")
            copies[content] += 1
    for length in range(_SHORT, _LONGEST + 1):
        found = {p.id: hashes[p.id][:length] for p in passages}
        if len(set(found.values())) == len(found):
            return found
    return {p.id: p.id for p in passages}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


_HEX = re.compile(r"[0-9a-f]+")


def _meant(kind: str, written: str) -> bool:
    """Whether what stands in a marker can only be an id, though it is nobody's: "[n: 45]" is a
    sample size and "[p: 12]" a page."""
    plain = written.replace("-", "").lower()
    if len(plain) < _SHORT or (kind == "n" and plain.isdigit()):
        return False
    letters = any(character.isalpha() for character in plain)
    digits = any(character.isdigit() for character in plain)
    return _HEX.fullmatch(plain) is not None or (letters and digits)


def bind_markers(text: str, passages: Sequence[Passage]) -> str:
    """`text` with every citation marker in its full form `[[p:ID]]` or `[[n:ID]]`.

    Takes the slips that models make (single brackets, several ids in one marker, full ids, upper
    case). An id that belongs to none of `passages` gets a full marker too, so that the caller can
    count and drop it: nobody is to read it.
    """
    full_by_short = {short: full for full, short in short_ids(passages).items()}
    full_by_plain = {p.id.replace("-", "").lower(): p.id for p in passages}

    def resolve(written: str) -> str | None:
        plain = written.replace("-", "").lower()
        return full_by_short.get(plain) or full_by_plain.get(plain)

    def rewrite(match: re.Match[str]) -> str:
        kind, markers, cites = "p", [], match[0].startswith("[[")
        for part in re.split(r"\s*[,;]\s*", match["body"]):
            prefix, _, written = part.rpartition(":")
            # A second id in one marker goes by the first one's kind.
            kind = prefix.strip().lower() or kind
            full = resolve(written.strip())
            cites = cites or full is not None or _meant(kind, written.strip())
            markers.append(f"[[{kind}:{full or written.strip()}]]")
        return "".join(dict.fromkeys(markers)) if cites else match[0]

    return _ANY.sub(rewrite, text)
