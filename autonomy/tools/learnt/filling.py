"""Arguments of a tool, as far as a request in plain words gives them. Nothing is guessed: a value is
there in the request, in a form that only one argument can mean, or it is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from autonomy.tools.learnt.plain_words import (
    MONTHS,
    amounts,
    code_among,
    codes_of,
    only_span,
    unit_of,
    wanted,
    with_currency_codes,
)
from autonomy.tools.learnt.schemas import TooMuchWork, problems
from autonomy.tools.learnt.searching import resolved

READ_CHARS = 2_000
"""Of a request."""
PROPERTIES = 60
"""Arguments that are looked for; a tool that wants one beyond these is not called by rule."""
BODY = "body"
FIRST = frozenset("base from source have sell from_currency base_currency source_currency".split())
SECOND = frozenset(
    "quote quotes to target symbol symbols want buy counter to_currency quote_currency "
    "target_currency".split()
)
"""What the two sides of a pair of currencies are called."""
BEGINS = frozenset("start from since begin after start_date from_date date_from begin_date".split())
ENDS = frozenset("end to until before end_date to_date date_to".split())

_MONTH = "|".join(MONTHS)
_DATE = re.compile(
    r"\b(?P<iso>\d{4}-\d{2}-\d{2})\b"
    rf"|\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m1>{_MONTH})\s+(?P<y1>\d{{4}})\b"
    rf"|\b(?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{{4}})\b",
    re.IGNORECASE,
)
_OPEN = re.compile(r"\b(?:since|from|until|till|before|after|by|than|not|to)\s+(?:the\s+)?$", re.I)
"""Before a date that is one end of a time."""
_PAIR = re.compile(r"\b([A-Z]{3})\s*(?:/|→|->|to|in|into|against)\s*([A-Z]{3})\b")
_CODE = re.compile(r"\b[A-Z]{3}\b")
_QUOTED = re.compile(r"[“\"]([^”\"]{1,200})[”\"]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Filled:
    """What a request gives of a tool's arguments."""

    arguments: dict[str, Any]
    missing: tuple[str, ...] = ()
    """Required ones that it does not give."""
    said: frozenset[str] = field(default_factory=frozenset)
    """Names of those whose value stands in the request."""

    @property
    def whole(self) -> bool:
        return not self.missing

    @property
    def values(self) -> dict[str, Any]:
        """Those of `said` with their values, as arguments: a body's in the body."""
        said = {n: value for n, value in self.arguments.items() if n in self.said and n != BODY}
        body = self.arguments.get(BODY)
        inner = {n: v for n, v in body.items() if n in self.said} if isinstance(body, dict) else {}
        return {**said, BODY: inner} if inner else said


def filled(schema: Mapping[str, Any], request: str) -> Filled:
    """The arguments that `request` gives for `schema`; never any that the schema does not allow."""
    text = request[:READ_CHARS]
    found = _filled(schema, schema.get("$defs", {}), _Said(text))
    try:
        refused = found.whole and bool(problems(schema, found.arguments))
    except TooMuchWork:
        refused = True
    if refused:
        required = tuple(str(name) for name in schema.get("required", ()))
        return Filled({}, required or ("a value that it takes",))
    return found


def _filled(schema: Mapping[str, Any], definitions: Mapping[str, Any], said: _Said) -> Filled:
    specs = {
        str(name): resolved(spec, definitions)
        for name, spec in list(schema.get("properties", {}).items())[:PROPERTIES]
        if name
    }
    required = [str(name) for name in schema.get("required", ())]
    made: dict[str, Any] = {}
    missing: list[str] = []
    given: set[str] = set()
    for name, spec in specs.items():
        if name == BODY and spec.get("properties"):
            inner = _filled(spec, definitions, said)
            if inner.said or name in required:
                made[name], given = inner.arguments, given | inner.said
                missing += inner.missing
            continue
        value = said.value(name, spec, specs)
        if value is not None:
            made[name] = value
            given.add(name)
    lone = [n for n in required if n not in made and _is_text(specs.get(n, {}))]
    if len(lone) == 1 and (quoted := said.only_quoted()) is not None:
        made[lone[0]] = quoted
        given.add(lone[0])
    for name in required:
        if name in made:
            continue
        spec = specs.get(name, {})
        choices = spec.get("enum")
        if "const" in spec:
            made[name] = spec["const"]
        elif "default" in spec:
            made[name] = spec["default"]
        elif isinstance(choices, list) and len(choices) == 1:
            made[name] = choices[0]
        else:
            missing.append(name)
    return Filled(made, tuple(missing), frozenset(given))


class _Said:
    """What stands in a request."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.dates = list(dict.fromkeys(_dates(text)))
        self.open = any(_OPEN.search(text[: found.start()]) for found in _DATE.finditer(text))
        coded = with_currency_codes(text)
        pairs = list(dict.fromkeys(_PAIR.findall(coded)))
        self.pair = pairs[0] if len(pairs) == 1 else None
        self.codes = list(dict.fromkeys(_CODE.findall(text)))
        self.quoted = list(dict.fromkeys(_QUOTED.findall(text)))
        self.amounts = amounts(text)
        self.span = None if self.dates else only_span(text)

    def only_quoted(self) -> str | None:
        return self.quoted[0].strip() if len(self.quoted) == 1 else None

    def value(self, name: str, spec: Mapping[str, Any], specs: Mapping[str, Any]) -> Any:
        """What it gives for one argument; None for nothing, or for more than one thing."""
        found = self._named(name, spec)
        if found is None and spec.get("enum"):
            found = self._of_enum(name, spec, specs)
        elif found is None and _kind(spec) == "boolean":
            found = wanted(name, self.text)
        elif found is None and _kind(spec) in ("integer", "number"):
            found = self._number(name, spec, specs)
        elif found is None and _is_month(name, spec):
            found = self.span.first[:7] if self.span and self.span.month else None
        elif found is None and _is_date(name, spec):
            found = self._date(name, [n for n, s in specs.items() if _is_date(n, s)])
        elif found is None and _is_currency(name, spec):
            found = self._currency(name, [n for n, s in specs.items() if _is_currency(n, s)])
        if found is None:
            return None
        return [found] if _kind(spec) == "array" and not isinstance(found, list) else found

    def _named(self, name: str, spec: Mapping[str, Any]) -> Any:
        """The value that stands right behind the argument's name."""
        words = re.escape(name).replace("_", "[ _-]").replace(r"\-", "[ _-]")
        value = r"(?P<sign>\s*[:=]\s*|\s+)(?:[“\"](?P<quoted>[^”\"]{1,200})[”\"]|(?P<bare>[\w.+/:-]*\w)(?!\w|[,\s]\d{3}\b|\s*(?:or|and|to|–)\s*\d))"
        found = [
            match
            for match in re.finditer(rf"\b{words}{value}", self.text, re.IGNORECASE)
            if match["quoted"] is not None
            or match["sign"].strip()
            # A plain word behind a name may be the sentence going on; a figure or a code is not,
            # but for years: “in the year 2020 and 2021”.
            or (name.lower() != "year" and re.search(r"\d|^[A-Z]{2,}$", match["bare"]))
        ]
        values = {match["quoted"] or match["bare"] for match in found}
        if len(values) != 1:
            return None
        return _typed(values.pop(), spec)

    def _of_enum(self, name: str, spec: Mapping[str, Any], specs: Mapping[str, Any]) -> Any:
        choices, of = list(spec["enum"]), codes_of(name, spec)
        held = [c for c in choices if isinstance(c, str) and len(c) > 1 and self._has(c, of)]
        if held:
            return held[0] if len(held) == 1 else None
        alike = [n for n, s in specs.items() if of and codes_of(n, s) == of]
        return code_among(of, choices, self.text) if len(alike) == 1 else None

    def _has(self, choice: str, of: str) -> bool:
        """Whether a word of an enumeration stands there; of codes, none that is short: “de”, “is” and
        “try” are words, too, and “IN” is a state and a country."""
        short = len(choice) < 4
        if short and of:
            return False
        flags = 0 if short else re.IGNORECASE
        return bool(re.search(rf"(?<![\w-]){re.escape(choice)}(?![\w-])", self.text, flags))

    def _number(self, name: str, spec: Mapping[str, Any], specs: Mapping[str, Any]) -> Any:
        """An amount in the argument's own unit, where one argument and one amount have it; or the
        year, or the number of the month, that is spoken of."""
        plain = name.lower()
        if plain in ("year", "month"):
            found = (self.span.year if plain == "year" else self.span.month) if self.span else 0
            return found or None
        unit = unit_of(name, spec)
        alike = [n for n, s in specs.items() if unit and unit_of(n, s) == unit]
        given = self.amounts.get(unit, [])
        if len(alike) != 1 or len(given) != 1:
            return None
        return _typed(f"{given[0]:g}", spec)

    def _date(self, name: str, dates: list[str]) -> str | None:
        if len(self.dates) == 1 and len(dates) == 1:
            return None if self.open else self.dates[0]
        ends = sorted(self.dates) if len(self.dates) == 2 else []
        if self.span is not None:
            ends = [self.span.first, self.span.last]
        if len(ends) == 2 and len(dates) == 2:
            plain = name.lower()
            return ends[0] if plain in BEGINS else ends[1] if plain in ENDS else None
        return None

    def _currency(self, name: str, currencies: list[str]) -> str | None:
        plain = name.lower().replace("-", "_")
        if self.pair is not None:
            return self.pair[0] if plain in FIRST else self.pair[1] if plain in SECOND else None
        return self.codes[0] if len(self.codes) == 1 and len(currencies) == 1 else None


def _dates(text: str) -> Iterator[str]:
    for match in _DATE.finditer(text):
        if match["iso"]:
            year, month, day = (int(part) for part in match["iso"].split("-"))
        else:
            named = (match["m1"] or match["m2"]).lower()
            month = MONTHS.index(named) + 1
            day, year = int(match["d1"] or match["d2"]), int(match["y1"] or match["y2"])
        try:
            yield date(year, month, day).isoformat()
        except ValueError:
            continue  # the 31st of February is no date


def _kind(spec: Mapping[str, Any]) -> str:
    kind = spec.get("type", "string")
    if isinstance(kind, list):
        return next((str(k) for k in kind if k != "null"), "string")
    return str(kind)


def _is_text(spec: Mapping[str, Any]) -> bool:
    plain = not spec.get("enum") and not spec.get("format") and not _is_currency("", spec)
    return _kind(spec) == "string" and plain


def _about(name: str, spec: Mapping[str, Any]) -> str:
    return f"{name} {spec.get('description', '')}".lower()


def _is_date(name: str, spec: Mapping[str, Any]) -> bool:
    if _kind(spec) != "string" or spec.get("enum"):
        return False
    shaped = "yyyy-mm-dd" in _about(name, spec)
    return spec.get("format") == "date" or shaped or name.lower() in ("date", "day")


def _is_month(name: str, spec: Mapping[str, Any]) -> bool:
    """Whether it takes a month of a year, as in 2021-03."""
    said = _about(name, spec)
    return _kind(spec) == "string" and "yyyy-mm" in said and "yyyy-mm-dd" not in said


def _is_currency(name: str, spec: Mapping[str, Any]) -> bool:
    said = _about(name, spec)
    return _kind(spec) in ("string", "array") and ("currenc" in said or "iso 4217" in said)


def _typed(value: str, spec: Mapping[str, Any]) -> Any:
    """The value as the argument's type wants it; None where it is none of that."""
    kind = _kind(spec)
    if kind == "boolean":
        return {"true": True, "yes": True, "false": False, "no": False}.get(value.lower())
    if kind in ("integer", "number"):
        if not _NUMBER.fullmatch(value):
            return None
        number = float(value)
        if kind == "integer":
            return int(number) if number.is_integer() else None
        return number
    return value if kind in ("string", "array") else None
