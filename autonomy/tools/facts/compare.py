"""Which facts of a claim do not stand in the passage it cites."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from autonomy.core.types import Finding, FindingKind, FindingWeight
from autonomy.tools.facts.dates import Date, take_dates
from autonomy.tools.facts.names import Lexicon, Name, names
from autonomy.tools.facts.polarity import direction_differs, nearest, negation_differs
from autonomy.tools.facts.quantities import Quantity, quantities
from autonomy.tools.facts.spelling import plain
from autonomy.tools.facts.units import canonical

_NEAR = Decimal("0.05")
"""How far, of the value, "about 50" may be from what the passage has."""
_FRACTION_NEAR = Decimal("0.03")


class Facts:
    """The facts of a text, read once and asked often."""

    def __init__(self, text: str, *, known: str = "") -> None:
        """`known` is what the claim may take for granted: the source's authors, title and year."""
        self.text = plain(text)
        self.dates, rest = take_dates(self.text)
        self.quantities = quantities(rest)
        for date in self.dates:
            # A text with a full date has its year, and its day, as numbers too.
            for part in (date.year, date.day):
                if part is not None:
                    self.quantities.append(Quantity(Decimal(part), "", str(part), soft=True))
        known = plain(known)
        self.known = quantities(known)
        self.lexicon = Lexicon([self.text, known])


def findings(claim: str, passage: Facts) -> list[Finding]:
    """What of `claim` the passage does not have, worst first; `missing` is a fact, `warning` wants
    a look."""
    text = plain(claim)
    dates, rest = take_dates(text)
    found = [f for f in (_date(date, passage) for date in dates) if f is not None]
    found += [f for f in (_quantity(q, passage) for q in quantities(rest)) if f is not None]
    found += [f for f in (_name(name, passage) for name in names(text)) if f is not None]
    if like := nearest(text, passage.text):
        found += _polarity(text, like)
    order = list(FindingWeight)
    unique: dict[tuple[str, str], Finding] = {}
    for finding in found:
        unique.setdefault((finding.kind, finding.text), finding)
    return sorted(unique.values(), key=lambda f: order.index(f.weight))


# ------------------------------------------------------------------------------ quantities


def _quantity(claimed: Quantity, passage: Facts) -> Finding | None:
    there = [*passage.quantities, *passage.known]
    same = [q for q in there if _equal(claimed, q)]
    if same:
        return _unit(claimed, same)
    if claimed.fraction:
        return _fraction(claimed, there)
    if _spelled(claimed, passage.text):
        return None
    near = [q for q in there if _close(claimed, q)]
    if near:
        if claimed.about:
            return None
        return Finding(
            kind=FindingKind.NUMBER,
            text=claimed.text,
            found=near[0].text,
            weight=FindingWeight.WARNING,
            message=f"{claimed.text} is rounded: the passage has {near[0].text}",
        )
    other = next((q.text for q in there if q.unit and q.unit == claimed.unit), "")
    kind = FindingKind.DATE if claimed.year or claimed.decade else FindingKind.NUMBER
    noun = "year" if claimed.year else "number"
    return Finding(
        kind=kind,
        text=claimed.text,
        found=other,
        weight=FindingWeight.WARNING if claimed.soft else FindingWeight.MISSING,
        message=f"the passage does not have the {noun} {claimed.text}"
        + (f" (it has {other})" if other else ""),
    )


def _equal(one: Quantity, other: Quantity) -> bool:
    if one.decade != other.decade:
        # "the 1990s" is not the year 1990, but "1990s" and "90s" are the same decade.
        return False
    if one.value == other.value:
        return True
    if one.decade:
        return one.value % 100 == other.value % 100 and min(one.value, other.value) < 100
    if other.parts and one.value in other.parts:
        return True
    if one.fraction or other.fraction:
        # Half of them is 50 % or 0.5; a third need not be exact.
        percent = other if one.fraction else one
        part = one if one.fraction else other
        if percent.unit == "%":
            return abs(percent.value / 100 - part.value) <= _FRACTION_NEAR
    return False


def _fraction(claimed: Quantity, there: Sequence[Quantity]) -> Finding | None:
    if any(abs(q.value - claimed.value) <= _FRACTION_NEAR for q in there if not q.unit):
        return None
    return Finding(
        kind=FindingKind.NUMBER,
        text=claimed.text,
        weight=FindingWeight.WARNING,
        message=f"the passage does not say “{claimed.text}”",
    )


def _close(claimed: Quantity, other: Quantity) -> bool:
    """Whether the claim has a rounded form of a number of the passage, in the same unit."""
    if claimed.unit != other.unit or claimed.year or other.soft or claimed.ordinal:
        return False
    gap = abs(claimed.value - other.value)
    if claimed.about:
        return gap <= abs(other.value) * _NEAR
    half = Decimal(5).scaleb(-claimed.decimals - 1)
    return bool(claimed.unit) and other.decimals > claimed.decimals and gap <= half


def _spelled(claimed: Quantity, text: str) -> bool:
    """Whether the numeral stands in the text in a way that was not read as a number (a label, a
    formula); only numerals long enough that this is no accident."""
    digits = claimed.digits
    if len(digits) < 2 or claimed.unit:
        return False
    at = text.find(digits)
    while at >= 0:
        before, behind = text[at - 1 : at], text[at + len(digits) : at + len(digits) + 1]
        if not before.isdigit() and before not in (".", ",") and not behind.isdigit():
            return True
        at = text.find(digits, at + 1)
    return False


def _unit(claimed: Quantity, same: Sequence[Quantity]) -> Finding | None:
    if not claimed.unit or any(_same_unit(claimed.unit, q.unit) for q in same):
        return None
    other = same[0]
    written = claimed.text.removeprefix(claimed.digits).strip(" -") or claimed.unit
    return Finding(
        kind=FindingKind.UNIT,
        text=claimed.text,
        found=other.text,
        weight=FindingWeight.MISSING,
        message=f"the passage has {other.text}, not {claimed.digits or claimed.value} "
        f"{written if canonical(written) else claimed.unit}",
    )


def _same_unit(one: str, other: str) -> bool:
    """What a unit is per may be left out, or said otherwise: 40 mg/day, 40 mg daily."""
    heads = one.partition("/")[0], other.partition("/")[0]
    return not other or one == other or (heads[0] == heads[1] and ("/" in one) != ("/" in other))


# ---------------------------------------------------------------------------- dates, names


def _date(claimed: Date, passage: Facts) -> Finding | None:
    if any(claimed.within(date) for date in passage.dates):
        return None
    other = passage.dates[0].text if passage.dates else ""
    return Finding(
        kind=FindingKind.DATE,
        text=claimed.text,
        found=other,
        weight=FindingWeight.MISSING,
        message=f"the passage does not have the date {claimed.text}"
        + (f" (it has {other})" if other else ""),
    )


def _name(name: Name, passage: Facts) -> Finding | None:
    missing = [word for word in name.words if not passage.lexicon.has(word)]
    if not missing or passage.lexicon.has_initials(name.words):
        return None
    # A family name or the head of a name is enough to know who is meant; that its first part
    # differs (North, South) wants a look.
    whole = len(missing) == len(name.words) or name.words[-1] in missing
    return Finding(
        kind=FindingKind.NAME,
        text=name.text,
        weight=FindingWeight.MISSING if whole and not name.label else FindingWeight.WARNING,
        message=f"the passage does not have the name {name.text}"
        if whole
        else f"the passage does not have “{missing[0]}” of {name.text}",
    )


def _polarity(claim: str, sentence: str) -> list[Finding]:
    said = []
    if negation_differs(claim, sentence):
        said.append((FindingKind.NEGATION, "one of claim and passage negates, the other does not"))
    if direction_differs(claim, sentence):
        said.append((FindingKind.DIRECTION, "one speaks of more, the other of less"))
    return [
        Finding(
            kind=kind,
            text=claim[:120],
            found=sentence[:240],
            weight=FindingWeight.WARNING,
            message=message,
        )
        for kind, message in said
    ]
