"""What plain words of a request mean as arguments: amounts with their unit, months and years,
currencies and countries by name, and whether something is wanted.

Each is read in one way or not at all. What several things are called by (dollars, pounds, Georgia) is
in no list: a question to the person is better than an answer to another one's.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from autonomy.core.words import stem

MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "|".join(MONTHS)

# --------------------------------------------------------------------------- amounts

_UNITS = {
    "km": "km kms kilometer kilometers kilometre kilometres",
    "m": "m meter meters metre metres",
    "mi": "mi mile miles",
    "kg": "kg kgs kilogram kilograms kilo kilos",
    "g": "g gram grams gramme grammes",
    "percent": "% percent pct",
    "second": "second seconds sec secs",
    "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "year years",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_UNSURE = frozenset("m g min mi sec second minute hour day week month year".split())
"""Words that mean something else in a name: `min_price`, `year`; `days` is a number of them."""
_AMOUNT = re.compile(
    r"(?<![\w.,/–-])(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>%|[A-Za-z]+)(?![\w/-])", re.IGNORECASE
)
_IN_UNIT = re.compile(r"\bin (?P<in>[a-z]+)\b|\((?P<paren>%|[a-z]+)\)", re.IGNORECASE)


_BOUND = re.compile(
    r"(?:\d\s+(?:and|to|or)|than|over|under|above|below|beyond|at least|at most|up to)\s+$",
    re.IGNORECASE,
)
"""Before an amount: it is one end of a range."""


def amounts(text: str) -> dict[str, list[float]]:
    """The amounts that a text gives, by unit; none of a unit of which it gives a range."""
    found: dict[str, list[float]] = {}
    ranges: set[str] = set()
    for match in _AMOUNT.finditer(text):
        word = match["unit"]
        unit = _UNIT_OF.get(word if len(word) == 1 else word.lower())  # 5 M are no metres
        if not unit:
            continue
        found.setdefault(unit, []).append(float(match["number"]))
        if _BOUND.search(text[: match.start()]):
            ranges.add(unit)
    return {unit: values for unit, values in found.items() if unit not in ranges}


def unit_of(name: str, spec: Mapping[str, Any]) -> str:
    """The unit that an argument says it is in, by its name (`radius_km`, `days`) or its description
    (“in kilometres”, “(km)”); empty for none, or for more than one."""
    parts = re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name)
    found = {
        _UNIT_OF[p.lower()] for p in parts if p.lower() in _UNIT_OF and p.lower() not in _UNSURE
    }
    if not found:
        described = _IN_UNIT.finditer(str(spec.get("description", "")))
        words = ((match["in"] or match["paren"]).lower() for match in described)
        found = {_UNIT_OF[word] for word in words if word in _UNIT_OF}
    return found.pop() if len(found) == 1 else ""


# --------------------------------------------------------------------------- months and years


class Span(NamedTuple):
    """A month, or a year where `month` is 0."""

    year: int
    month: int

    @property
    def first(self) -> str:
        return f"{self.year:04}-{self.month or 1:02}-01"

    @property
    def last(self) -> str:
        month = self.month or 12
        return f"{self.year:04}-{month:02}-{monthrange(self.year, month)[1]:02}"


_SPAN = re.compile(
    rf"(?<![\w/-])(?P<day>\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?)?(?P<month>{_MONTH})(?:\s+of)?,?\s+(?P<year>\d{{4}})(?![\w/-])"
    r"|\bin(?:\s+the\s+year)?\s+(?P<alone>(?:19|20)\d\d)(?![\w/-])",
    re.IGNORECASE,
)


def only_span(text: str) -> Span | None:
    """The one month or year that a text speaks of; None for none, for several, and for a day."""
    found: list[Span] = []
    for match in _SPAN.finditer(text):
        if match["day"]:
            return None
        if match["alone"]:
            found.append(Span(int(match["alone"]), 0))
        else:
            found.append(Span(int(match["year"]), MONTHS.index(match["month"].lower()) + 1))
    distinct = list(dict.fromkeys(found))
    return distinct[0] if len(distinct) == 1 and 1 <= distinct[0].year <= 9999 else None


# --------------------------------------------------------------------------- names and codes

_CURRENCIES = {
    "EUR": "euros? ",
    "USD": "US[- ]dollars? |U\\.S\\. dollars? |American dollars? |United States dollars? ",
    "GBP": "pounds? sterling |British pounds? |sterling ",
    "JPY": "yen |Japanese yen ",
    "CHF": "Swiss francs? ",
    "CAD": "Canadian dollars? ",
    "AUD": "Australian dollars? ",
    "NZD": "New Zealand dollars? ",
    "CNY": "renminbi |Chinese yuan ",
    "INR": "Indian rupees? ",
    "SEK": "Swedish kron(?:a|or) ",
    "NOK": "Norwegian kron(?:e|er) ",
    "DKK": "Danish kron(?:e|er) ",
    "PLN": "(?:Polish )?z[lł]oty(?:s|ch)? ",
    "CZK": "Czech korun(?:a|y|as) ",
    "HUF": "(?:Hungarian )?forints? ",
    "BRL": "Brazilian rea(?:l|is) ",
    "MXN": "Mexican pesos? ",
    "ZAR": "South African rands? ",
    "KRW": "(?:South )?Korean won ",
    "TRY": "Turkish liras? ",
}
_COUNTRIES = {
    "AT AUT": "Austria",
    "AU AUS": "Australia",
    "BE BEL": "Belgium",
    "BG BGR": "Bulgaria",
    "BR BRA": "Brazil",
    "CA CAN": "Canada",
    "CH CHE": "Switzerland",
    "CL CHL": "Chile",
    "CN CHN": "China",
    "CZ CZE": "Czechia|Czech Republic",
    "DE DEU": "Germany",
    "DK DNK": "Denmark",
    "EE EST": "Estonia",
    "EG EGY": "Egypt",
    "ES ESP": "Spain",
    "FI FIN": "Finland",
    "FR FRA": "France",
    "GB GBR": "United Kingdom|Great Britain|UK",
    "GR GRC": "Greece",
    "HR HRV": "Croatia",
    "HU HUN": "Hungary",
    "IE IRL": "Ireland",
    "IN IND": "India",
    "IS ISL": "Iceland",
    "IT ITA": "Italy",
    "JP JPN": "Japan",
    "KE KEN": "Kenya",
    "KR KOR": "South Korea",
    "LT LTU": "Lithuania",
    "LV LVA": "Latvia",
    "MX MEX": "Mexico",
    "NG NGA": "Nigeria",
    "NL NLD": "Netherlands",
    "NO NOR": "Norway",
    "NZ NZL": "New Zealand",
    "PL POL": "Poland",
    "PT PRT": "Portugal",
    "RO ROU": "Romania",
    "SE SWE": "Sweden",
    "SG SGP": "Singapore",
    "SI SVN": "Slovenia",
    "SK SVK": "Slovakia",
    "TR TUR": "Türkiye",
    "UA UKR": "Ukraine",
    "US USA": "United States|USA",
    "VN VNM": "Vietnam",
    "ZA ZAF": "South Africa",
}
_LONGER = re.compile(r"\b(?:Northern|North|South|Western|Eastern|New|British|French)\s+$")
"""What makes another place of the name behind it: “Northern Ireland”."""
_CODE = re.compile(r"[A-Za-z]{2,3}")


@cache
def _named_currencies() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(rf"(?<![\w-])(?:{names.strip().replace(' |', '|')})(?![\w-])", re.I), code)
        for code, names in _CURRENCIES.items()
    )


def with_currency_codes(text: str) -> str:
    """The text with the code of each currency in place of its name."""
    for pattern, code in _named_currencies():
        text = pattern.sub(code, text)
    return text


def code_among(choices: Sequence[Any], text: str) -> str | None:
    """The one of `choices` that is the code of a currency or country which the text names; None
    where they are no codes, and where it names none of them or several."""
    codes = {c.upper(): c for c in choices if isinstance(c, str) and _CODE.fullmatch(c)}
    if len(codes) < max(2, 0.8 * len(choices)):
        return None
    named = {code for pattern, code in _named_currencies() if pattern.search(text)}
    for both, names in _COUNTRIES.items():
        if _place(names, text):
            named |= set(both.split())
    found = {codes[code] for code in named if code in codes}
    return found.pop() if len(found) == 1 else None


def _place(names: str, text: str) -> bool:
    matches = re.finditer(rf"(?<![\w-])(?:{names})(?![\w-])", text)
    return any(not _LONGER.search(text[: match.start()]) for match in matches)


# --------------------------------------------------------------------------- yes and no

_ASIDE = frozenset("include includes including with show only is has want return".split())
_NEGATIVE = frozenset("exclude excluding without no not hide skip omit disable".split())
_SHORTEST = 5
"""Letters of what is wanted; shorter words mean too much."""
_WANTED = r"(?:with|including|include|only|show(?:ing)?)"
_UNWANTED = r"(?:without|excluding|exclude|no|not|but not)"


def wanted(name: str, text: str) -> bool | None:
    """Whether a text asks for what a yes-or-no argument is about (“with abstracts” for
    `include_abstract`), or asks for none of it; None where it says neither, or both."""
    parts = [p.lower() for p in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if p]
    about = [part for part in parts if part not in _ASIDE]
    if any(part in _NEGATIVE for part in parts):
        return None  # twice a no is soon taken for a yes
    if sum(map(len, about)) < _SHORTEST:
        return None
    words = r"\s+".join(rf"{re.escape(stem(part))}\w*" for part in about)
    link = r"\s+(?:the\s+|any\s+|their\s+|its\s+)?"
    yes = re.search(rf"\b{_WANTED}{link}{words}(?!\w)", text, re.IGNORECASE)
    no = re.search(rf"\b{_UNWANTED}{link}{words}(?!\w)", text, re.IGNORECASE)
    return None if bool(yes) == bool(no) else bool(yes)
