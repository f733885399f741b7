"""What a seed decides: the same seed makes the same task, to the letter.

In a task's YAML, `{between: [2, 5]}` is a number between (whole if both are), `{one_of: [a, b]}` one
of a list, `{joined: [[…], […]]}` several lists in a row, and `{name}` in a text stands for a value
that was drawn before; double braces are left as single ones, for whoever makes the file.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"(?<!\{)\{([a-z]\w*)\}(?!\})")


def dice(task: str, seed: int, what: str = "") -> random.Random:
    """Dice of their own for each part of a task, so that changing one part leaves the others."""
    return random.Random(f"{task}:{seed}:{what}")  # noqa: S311 - variety, not secrecy


def drawn(value: Any, rng: random.Random, known: Mapping[str, Any]) -> Any:
    """`value` with everything decided.

    Raises:
        KeyError: a text names what was never drawn.
    """
    match value:
        case {"between": [low, high]}:
            low, high = drawn(low, rng, known), drawn(high, rng, known)
            if isinstance(low, int) and isinstance(high, int):
                return rng.randint(low, high)
            return round(rng.uniform(low, high), 3)
        case {"one_of": list(options)}:
            return drawn(rng.choice(options), rng, known)
        case {"joined": list(parts)}:
            return [item for part in drawn(parts, rng, known) for item in part]
        case dict():
            return {key: drawn(item, rng, known) for key, item in value.items()}
        case list():
            return [drawn(item, rng, known) for item in value]
        case str():
            whole = _NAME.fullmatch(value)
            if whole:
                return known[whole[1]]
            text = _NAME.sub(lambda match: str(known[match[1]]), value)
            return text.replace("{{", "{").replace("}}", "}")
        case _:
            return value
