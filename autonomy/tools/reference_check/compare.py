"""Two descriptions of a work: whether they mean the same one, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz

from autonomy.core.csl import folded
from autonomy.core.types import FieldDifference
from autonomy.tools.reference_check.metadata import Described

SAME_TITLE = 92.0
"""Likeness of folded titles, 0 to 100, from which they are one title (a typo, a hyphen)."""
LIKE_TITLE = 80.0
"""From here on the same authors make it the same work under a changed title."""
TELLING_WORDS = 4
"""A title of as many words is hardly shared by two works by accident."""
SAME_NAME = 87.0
SAME_VENUE = 60.0


@dataclass(frozen=True, slots=True)
class Comparison:
    same_work: bool
    score: float
    """0 to 1, for choosing among candidates."""
    differences: tuple[FieldDifference, ...] = ()
    remarks: tuple[str, ...] = ()


def compare(ours: Described, theirs: Described, *, identified: bool = False) -> Comparison:
    """`identified`: both carry the same identifier, so that a differing title is a mismatch and
    not another work."""
    title = title_likeness(ours, theirs)
    shared = _shared(ours, theirs)
    strangers = bool(ours.families and theirs.families) and not shared
    telling = len(ours.plain_title.split()) >= TELLING_WORDS
    same = identified or (
        (title >= SAME_TITLE and (telling or not strangers))
        or (title >= LIKE_TITLE and bool(shared))
    )
    years = ours.year is not None and ours.year == theirs.year
    score = title / 100 * 0.6 + min(len(shared), 3) / 3 * 0.25 + years * 0.15
    if not same:
        return Comparison(False, score)
    differences: list[FieldDifference] = []
    remarks: list[str] = []
    if title < SAME_TITLE:
        differences.append(FieldDifference(field="title", ours=ours.title, theirs=theirs.title))
    _authors(ours, theirs, differences, remarks)
    _year(ours, theirs, differences, remarks)
    _doi(ours, theirs, differences, remarks)
    _venue(ours, theirs, differences, remarks)
    return Comparison(True, score, tuple(differences), tuple(remarks))


def title_likeness(ours: Described, theirs: Described) -> float:
    """0 to 100. A subtitle that one side leaves out does not count."""
    one, other = ours.plain_title, theirs.plain_title
    if not one or not other:
        return 0.0
    best = fuzz.ratio(one, other)
    for long, short in ((ours.title, other), (theirs.title, one)):
        main = folded(long.partition(":")[0]) if ":" in long else ""
        if len(main.split()) >= 2:
            best = max(best, fuzz.ratio(main, short))
    return float(best)


def _same_name(one: str, other: str) -> bool:
    if one == other:
        return True
    a, b = one.split(), other.split()
    # "García Márquez" and "García", "Maria Okoye" (in one piece) and "Okoye".
    if len(a) != len(b) and (a[0] == b[0] or a[-1] == b[-1]):
        return True
    if fuzz.ratio(one, other) >= SAME_NAME and len(one) > 4:
        return True
    spelt = [name.replace("oe", "o").replace("ue", "u").replace("ae", "a") for name in (one, other)]
    return spelt[0] == spelt[1]


def _shared(ours: Described, theirs: Described) -> list[str]:
    return [name for name in ours.families if any(_same_name(name, t) for t in theirs.families)]


def _authors(
    ours: Described, theirs: Described, differences: list[FieldDifference], remarks: list[str]
) -> None:
    a, b = ours.families, theirs.families
    if not a or not b:
        if b:
            remarks.append(f"The registry names the authors: {_listed(theirs.people)}.")
        return
    pairs = list(zip(a, b, strict=False))
    if all(_same_name(one, other) for one, other in pairs):
        if len(a) > len(b) and not theirs.others:
            # Some registries keep a few authors of many; more than they name proves nothing.
            remarks.append(f"The registry names {len(b)} of the {len(a)} authors.")
        elif len(a) < len(b) and not ours.others:
            remarks.append(f"{len(a)} of {len(b)} authors are named.")
        return
    differences.append(
        FieldDifference(field="author", ours=_listed(ours.people), theirs=_listed(theirs.people))
    )


def _listed(people: tuple[str, ...]) -> str:
    return ", ".join(people[:8]) + (f" and {len(people) - 8} more" if len(people) > 8 else "")


def _year(
    ours: Described, theirs: Described, differences: list[FieldDifference], remarks: list[str]
) -> None:
    if ours.year is None or theirs.year is None or ours.year == theirs.year:
        return
    gap = abs(ours.year - theirs.year)
    # Online first, or a preprint and what became of it.
    if gap == 1 or (gap <= 3 and ours.preprint != theirs.preprint):
        remarks.append(f"The registry has the year {theirs.year}: preprint and print may differ.")
        return
    differences.append(
        FieldDifference(field="issued", ours=str(ours.year), theirs=str(theirs.year))
    )


def _doi(
    ours: Described, theirs: Described, differences: list[FieldDifference], remarks: list[str]
) -> None:
    if not ours.doi or not theirs.doi or ours.doi == theirs.doi:
        return
    if ours.preprint != theirs.preprint:
        remarks.append(f"There is another version of it under the DOI {theirs.doi}.")
        return
    differences.append(FieldDifference(field="DOI", ours=ours.doi, theirs=theirs.doi))


def _venue(
    ours: Described, theirs: Described, differences: list[FieldDifference], remarks: list[str]
) -> None:
    if not ours.venue or not theirs.venue or _same_venue(ours.venue, theirs.venue):
        return
    if ours.kind == theirs.kind == "article-journal" and not (ours.preprint or theirs.preprint):
        differences.append(
            FieldDifference(field="container-title", ours=ours.venue, theirs=theirs.venue)
        )
    else:
        remarks.append(f"The registry has it in {theirs.venue}.")


def _same_venue(one: str, other: str) -> bool:
    a, b = folded(one), folded(other)
    if fuzz.token_set_ratio(a, b) >= SAME_VENUE:
        return True
    short, long = sorted((a.split(), b.split()), key=len)
    words = [w for w in long if w not in ("of", "the", "and", "on", "in", "for")]
    initials = "".join(word[0] for word in words)
    # "Phys Rev Lett" for "Physical Review Letters", "PNAS" for its long name.
    if len(short) == 1 and len(short[0]) >= 3 and short[0] in initials:
        return True
    # Both may have short forms, of the same words or of fewer.
    return all(any(w.startswith(s[:4]) for w in words) for s in short if len(s) > 2)
