"""Numbers of a text as quantities: a value, and the unit where it is a known one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from autonomy.tools.facts.spelling import CARDINALS, FRACTIONS, ORDINALS, ROMAN, SCALES
from autonomy.tools.facts.units import CURRENCY, UNIT, canonical

_WORDS = "|".join(sorted(CARDINALS, key=lambda w: -len(w)))
_SCALES = "|".join(word for word in SCALES if word != "k")
_NUMERAL = re.compile(
    rf"""(?<![\w^+])(?<![A-Za-z]-(?!(?:1[5-9]|20)\d\d))(?<![A-Za-z]\d/)(?<!\d[.,])(?P<currency>[{CURRENCY}]\s?)?
    (?P<number>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?(?![\d])      # 1,200
      |\d{{1,3}}(?:[ ]\d{{3}})+(?![\d.,]*\d)                 # 1 200
      |\d+,\d{{1,2}}(?![\d,])                                # 48,2
      |\d+(?:\.\d+)?|\.\d+)
    (?P<power>\s?[x×*]\s?10\s?(?:\^\s?\(?|\()?(?P<exponent>[-+]?\d{{1,2}})\)?)?
    (?:(?P<ordinal>st|nd|rd|th)\b|(?P<decade>s)\b|(?P<k>[kK])\b
      |(?:[\s-]?(?P<scale>{_SCALES})\b)?(?:[\s-]?{UNIT})?)
    (?![A-Za-z])(?!\.\d+\.\d)""",
    re.VERBOSE,
)
_WORDED = re.compile(
    rf"(?<![\w-])(?P<word>{_WORDS})(?:[\s-](?P<scale>{_SCALES}))?(?![\w])(?:[\s-]{UNIT})?",
    re.IGNORECASE,
)
_ORDINAL = re.compile(rf"(?<![\w-])(?:{'|'.join(ORDINALS)})(?![\w])", re.IGNORECASE)
_FRACTION = re.compile(
    r"(?<![\w-])(?:(?P<many>a|one|two|three|four|nine)[\s-])?(?P<part>half|thirds?|quarters?|fifths?|"
    r"tenths?)(?= (?:of|the|a|an|its|their|all)\b)",
    re.IGNORECASE,
)
_ROMAN = re.compile(
    r"\b(?:type|phase|stage|class|grade|level|war|chapter|part|category)s? (?P<n>X|IX|IV|V?I{1,3}|V)\b",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"\b(?:figs?|figures?|tables?|sections?|sec|chapters?|pp?|pages?|eqs?|equations?|appendix|no|"
    r"vol|ref|refs)\b\.? ?\d+(?:[-.]\d+)*|\[\d+(?:\s?[-,;]\s?\d+)*\]|\bet al\.? \(?\d{4}\)?",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:about|around|approximately|approx\.?|nearly|almost|roughly|some|over|above|more than|under|"
    r"below|less than|fewer than|up to|at least|at most|close to|circa|ca\.?|~|[<>≤≥≈])\s?$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\s?(?:-|to|and|or)\s?$")
_UNIT_WORDS = 10
"""A number word up to this may be a manner of speaking ("two ways"), without a unit."""


@dataclass(frozen=True, slots=True)
class Quantity:
    value: Decimal
    unit: str
    """Canonical, see `units`; empty for a bare number."""
    text: str
    digits: str = ""
    """The numeral as it was written; empty for words."""
    parts: tuple[Decimal, ...] = ()
    """What else the numeral may be: two numbers with a comma or a space between."""
    decimals: int = 0
    year: bool = False
    decade: bool = False
    ordinal: bool = False
    fraction: bool = False
    soft: bool = False
    """May be a manner of speaking: its absence is no proof of an error."""
    about: bool = False


def quantities(text: str) -> list[Quantity]:
    """The quantities of `text` (made `plain` and without dates), in order of kind."""
    text = _POINTER.sub(lambda m: " " * len(m[0]), text)
    found = _numerals(text)
    # Not only as an opening of "half-life", "third party" or "first of all": see each pattern.
    taken = [(m.start(), m.end()) for m in _FRACTION.finditer(text)]
    found += [_fraction(m) for m in _FRACTION.finditer(text)]
    for match in _WORDED.finditer(text):
        if not any(start <= match.start() < end for start, end in taken):
            found.append(_worded(match, text))
    for match in _ORDINAL.finditer(text):
        value = ORDINALS[match[0].lower()]
        found.append(Quantity(value, "", match[0], ordinal=True, soft=True))
    for match in _ROMAN.finditer(text):
        value = Decimal(ROMAN[match["n"].upper()])
        found.append(Quantity(value, "", match[0], soft=True))
    return found


def _numerals(text: str) -> list[Quantity]:
    found: list[Quantity] = []
    spans: list[tuple[int, int]] = []
    for match in _NUMERAL.finditer(text):
        quantity = _numeral(match, text)
        if quantity is None:
            continue
        if found and quantity.unit and not found[-1].unit and not found[-1].year:
            between = text[spans[-1][1] : match.start()]
            if _JOINED.fullmatch(between):
                # "5 to 10 mg": the unit is said once.
                found[-1] = _with_unit(found[-1], quantity.unit)
        found.append(quantity)
        spans.append(match.span())
    return found


def _with_unit(quantity: Quantity, unit: str) -> Quantity:
    return Quantity(
        quantity.value,
        unit,
        quantity.text,
        digits=quantity.digits,
        parts=quantity.parts,
        decimals=quantity.decimals,
        about=quantity.about,
    )


def _numeral(match: re.Match[str], text: str) -> Quantity | None:
    written = match["number"]
    parts: tuple[Decimal, ...] = ()
    if " " in written:
        parts = tuple(Decimal(piece) for piece in written.split())
        clean = written.replace(" ", "")
    elif re.fullmatch(r"\d+,\d{1,2}", written):
        parts = tuple(Decimal(piece) for piece in written.split(","))
        clean = written.replace(",", ".")
    else:
        clean = written.replace(",", "")
    try:
        value = Decimal(clean)
    except InvalidOperation:
        return None
    decimals = len(clean.partition(".")[2])
    if match["exponent"]:
        value *= Decimal(10) ** int(match["exponent"])
    if scale := match["scale"]:
        value *= SCALES[scale]
    if match["k"]:
        value *= 1_000
    unit = canonical((match["currency"] or "").strip()) or canonical(match["unit"] or "")
    plain_year = re.fullmatch(r"1[5-9]\d\d|20\d\d", written) is not None
    scaled = bool(match["exponent"] or scale or match["k"] or match["ordinal"])
    return Quantity(
        value,
        unit,
        match[0].strip(),
        digits=written,
        parts=parts,
        decimals=decimals,
        year=plain_year and not unit and not scaled and not match["decade"],
        decade=bool(match["decade"]),
        ordinal=bool(match["ordinal"]),
        about=_ABOUT.search(text[: match.start()][-24:]) is not None,
    )


def _worded(match: re.Match[str], text: str) -> Quantity:
    value = CARDINALS[match["word"].lower()]
    if match["scale"]:
        value *= SCALES[match["scale"].lower()]
    unit = canonical(match["unit"] or "")
    loose = match["word"].lower() in ("hundred", "dozen", "one") or (
        not unit and not match["scale"] and value <= _UNIT_WORDS
    )
    about = _ABOUT.search(text[: match.start()][-24:]) is not None
    return Quantity(value, unit, match[0].strip(), soft=loose, about=about)


def _fraction(match: re.Match[str]) -> Quantity:
    many = CARDINALS.get((match["many"] or "one").lower(), Decimal(1))
    value = many * FRACTIONS[match["part"].lower()]
    return Quantity(value, "", match[0], fraction=True, soft=True, about=True)
