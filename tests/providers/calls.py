"""What the simulated model makes of a request for a learnt tool: arguments in the form that the
tool's schema wants, read out of plain words; no call where one of them is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "|".join(_MONTHS)
_DAY = re.compile(
    rf"\b({'|'.join(_ORDINALS)}|\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})[\s,]+(?:of\s+)?(\d{{4}})",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_FEASTS = {
    "new year’s day": "01-01",
    "epiphany": "01-06",
    "christmas eve": "12-24",
    "christmas day": "12-25",
}
_MONEY = {
    "EUR": r"euros?",
    "USD": r"(?:US |American )?dollars?",
    "GBP": r"(?:British )?pounds?|sterling",
    "JPY": r"(?:Japanese )?yen",
    "CHF": r"(?:Swiss )?francs?",
}
_NUMBERS = {"one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "twenty": 20, "a hundred": 100}
_NAMED = re.compile(r"\b(?:of|in|for|at|near|about|called)\s+(?:the\s+)?((?:[A-Z][\w-]+\s?){1,3})")


def calls(request: str, tools: list[str]) -> dict[str, Any]:
    """Args: tools: each as the prompt shows it, in JSON."""
    made = []
    for text in tools:
        tool = json.loads(text)
        arguments = _arguments(tool["input"], request)
        if arguments is not None:
            made.append({"tool": tool["name"], "arguments": arguments})
    return {"calls": made[:4]}


def _arguments(schema: Mapping[str, Any], request: str) -> dict[str, Any] | None:
    """None where the request does not give a required one."""
    made: dict[str, Any] = {}
    money = _money(request)
    for name, spec in schema.get("properties", {}).items():
        value = _value(name, spec, request, money)
        if value is not None:
            made[name] = value
    return made if set(schema.get("required", ())) <= set(made) else None


def _value(name: str, spec: Mapping[str, Any], request: str, money: list[str]) -> Any:
    kind, about = spec.get("type", "string"), f"{name} {spec.get('description', '')}".lower()
    if kind == "object":
        return _arguments(spec, request)
    if "enum" in spec:
        held = [c for c in spec["enum"] if re.search(rf"\b{re.escape(str(c))}", request, re.I)]
        return held[0] if held else None
    if spec.get("format") == "date":
        return _date(request)
    if "currenc" in about:
        return money.pop(0) if money else None
    if kind in ("integer", "number"):
        return _number(name, request)
    named = _NAMED.search(request)
    return named[1].strip() if kind == "string" and named else None


def _date(request: str) -> str | None:
    if iso := _ISO.search(request):
        return iso[0]
    if told := _DAY.search(request):
        day, month, year = told.groups()
        number = int(day) if day.isdigit() else _ORDINALS.index(day.lower()) + 1
        return f"{year}-{_MONTHS.index(month.lower()) + 1:02}-{number:02}"
    year_of = re.search(r"\b(?:19|20)\d\d\b", request)
    for feast, day in _FEASTS.items():
        if year_of and feast in request.lower().replace("'", "’"):
            return f"{year_of[0]}-{day}"
    return None


def _money(request: str) -> list[str]:
    """Codes of the currencies, in the order in which they are named."""
    found = [
        (place.start(), code)
        for code, words in _MONEY.items()
        if (place := re.search(rf"\b(?:{code}|(?i:{words}))\b", request))
    ]
    return [code for _, code in sorted(found)]


def _number(name: str, request: str) -> int | None:
    words = "|".join(_NUMBERS)
    told = re.search(rf"\b(\d+|{words})\s+{re.escape(name.rstrip('s'))}", request, re.IGNORECASE)
    if not told:
        return None
    return int(told[1]) if told[1].isdigit() else _NUMBERS[told[1].lower()]
