"""Ways in which models spoil structured answers."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

Spoil = Callable[[str, random.Random], str]


def damaged(kind: str, text: str, rng: random.Random) -> str:
    """`text` as a model with this weakness would have written it."""
    return KINDS[kind](text, rng)


def _truncated(text: str, rng: random.Random) -> str:
    return text[: round(len(text) * rng.uniform(0.3, 0.9))]


def _trailing_commas(text: str, rng: random.Random) -> str:
    return re.sub(r"([}\]])", r",\1", text)


def _single_quotes(text: str, rng: random.Random) -> str:
    return text.replace('"', "'")


def _latex_escapes(text: str, rng: random.Random) -> str:
    """A formula in the first string, with the single backslashes that JSON forbids."""
    return re.sub(r'": "', r'": "\\(\\alpha \\times \\beta\\) ', text, count=1)


def _wrong_enum(text: str, rng: random.Random) -> str:
    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: "mostly, I think" if k == "verdict" else change(v) for k, v in value.items()}
        return [change(item) for item in value] if isinstance(value, list) else value

    return _rewritten(text, change)


def _missing_field(text: str, rng: random.Random) -> str:
    """Each object loses its first key."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: change(value[key]) for key in list(value)[1:]}
        return [change(item) for item in value] if isinstance(value, list) else value

    return _rewritten(text, change)


def _wrong_types(text: str, rng: random.Random) -> str:
    """Numbers come as words, lists as text."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: change(item) for key, item in value.items()}
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return "; ".join(value)
        if isinstance(value, list):
            return [change(item) for item in value]
        return f"about {value}" if isinstance(value, int | float) else value

    return _rewritten(text, change)


def _rewritten(text: str, change: Callable[[Any], Any]) -> str:
    try:
        return json.dumps(change(json.loads(text)), ensure_ascii=False)
    except ValueError:
        return text


KINDS: dict[str, Spoil] = {
    "think": lambda t, r: f"<think>\nFirst, {{what}} is asked: a JSON object.\n</think>\n{t}",
    "think_open": lambda t, r: f"Let me see what is asked.\n</think>\n{t}",
    "fence": lambda t, r: f"```json\n{t}\n```",
    "prose": lambda t, r: f"Here is what you asked for:\n\n{t}\n\nTell me if you want changes.",
    "trailing_commas": _trailing_commas,
    "single_quotes": _single_quotes,
    "python": lambda t, r: t.replace("true", "True").replace("null", "None"),
    "truncated": _truncated,
    "latex": _latex_escapes,
    "wrong_enum": _wrong_enum,
    "wrong_types": _wrong_types,
    "missing_field": _missing_field,
    "wrapped": lambda t, r: f'{{"answer": {t}}}',
    "twice": lambda t, r: json.dumps(t),
    "garbage": lambda t, r: "".join(r.choices("{}[]:,\"'\\ abc\n", k=len(t) // 2 + 1)),
    "empty": lambda t, r: "",
    "refusal": lambda t, r: "I'm sorry, but I can't help with that request.",
}
"""Kind of damage to what it does to a good answer."""

PROSE_KINDS = ("think", "empty", "refusal")
"""Those that spoil prose too."""


def every(text: str, seed: int = 0) -> Iterator[tuple[str, str]]:
    """(kind, spoilt text) for every kind."""
    for kind in KINDS:
        yield kind, damaged(kind, text, random.Random(seed))
