"""What plain words of a request mean as arguments: amounts with their unit, months and years,
currencies and countries by name, and whether something is wanted.

Each is read in one way or not at all. What several things are called by (dollars, pounds, Georgia) is
in no list: a question to the person is better than an answer to another one's.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
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
_TIMES = frozenset("second minute hour day week month year".split())
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>%|[A-Za-z]+)(?![\w/-])")
_WORD = re.compile(r"(?<![A-Za-z'’])(?:%|[A-Za-z]+)(?![A-Za-z])")
_BEFORE = re.compile(
    r"(?:^|[a-zA-Z]\w*\s*[,;:(]\s|[.?!]\s|\b(?:within|within an?|at|(?:radius|distance|height|depth) of))\s*$",
    re.IGNORECASE,
)
"""What an amount follows that is one as it stands."""
_LASTS = re.compile(r"\b(?:for|for the next|for the coming|the next|the coming)\s+$", re.IGNORECASE)
"""What a length of time follows; “in 3 days” is a point in time."""
_BEHIND = re.compile(
    r"\s*(?:[-–—±×*/^²³+]|(?:or|to|per|x|plus|min|max|minimum|maximum|minimally|maximally|tops|up|"
    r"upwards?|away|apart|from|ago|long|wide|high|deep|each|square|cubic|more|less|off|out)\b"
    r"|and\s+(?:\d|(?:a|more|less|over|under|up|above|below|beyond|further|farther)\b)"
    r"|,?\s*at\s+(?:the\s+)?(?:most|least)\b|,\s*(?:or|max|min|maximum|minimum|tops|more|less)\b)",
    re.IGNORECASE,
)
"""Behind an amount: it is one end of a range, or another quantity."""
_BOUND = re.compile(r"\b(?:min|max|minimum|maximum|least|most|than|up to)\b", re.IGNORECASE)
_OF_THE_TASK = re.compile(
    r"\b(?:I|we|me|us|my|our|due|deadline|need\w*|deliver\w*|submi\w+|ready|finish\w*|hand\w* in|turn\w* in)\b",
    re.IGNORECASE,
)
"""A sentence that may say when a document is wanted, not what it is about."""
_NEGATION = re.compile(
    r"\b(?:not|never|no|nor|neither|none|cannot|dont|doesnt|without|avoid\w*|exclud\w+|except\w*|skip\w*|"
    r"omit\w*|hid(?:e|den|ing)|leav\w+|left|remov\w+|drop\w*|unless|outside|other than|rather|instead)\b|n['’]t\b",
    re.IGNORECASE,
)
_IN_UNIT = re.compile(r"\bin (?P<in>[a-z]+)\b|\((?P<paren>%|[a-z]+)\)", re.IGNORECASE)
_ONE_SIDED = frozenset(
    "min max minimum maximum least most lower upper above below exclude excluding outside".split()
)
_PAST = re.compile(r"\b(?:past|back\w*|ago|histor\w+|previous|last|since|before)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;!?](?=\s|$)|\n")


def _sentence(text: str, at: int) -> str:
    """The sentence of `text` around a place."""
    ends = [m.end() for m in _SENTENCE_END.finditer(text)]
    begin = max((end for end in ends if end <= at), default=0)
    return text[begin : min((end for end in ends if end > at), default=len(text))]


def _clause_before(text: str, at: int) -> str:
    return re.split(r"[,:(]\s|[.;!?]\s|\n", text[:at])[-1]


def amounts(text: str) -> dict[str, list[float]]:
    """The amounts that a text gives, by unit. None of a unit that it has more than once, or of which
    it gives a range or a bound; and no time but that which something lasts."""
    named = Counter(_unit(match.group()) for match in _WORD.finditer(text))
    found: dict[str, list[float]] = {}
    for match in _AMOUNT.finditer(text):
        unit = _unit(match["unit"])
        if named[unit] == 1 and unit and _stands_alone(unit, text, match.start(), match.end()):
            found[unit] = [float(match["number"])]
    return found


def _unit(word: str) -> str:
    return _UNIT_OF.get(word if len(word) == 1 else word.lower(), "")  # 5 M are no metres


def _stands_alone(unit: str, text: str, start: int, end: int) -> bool:
    """Whether an amount is one as it stands: no end of a range, and said of what is asked."""
    before = text[:start]
    clause = _clause_before(text, start)
    if _BEHIND.match(text, end) or _BOUND.search(clause) or _NEGATION.search(clause):
        return False
    if unit in _TIMES:
        return bool(_LASTS.search(before)) and not _OF_THE_TASK.search(_sentence(text, start))
    return bool(_BEFORE.search(before))


def unit_of(name: str, spec: Mapping[str, Any]) -> str:
    """The unit that an argument says it is in, by its name (`radius_km`, `days`) or its description
    (“in kilometres”, “(km)”); empty for none, for more than one, and for a bound or a time that is
    past: an amount does not say that it is one."""
    described = str(spec.get("description", ""))
    parts = [p.lower() for p in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name)]
    if _ONE_SIDED & set(parts) or _BOUND.search(described):
        return ""
    found = {_UNIT_OF[p] for p in parts if p in _UNIT_OF and p not in _UNSURE}
    if not found:
        words = ((m["in"] or m["paren"]).lower() for m in _IN_UNIT.finditer(described))
        found = {_UNIT_OF[word] for word in words if word in _UNIT_OF}
    if found & _TIMES and _PAST.search(f"{' '.join(parts)} {described}"):
        return ""
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
    rf"\b(?:in|for|during)\s+(?:the\s+month\s+of\s+)?(?P<month>{_MONTH})(?:\s+of)?,?\s+(?P<year>(?:19|20)\d\d)(?!\w)"
    r"|\b(?:in|during|(?:in|for|during)\s+the\s+year)\s+(?P<alone>(?:19|20)\d\d)(?!\w)",
    re.IGNORECASE,
)
_AFTER_SPAN = re.compile(
    r"\s*$|\s*[.?!,;:)](?!\s*\d)|\s+(?:in|at|near|around|within|using|for(?!\s+\d))\b",
    re.IGNORECASE,
)
"""What may follow a month or a year that is meant as a whole: no dash, no words, no prices."""
_OTHER_TIME = re.compile(
    rf"\b(?:{_MONTH}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|since|from\s+\d\S*|until|till|before|after|"
    r"between|compar\w+|versus|vs|onwards?|beyond|earlier|later|previous|preceding|following|today|now|"
    r"first|last|second|third|early|late|quarter|half|spring|summer|autumn|fall|winter|weeks?|days?)\b"
    r"|(?<!\d)(?:19|20)\d\d(?!\d)|['’]\d\d\b",
    re.IGNORECASE,
)


def only_span(text: str) -> Span | None:
    """The one month or year that a text asks about (“in March 2021”); None for none, and where it
    speaks of any other time, or of a part of this one."""
    match = _SPAN.search(text)
    if match is None or not _AFTER_SPAN.match(text, match.end()):
        return None
    others = f"{text[: match.start()]} … {text[match.end() :]}"
    sentence = _sentence(text, match.start())
    if _OTHER_TIME.search(others) or _OF_THE_TASK.search(sentence) or _NEGATION.search(sentence):
        return None
    if match["alone"]:
        return Span(int(match["alone"]), 0)
    return Span(int(match["year"]), MONTHS.index(match["month"].lower()) + 1)


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
_LONGER = re.compile(
    r"\b(?:Northern|North|Southern|South|Western|West|Eastern|East|Central|New|British|French|Former|"
    r"former|Nazi|Imperial|Upper|Lower|Gulf of|Republic of)\s+$"
)
"""What makes another place of the name behind it: “Northern Ireland”."""
_BESIDE_BEFORE = re.compile(r"[A-Z]\w+\s*(?:,|/|&|–|-|\b(?:and|or|to|with|than))\s*(?:the\s+)?$")
_BESIDE_BEHIND = re.compile(
    r"\s*(?:,|/|&|–|-|(?:and|or|to|with|than)\b)\s*(?:the\s+)?[A-Z]|\s+[A-Z]|\s+(?:and|or)\s+(?:its|their|(?:the\s+)?others?|all|most)\b"
)
"""What makes a place one of several, or a part of a longer name."""
_SEVERAL = re.compile(r"\b(?:compar\w+|versus|vs|between|neighbou?rs?)\b", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{2,3}")
_WORDS_TOO = frozenset("AM AS AT BE BY DO IN IS IT ME MY NO SO TO".split())
"""Codes that may be words between capitals."""
_OF_COUNTRIES = re.compile(r"\b(?:countr(?:y|ies)|nations?|iso[ _-]?3166)\b")
_OF_CURRENCIES = re.compile(r"\b(?:currenc(?:y|ies)|iso[ _-]?4217)\b")
_OF_OTHER_CODES = re.compile(
    r"\b(?:lang|languages?|locales?|states?|provinces?|count(?:y|ies)|regions?|subdivisions?)\b"
)


def codes_of(name: str, spec: Mapping[str, Any]) -> str:
    """What an argument takes codes of, as it says: `country`, `currency`, `other` for languages,
    states and whatever may be either; empty where it says nothing of the kind."""
    parts = re.sub(r"[_\W]+|(?<=[a-z])(?=[A-Z])", " ", name)
    said = f"{parts} {spec.get('description', '')}".lower()
    country, currency = bool(_OF_COUNTRIES.search(said)), bool(_OF_CURRENCIES.search(said))
    if _OF_OTHER_CODES.search(said) or (country and currency):
        return "other"
    return "country" if country else "currency" if currency else ""


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


def code_among(of: str, choices: Sequence[Any], text: str) -> str | None:
    """The one of `choices` that is the code of the only currency or country which a text names.

    Args:
        of: what they are codes of (`codes_of`).

    Returns:
        None where they are codes of neither, and where it names none of them or any other.
    """
    codes = {c.upper(): c for c in choices if isinstance(c, str) and _CODE.fullmatch(c)}
    if len(codes) < max(2, 0.8 * len(choices)):
        return None
    coded = with_currency_codes(text)  # US dollars are no word of the United States
    if of == "currency":
        names = {code: code for code in (*codes, *_CURRENCIES)}
    elif of == "country" and not _SEVERAL.search(text):
        names = {both: "|".join((known, *both.split())) for both, known in _COUNTRIES.items()}
        listed = {code for both in names for code in both.split()}
        names |= {code: code for code in codes if code not in listed}
    else:
        return None
    named = {one: found for one, words in names.items() if (found := _mentions(words, coded))}
    if len(named) != 1:
        return None
    ((one, mentions),) = named.items()
    fit = {codes[code] for code in one.split() if code in codes}
    if len(fit) != 1 or not all(_alone(match, coded) for match in mentions):
        return None
    return fit.pop()


def _mentions(words: str, text: str) -> list[re.Match[str]]:
    found = re.finditer(rf"(?<![\w-])(?:{words})(?![\w-])", text)
    return [match for match in found if match.group() not in _WORDS_TOO]


def _alone(match: re.Match[str], text: str) -> bool:
    """Whether a name is neither a part of a longer one, nor one of several, nor denied."""
    before = text[: match.start()]
    return not (
        _LONGER.search(before)
        or _BESIDE_BEFORE.search(before)
        or _BESIDE_BEHIND.match(text, match.end())
        or _NEGATION.search(_sentence(text, match.start()))
    )


# --------------------------------------------------------------------------- yes and no

_ASIDE = frozenset("include includes including with show only is has want return".split())
_NEGATIVE = frozenset("exclude excluding without no not hide skip omit disable".split())
_SHORTEST = 5
"""Letters of what is wanted; shorter words mean too much."""
_WANTED = r"(?:with|including|include|only|show(?:ing)?)"
_UNWANTED = r"(?:without|excluding|exclude|but not|but no|no|not)"
_CLAUSE = r"(?:^|[,;:.!?(]\s*|\band\s+)(?:please\s+)?"
"""A wish begins a clause: “what is wrong with drafts” is none, nor “papers that include drafts”."""


def wanted(name: str, text: str) -> bool | None:
    """Whether a text asks for what a yes-or-no argument is about (“…, with abstracts” for
    `include_abstract`), or asks for none of it. None where it says neither, names it more than once,
    or has any other word in that sentence that denies something (“do not include abstracts”)."""
    parts = [p.lower() for p in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if p]
    about = [part for part in parts if part not in _ASIDE]
    if any(part in _NEGATIVE for part in parts):
        return None  # twice a no is soon taken for a yes
    if sum(map(len, about)) < _SHORTEST:
        return None
    words = r"\s+".join(rf"{re.escape(stem(part))}\w*" for part in about)
    if len(re.findall(rf"\b{words}", text, re.IGNORECASE)) != 1:
        return None
    link = r"\s+(?:the\s+|any\s+|their\s+|its\s+)?"
    wish = rf"{_CLAUSE}(?:(?P<yes>{_WANTED})|(?P<no>{_UNWANTED})){link}{words}(?!\w|\s*\?)"
    match = re.search(wish, text, re.IGNORECASE)
    if match is None:
        return None
    denied = len(_NEGATION.findall(_sentence(text, match.end() - 1)))
    if match["yes"]:
        return None if denied else True
    return False if denied == 1 else None
