"""How log lines look, and what never stands in them.

A record may carry `extra={"fields": {...}}`: ids, names and figures that belong to its sentence. As
text they follow it as `name=value`; as JSON they are members of the object. Whatever the format,
values of secrets are replaced last, after everything has been put together.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

SHORTEST = 6
"""Characters; a shorter secret would blot out ordinary words, and protects nothing."""
MOST = 2_000
"""Secrets that are remembered at once; the least recently named goes first."""
HIDDEN = "[hidden]"

LIKELY = re.compile(
    r"\b(?:sk|pk|rk|hw|AIza|gsk|xai|key)[-_][A-Za-z0-9_\-]{16,}"
    r"|(?<=[Bb]earer )[^\s\"',;]{8,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)
"""What looks like a key, a bearer token or the password of a URL, whoever's it is."""


class Secrets:
    """Values that no line may contain."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._pattern: re.Pattern[str] | None = None

    def add(self, *values: str) -> None:
        with self._lock:
            for value in values:
                if len(value) < SHORTEST:
                    continue
                if value in self._known:
                    self._known.move_to_end(value)
                    continue
                self._known[value] = None
                self._pattern = None
                if len(self._known) > MOST:
                    self._known.popitem(last=False)

    def hidden(self, text: str) -> str:
        """The text without them."""
        pattern = self._pattern or self._compiled()
        if pattern is not None:
            text = pattern.sub(HIDDEN, text)
        return LIKELY.sub(HIDDEN, text)

    def _compiled(self) -> re.Pattern[str] | None:
        with self._lock:
            if not self._known:
                return None
            # Inside JSON or a printed list a value stands escaped, and the longest of two that
            # overlap goes first.
            plain = {form for value in self._known for form in (value, repr(value)[1:-1])}
            forms = plain | {json.dumps(form, ensure_ascii=False)[1:-1] for form in plain}
            ordered = sorted(forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(re.escape(form) for form in ordered))
            return self._pattern


SECRETS = Secrets()


def conceal(*values: str | None) -> None:
    """Keep these values out of every log line of this process from now on."""
    SECRETS.add(*(value for value in values if value))


def conceal_settings(settings: Iterable[Any]) -> None:
    """`conceal` every secret among the values of a settings object."""
    conceal(*(value.get_secret_value() for value in settings if hasattr(value, "get_secret_value")))


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    fields = getattr(record, "fields", None)
    return fields if isinstance(fields, Mapping) else {}


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return json.dumps(text, ensure_ascii=False) if re.search(r"[\s\"=]", text) else text


class TextLine(logging.Formatter):
    """`time level logger sentence name=value …`; fields without a value are left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        told = " ".join(
            f"{name}={_plain(value)}"
            for name, value in _fields(record).items()
            if value not in (None, "")
        )
        if told:
            first, end, rest = line.partition("\n")
            line = f"{first} {told}{end}{rest}"
        return SECRETS.hidden(line)


class JsonLine(logging.Formatter):
    """One JSON object per line: `ts` (ISO 8601, UTC), `level`, `logger`, `message`, the fields, and
    `exception` with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in _fields(record).items() if value is not None},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return SECRETS.hidden(json.dumps(told, ensure_ascii=False, default=str))
